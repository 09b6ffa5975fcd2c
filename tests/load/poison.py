"""Journals with something wrong in them, made by hand: the receiver lets none of it pass."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from parley.journal import Journal, varint
from parley.receive.envelope import make_envelope
from tests.telemetry import chat, make_span

RECEIVED_AT = 1_790_000_000_000_000_000
ATTRIBUTES = {f"k{number}": "v" for number in range(3000)}
GARBAGE = b"\x0a\xff\xff\x03"  # a resource longer than the request


def open_journal(folder: Path) -> Journal:
    journal = Journal(folder, quota_bytes=1 << 30, keep_seconds=600, keep_bytes=1 << 30)
    journal.open()
    return journal


def append(journal: Journal, envelopes: Sequence[bytes], kind: str = "traces") -> None:
    """Appends one after the other, into one segment."""

    async def run() -> None:
        for envelope in envelopes:
            await journal.append(kind, envelope)

    asyncio.run(run())


def good(project: str, session_id: str, place: int = 0) -> bytes:
    """Returns an envelope of one span in a session."""
    return envelope_of(project, chat(session_id), place)


def envelope_of(project: str, request: bytes, place: int = 0) -> bytes:
    return make_envelope(project, request, received_at=RECEIVED_AT + place, source="test")


def unreadable(project: str, place: int = 0) -> bytes:
    """Returns an envelope whose request is no protobuf."""
    return envelope_of(project, GARBAGE, place)


def too_large_at_once() -> bytes:
    """Returns a request of 0.6 MB that the engine would need 19 GiB for.

    It says its resource of 200 kB once; the engine holds it once for each of 100,000 spans.
    """
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="big").value.string_value = "z" * 200_000
    scope = group.scope_spans.add()
    for number in range(100_000):
        scope.spans.add(name=str(number))  # without ids: they are made from what a span says
    return request.SerializeToString()


def too_large_a_span() -> bytes:
    """Returns a request whose only span has eight million attributes."""
    return one_group(make_span(trace_id=b"", span_id=b"", attributes=ATTRIBUTES), attributes=2700)


def slow() -> bytes:
    """Returns a request that takes the engine seconds: six million attributes."""
    return one_group(make_span(trace_id=b"", span_id=b"", attributes=ATTRIBUTES), spans=2000)


def one_group(span: Span, *, spans: int = 1, attributes: int = 1) -> bytes:
    """Returns a request with the span, or its attributes, so many times."""
    content = span.SerializeToString()
    bare = Span.FromString(content)
    bare.ClearField("attributes")
    own = Span(attributes=span.attributes).SerializeToString()
    whole = bare.SerializeToString() + own * attributes
    scope = (b"\x12" + varint(len(whole)) + whole) * spans
    group = b"\x12" + varint(len(scope)) + scope
    return b"\x0a" + varint(len(group)) + group
