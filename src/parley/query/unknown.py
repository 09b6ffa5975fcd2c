"""What was not understood of a project's latest conversations: names, notes, payloads, traces.

Asked on demand over a sample of a named size, so that ingest pays nothing for it.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from parley.conventions import claims, understand
from parley.pricing import PriceBook
from parley.query.rates import ModelRate, read_rates
from parley.query.spans import read_spans
from parley.store import Store

__all__ = ["Example", "Failed", "Sample", "Unknown", "Unread", "read_unknown"]

SESSIONS_MAX = 1000
SPANS_MAX = 200_000
NAMES_MAX = 5000
FAILED_MAX = 200
LOOSE_DAYS = 30  # spans without a session are looked at this far back
DAY_NS = 86_400_000_000_000
PAYLOAD_SECONDS = 1.5
PAYLOAD_SPANS = 500


class Example(Struct, frozen=True):
    """How many spans have something, one of them, and the client that sent it."""

    name: str
    spans: int
    trace_id: str
    span_id: str
    scope: str
    service: str


class Failed(Struct, frozen=True):
    """A trace that could not be made a conversation of."""

    trace_id: str
    noted_ns: int
    reason: str


class Sample(Struct, frozen=True):
    """What was looked at: the latest sessions, and loose spans. is_all: there are no more."""

    sessions: int
    spans: int
    payload_spans: int
    is_all: bool


class Unread(Struct, frozen=True):
    """An attribute for messages in which none could be read."""

    name: str
    spans: int
    trace_id: str
    span_id: str


class Unknown(Struct, frozen=True, kw_only=True):
    """What was not understood. unused: names that are known and that nothing is made of."""

    sample: Sample
    attributes: list[Example]
    unused: list[Example]
    notes: list[Example]
    payloads: list[Unread]
    models: list[ModelRate]
    clamped: list[ModelRate]
    failed: list[Failed]


def read_unknown(store: Store, project_id: str, book: PriceBook) -> Unknown:
    """Returns what was not understood of the latest sessions of a project."""
    latest = store.read("unknown.sessions", project_id=project_id, limit=SESSIONS_MAX + 1)
    chosen: list[str] = []
    spans = 0
    for session_id, size, _ in latest[:SESSIONS_MAX]:
        if chosen and spans + size > SPANS_MAX:
            break
        chosen.append(session_id)
        spans += size
    where: dict[str, Any] = {"project_id": project_id, "sessions": ["", *chosen]}
    names = store.read(
        "unknown.keys", limit=NAMES_MAX, from_ns=time.time_ns() - LOOSE_DAYS * DAY_NS, **where
    )
    known = claims()
    found = [(row[0].replace(".N", ".0"), _example(row)) for row in names]
    rest = [(key, item) for key, item in found if not known.is_claimed(key)]
    payloads, looked_at = _unread(store, project_id, chosen)
    rates = read_rates(store, project_id, book)
    failed = store.read("notes.of_traces", project_id=project_id, limit=FAILED_MAX)
    return Unknown(
        sample=Sample(len(chosen), spans, looked_at, is_all=len(chosen) == len(latest)),
        attributes=[item for key, item in rest if not known.is_unused(key)],
        unused=[item for key, item in rest if known.is_unused(key)],
        notes=[_example(row) for row in store.read("unknown.notes", limit=NAMES_MAX, **where)],
        payloads=payloads,
        models=[item for item in rates if item.unpriced_calls],
        clamped=[item for item in rates if item.cost_reason == "clamped"],
        failed=[Failed(*row) for row in failed],
    )


def _example(row: Sequence[Any]) -> Example:
    example = row[2].values() if isinstance(row[2], Mapping) else row[2]
    return Example(row[0], row[1], *example)


def _unread(store: Store, project_id: str, sessions: Sequence[str]) -> tuple[list[Unread], int]:
    """Returns attributes whose messages could not be read, and how many spans were looked at."""
    found: dict[str, Unread] = {}
    looked_at = 0
    until = time.monotonic() + PAYLOAD_SECONDS
    for session_id in sessions:
        page = read_spans(store, project_id, session_id)
        for span in (span for tree in (page.traces if page else []) for span in tree.spans):
            looked_at += 1
            for name in understand(span.attributes, has_error=span.status == "error").unread:
                before = found.get(name)
                if before is None:
                    found[name] = Unread(name, 1, span.trace_id, span.span_id)
                else:
                    found[name] = Unread(name, before.spans + 1, before.trace_id, before.span_id)
        if looked_at >= PAYLOAD_SPANS or time.monotonic() > until:
            break
    return sorted(found.values(), key=lambda item: -item.spans), looked_at
