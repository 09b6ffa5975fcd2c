"""Measures a real server on 127.0.0.1: `scripts/bench`."""
