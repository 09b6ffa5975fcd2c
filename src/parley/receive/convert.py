"""A body as it came, made into an envelope. Runs on the event loop or in a thread."""

from msgspec import Struct

from parley.receive.answers import JSON
from parley.receive.canonical import canonical_logs, canonical_traces, count_data_points
from parley.receive.envelope import Stamps, make_envelope
from parley.receive.inflate import inflate
from parley.receive.json import JsonRequest, json_data_points, json_logs, json_traces

__all__ = ["Converted", "Incoming", "convert"]

NO_METRICS = "Parley stores no metrics"
_FROM_PROTOBUF = {"traces": canonical_traces, "logs": canonical_logs}
_FROM_JSON = {"traces": json_traces, "logs": json_logs}


class Incoming(Struct, frozen=True):
    """A request whose body has arrived."""

    kind: str
    content_type: str
    encoding: str
    project_id: str
    source: str
    body: bytes


class Converted(Struct, frozen=True):
    """An envelope (empty when there is nothing to keep), what it holds, what was left out."""

    envelope: bytes
    accepted: int
    rejected: int = 0
    problems: str = ""


def convert(incoming: Incoming, stamps: Stamps, *, limit_bytes: int) -> Converted:
    """Returns the envelope of a request. Raises BadBody and TooLarge."""
    body = inflate(incoming.body, incoming.encoding, limit_bytes=limit_bytes)
    is_json = incoming.content_type == JSON
    if incoming.kind == "metrics":
        points = json_data_points(body) if is_json else count_data_points(body)
        return Converted(b"", 0, points, NO_METRICS)
    if is_json:
        request = _FROM_JSON[incoming.kind](body)
    else:
        request = JsonRequest(*_FROM_PROTOBUF[incoming.kind](body))
    if not request.accepted:
        return Converted(b"", 0, request.rejected, request.problems)
    envelope = make_envelope(
        incoming.project_id,
        request.body,
        received_at=stamps.next_ns(),
        source=incoming.source,
    )
    return Converted(envelope, request.accepted, request.rejected, request.problems)
