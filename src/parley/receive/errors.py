"""Why telemetry was refused, each with its HTTP status and its google.rpc code.

ReceiveError
├── BadBody              400 INVALID_ARGUMENT     not decodable; the message names the field
├── NotFound             404 NOT_FOUND            no such ingest path
├── NotAllowed           405 UNIMPLEMENTED        another method than POST
├── TooSlow              408 DEADLINE_EXCEEDED    the body did not arrive in time
├── TooLarge             413 OUT_OF_RANGE         over the limit, as sent or inflated
├── UnsupportedType      415 INVALID_ARGUMENT     neither protobuf nor JSON
├── UnsupportedEncoding  415 INVALID_ARGUMENT     neither gzip, deflate nor zstd
└── Busy                 429 RESOURCE_EXHAUSTED   too much in work: come back later
"""

__all__ = [
    "BadBody",
    "Busy",
    "NotAllowed",
    "NotFound",
    "ReceiveError",
    "TooLarge",
    "TooSlow",
    "UnsupportedEncoding",
    "UnsupportedType",
]


class ReceiveError(Exception):
    """A request that was not taken."""

    status = 400
    rpc_code = 3
    reason = "bad_request"


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
    """The body is over the limit, as sent or after inflation."""

    status, rpc_code, reason = 413, 11, "too_large"


class UnsupportedType(ReceiveError):
    """The content type is neither protobuf nor JSON."""

    status, rpc_code, reason = 415, 3, "content_type"


class UnsupportedEncoding(ReceiveError):
    """The content encoding is unknown, or there are several."""

    status, rpc_code, reason = 415, 3, "content_encoding"


class Busy(ReceiveError):
    """More bytes are in work than the limit allows."""

    status, rpc_code, reason = 429, 8, "busy"
