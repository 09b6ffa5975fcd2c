"""Why telemetry was refused, each with its HTTP status and its google.rpc code.

ReceiveError
├── BadBody              400 INVALID_ARGUMENT     not decodable; the message names the field
├── NotFound             404 NOT_FOUND            no such ingest path
├── NotAllowed           405 UNIMPLEMENTED        another method than POST
├── TooSlow              408 DEADLINE_EXCEEDED    the body did not arrive in time
├── TooLarge             413 INVALID_ARGUMENT     over a limit of bytes, items or parts
├── UnsupportedType      415 INVALID_ARGUMENT     neither protobuf nor JSON
├── UnsupportedEncoding  415 INVALID_ARGUMENT     neither gzip, deflate nor zstd
├── ComeBack             429 RESOURCE_EXHAUSTED   not now, and when to try again
│   ├── Busy             too much in work
│   ├── OverRate         this project sent too much in too short a time
│   └── OverShare        this project fills the journal; others still may
└── Stopping             503 UNAVAILABLE          the server ends

INVALID_ARGUMENT for what is too large: exporters send OUT_OF_RANGE again and again
(https://opentelemetry.io/docs/specs/otlp/#failures).
"""

__all__ = [
    "BadBody",
    "Busy",
    "ComeBack",
    "NotAllowed",
    "NotFound",
    "OverRate",
    "OverShare",
    "ReceiveError",
    "Stopping",
    "TooLarge",
    "TooSlow",
    "UnsupportedEncoding",
    "UnsupportedType",
]


class ReceiveError(Exception):
    """A request that was not taken. Final unless it says when to try again."""

    status = 400
    rpc_code = 3
    reason = "bad_request"
    retry_seconds: float | None = None


class BadBody(ReceiveError):
    """The body is not what its type says."""

    reason = "undecodable"


class NotFound(ReceiveError):
    """No ingest path of that name."""

    status, rpc_code, reason = 404, 5, "unknown_path"


class NotAllowed(ReceiveError):
    """The path takes another method."""

    status, rpc_code, reason = 405, 12, "method"


class TooSlow(ReceiveError):
    """The body did not arrive within the limit."""

    status, rpc_code, reason = 408, 4, "too_slow"


class TooLarge(ReceiveError):
    """The body is over a limit, as sent, inflated or read."""

    status, rpc_code, reason = 413, 3, "too_large"


class UnsupportedType(ReceiveError):
    """The content type is neither protobuf nor JSON."""

    status, rpc_code, reason = 415, 3, "content_type"


class UnsupportedEncoding(ReceiveError):
    """The content encoding is unknown, or there are several."""

    status, rpc_code, reason = 415, 3, "content_encoding"


class ComeBack(ReceiveError):
    """Not now. The same request may be sent again after `retry_seconds`."""

    status, rpc_code = 429, 8

    def __init__(self, message: str, *, retry_seconds: float = 1.0) -> None:
        super().__init__(message)
        self.retry_seconds = retry_seconds


class Busy(ComeBack):
    """More is in work than the limit allows."""

    reason = "busy"


class OverRate(ComeBack):
    """The project is over its rate."""

    reason = "rate"


class OverShare(ComeBack):
    """The project has more in the journal than leaves room for others."""

    reason = "journal_share"


class Stopping(ReceiveError):
    """The server takes nothing any more; the next one will."""

    status, rpc_code, reason = 503, 14, "stopping"
    retry_seconds = 2.0  # a start takes about as long
