"""Believable traffic for a server without users: scripted conversations, pushed as OpenTelemetry.

The conversations are data (`conversations/*.toml`, the applications in `cast.toml`); the code casts
variants of them, gives every step a duration and tokens, and writes the spans as three real client
dialects would. May import model and anything below, speaks to a server only through its public
OTLP HTTP endpoint. Refuses to know how a server stores, groups or prices what it receives.
"""

from parley.demo.errors import DemoError
from parley.demo.history import scripted_requests
from parley.demo.traffic import DemoTraffic

__all__ = ["DemoError", "DemoTraffic", "scripted_requests"]
