"""Tests of parley.pricing."""
