"""A body as it came, made into an envelope. Runs on the event loop or in a thread."""

from msgspec import Struct

from parley.receive.answers import JSON
from parley.receive.canonical import canonical_logs, canonical_traces, count_data_points
from parley.receive.envelope import Stamps, make_envelope
from parley.receive.errors import TooLarge
from parley.receive.flight import Held
from parley.receive.inflate import inflate
from parley.receive.json import (
    JsonRequest,
    count_items,
    json_data_points,
    json_logs,
    json_traces,
)
from parley.receive.limits import ReceiveLimits
from parley.receive.weight import check_json, check_protobuf, too_many_items

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
    inflated_bytes: int
    rejected: int = 0
    problems: str = ""


def convert(incoming: Incoming, stamps: Stamps, held: Held, *, limits: ReceiveLimits) -> Converted:
    """Returns the envelope of a request. Raises BadBody, TooLarge and Busy.

    What it makes is added to `held`: the inflated body and the envelope.
    """
    body = inflate(incoming.body, incoming.encoding, limit_bytes=limits.inflated_bytes)
    size = len(body)
    if body is not incoming.body:
        held.grow_now(size)
    is_json = incoming.content_type == JSON
    if is_json:
        is_heavy = check_json(body, limits)
    else:
        check_protobuf(incoming.kind, body, limits)
    if incoming.kind == "metrics":
        points = json_data_points(body) if is_json else count_data_points(body)
        return Converted(b"", 0, size, points, NO_METRICS)
    if is_json:
        if is_heavy and count_items(incoming.kind, body) > limits.items:
            raise TooLarge(too_many_items(limits))
        request = _FROM_JSON[incoming.kind](body)
    else:
        request = JsonRequest(*_FROM_PROTOBUF[incoming.kind](body))
    if not request.accepted:
        return Converted(b"", 0, size, request.rejected, request.problems)
    envelope = make_envelope(
        incoming.project_id,
        request.body,
        received_at=stamps.next_ns(),
        source=incoming.source,
    )
    held.grow_now(len(envelope))
    return Converted(envelope, request.accepted, size, request.rejected, request.problems)
