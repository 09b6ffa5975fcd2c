"""Tests mirror the source; what crosses rooms has a folder of its own."""
