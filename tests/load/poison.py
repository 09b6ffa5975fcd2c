"""Journals with something wrong in them, made by hand: the receiver lets none of it pass."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.journal import Journal, varint
from parley.receive.envelope import make_envelope
from tests.telemetry import chat, make_span

RECEIVED_AT = 1_790_000_000_000_000_000
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


def wide_resource(spans: int) -> bytes:
    """Returns a request that says its resource of 200 kB once.

    The engine holds it once for each span: 100,000 of them, 0.8 MB of request, need 19 GB.
    """
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="big").value.string_value = "z" * 200_000
    scope = group.scope_spans.add()
    for number in range(spans):
        scope.spans.add(name=str(number))  # without ids: they are made from what a span says
    return request.SerializeToString()


def slow() -> bytes:
    """Returns a request that takes the engine seconds: six million attributes."""
    attributes = {f"k{number}": "v" for number in range(3000)}
    span = make_span(trace_id=b"", span_id=b"", attributes=attributes)  # ids made of all of them
    scope = (b"\x12" + varint(span.ByteSize()) + span.SerializeToString()) * 2000
    group = b"\x12" + varint(len(scope)) + scope
    return b"\x0a" + varint(len(group)) + group
