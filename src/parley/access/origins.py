"""Origins whose pages may send telemetry from a browser (https://fetch.spec.whatwg.org/#http-cors-protocol).

An allow-list and nothing else: no wildcard, no pattern, and only on the ingest paths.
"""

from urllib.parse import urlsplit

__all__ = ["ALLOWED_METHODS", "PREFLIGHT_SECONDS", "allowed_headers", "checked_origin"]

ALLOWED_METHODS = b"POST"
PREFLIGHT_SECONDS = 7200  # the most that browsers keep
# What exporters send, with the forms of a key. Not `cookie`: a page never signs in for its user.
_HEADERS = frozenset(
    "api_key authorization baggage content-encoding content-type traceparent tracestate "
    "x-api-key x-parley-project".split()
)
HEADERS_MAX = 50


def checked_origin(origin: str) -> str:
    """Returns an origin in the form that browsers send it. Raises ValueError."""
    text = origin.strip().lower()
    parts = urlsplit(text)
    is_origin = parts.scheme in ("http", "https") and parts.netloc and "*" not in text
    if not is_origin or text != f"{parts.scheme}://{parts.netloc}" or "@" in parts.netloc:
        message = f"{origin[:200]!r} is not an origin; expected one like https://shop.example"
        raise ValueError(message)
    default = ":80" if parts.scheme == "http" else ":443"
    return text.removesuffix(default)


def allowed_headers(asked: str) -> bytes:
    """Returns those of the headers a page asks for that it may send."""
    names = [name.strip().lower() for name in asked.split(",")[:HEADERS_MAX]]
    return ", ".join(name for name in names if name in _HEADERS).encode()
