"""What OTLP clients get back, in the form of their request: protobuf or JSON.

Success is an Export*ServiceResponse, an error a google.rpc.Status
(https://opentelemetry.io/docs/specs/otlp/#failures).
"""

import msgspec
from msgspec import Struct

from parley.journal import varint

__all__ = ["JSON", "PROTOBUF", "Answer", "export_answer", "status_answer"]

PROTOBUF = "application/x-protobuf"
JSON = "application/json"
MESSAGE_CHARACTERS_MAX = 2000  # exporters write it to their log
_REJECTED = {
    "traces": "rejectedSpans",
    "logs": "rejectedLogRecords",
    "metrics": "rejectedDataPoints",
}


class Answer(Struct, frozen=True):
    """An HTTP answer."""

    status: int
    content_type: str
    body: bytes
    headers: tuple[tuple[bytes, bytes], ...] = ()


def export_answer(kind: str, content_type: str, *, rejected: int = 0, message: str = "") -> Answer:
    """Returns 200 with partial_success where something was rejected or is worth saying."""
    message = message[:MESSAGE_CHARACTERS_MAX]
    if content_type == JSON:
        partial: dict[str, str] = {}
        if rejected or message:  # int64 is a string in proto3's JSON
            partial = {_REJECTED[kind]: str(rejected), "errorMessage": message}
        return Answer(200, JSON, msgspec.json.encode({"partialSuccess": partial}))
    fields = _protobuf(rejected, message)
    body = b"\x0a" + varint(len(fields)) + fields if fields else b""
    return Answer(200, content_type, body)


def status_answer(
    status: int,
    content_type: str,
    *,
    rpc_code: int,
    message: str,
    headers: tuple[tuple[bytes, bytes], ...] = (),
) -> Answer:
    """Returns an error as google.rpc.Status."""
    message = message[:MESSAGE_CHARACTERS_MAX]
    if content_type == JSON:
        body = msgspec.json.encode({"code": rpc_code, "message": message})
    else:
        body = _protobuf(rpc_code, message)
    return Answer(status, content_type, body, headers)


def _protobuf(number: int, message: str) -> bytes:
    """Returns `{int number = 1; string message = 2}`: the shape of a Status and of a partial."""
    text = message.encode(errors="replace")
    first = b"\x08" + varint(number) if number else b""
    return first + (b"\x12" + varint(len(text)) + text if text else b"")
