"""JSON over HTTP: one module per resource, described by OpenAPI at /api/v1/openapi.json.

The room through which programs read Parley. May import query and what lies below it (access for
the project of a request, bus for events, journal for its counts). Refuses to know SQL, HTML, the
settings and how telemetry arrives: what it needs of those is passed to `api_router`.
"""

from parley.api.errors import ApiError, answer_error
from parley.api.health import Check
from parley.api.metrics import Metric, Sample
from parley.api.openapi import openapi_config
from parley.api.raw_paths import RawPaths
from parley.api.router import ApiParts, api_router

__all__ = [
    "ApiError",
    "ApiParts",
    "Check",
    "Metric",
    "RawPaths",
    "Sample",
    "answer_error",
    "api_router",
    "openapi_config",
]
