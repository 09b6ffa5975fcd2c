"""One batch of touched traces of one project: read, derive, write. The only I/O of this room
besides the worker's loop.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field

from parley.conventions import (
    DIALECTS,
    MAX_DOCUMENT_BYTES,
    RECORD_NAMES,
    Record,
    decode_record,
    document_keys,
    payload_keys,
)
from parley.derive.rows import (
    ATTACHMENT_COLUMNS,
    MESSAGE_COLUMNS,
    TRACE_COLUMNS,
    TURN_COLUMNS,
    attachment_row,
    message_rows,
    trace_row,
    turn_row,
)
from parley.derive.session import WINDOW, TraceBefore, group_bounds, turns_of_group
from parley.derive.spans import SpanFacts, SpanReader
from parley.derive.trace import TraceFacts, read_trace
from parley.pricing import PriceBook
from parley.store import Store, StoreTooLarge

__all__ = ["Batch", "Change"]

# Traces of a session on either side of a changed one that are looked at: it is aligned with WINDOW
# before it, they with as many before them, and what shares a turn with it reaches as far again.
MARGIN = 3 * (WINDOW + 2)
LATEST_NS = 2**63 - 1
HELD_BYTES = 32_000_000  # of attachments that are held before they are written

TRACE_ID = SpanFacts.__struct_fields__.index("trace_id")
HASH = MESSAGE_COLUMNS.index("content_hash")
SPAN_ID = SpanFacts.__struct_fields__.index("span_id")


class Rows(Struct):
    """What one batch writes. replaced: sessions that lost words which were told of them before."""

    turns: list[list[Any]] = field(default_factory=list)
    messages: list[list[Any]] = field(default_factory=list)
    traces: list[list[Any]] = field(default_factory=list)
    replaced: set[str] = field(default_factory=set)


class Plan(Struct, frozen=True):
    """What one session needs: its traces in order, those to derive, those that left it.

    affected: members and what once shared a turn with them; their old rows are looked at.
    """

    session_id: str
    order: list[TraceBefore]
    members: set[str]
    gone: set[str]
    affected: set[str]

    @property
    def touched(self) -> set[str]:
        """Traces whose old rows may have to go."""
        return self.affected | self.gone


class Resolved(Struct, frozen=True):
    """Where a trace belongs, where its spans may be, and when they start."""

    session_id: str
    named: list[str]
    first_ns: int
    last_ns: int


class Change(Struct, frozen=True):
    """A session that a batch changed: by which traces, and about how many it has."""

    session_id: str
    by: set[str]
    traces: int


class Batch:
    """Derives some touched traces of one project. `version` marks every row it writes.

    spans: how many were read for it.
    """

    def __init__(self, store: Store, project_id: str, version: int, prices: PriceBook) -> None:
        self._store = store
        self._prices = prices
        self._project = project_id
        self._version = version
        self.spans = 0
        self._facts: dict[str, TraceFacts] = {}
        self._reader = SpanReader()
        self._sizes: dict[str, int] = {}
        self._exact, self._prefixes = payload_keys()
        self._documents = document_keys(DIALECTS)

    def run(self, trace_ids: Sequence[str]) -> list[Change]:
        """Returns the sessions that changed. Doing it again changes nothing more.

        Their rows still tell of before: they are for the caller to sum.
        """
        resolved = self._resolve(trace_ids)
        left = self._move(resolved)
        arrived: dict[str, list[str]] = defaultdict(list)
        for trace_id, place in resolved.items():
            if place.session_id:
                arrived[place.session_id].append(trace_id)
        sessions = sorted(arrived.keys() | left.keys())
        if not sessions:
            return []
        self._read({t: resolved[t] for traces in arrived.values() for t in traces})
        known = self._known(sessions, resolved)
        for session_id, old in known.items():  # a move that a crash left half told
            here = set(old) & resolved.keys()
            left[session_id] |= {t for t in here if resolved[t].session_id != session_id}
        plans = [self._plan(s, known[s], set(arrived[s]), left[s]) for s in sessions]
        missing = {t for plan in plans for t in plan.members} - self._facts.keys()
        if missing:
            self._read(self._resolve(missing))
        rows = Rows()
        for plan in plans:
            self._derive(plan, rows)
        self._bury(plans, rows)
        lost = [[self._project, session_id, self._version] for session_id in sorted(rows.replaced)]
        self._store.write("replaced", ["project_id", "session_id", "version"], lost)
        self._store.write("messages", MESSAGE_COLUMNS, rows.messages)
        self._store.write("turns", TURN_COLUMNS, rows.turns)
        self._store.write("traces", TRACE_COLUMNS, rows.traces)
        return [
            Change(s, {*arrived[s], *left[s]}, self._sizes.get(s, 0) + len(arrived[s]))
            for s in sessions
        ]

    def _resolve(self, trace_ids: Iterable[str]) -> dict[str, Resolved]:
        found = self._store.read(
            "traces.resolve", project_id=self._project, trace_ids=list(trace_ids)
        )
        return {row[0]: Resolved(row[1], list(row[2]), row[3], row[4]) for row in found}

    def _move(self, resolved: Mapping[str, Resolved]) -> dict[str, set[str]]:
        """Moves spans to their traces' sessions. Returns session -> traces that left it."""
        left: dict[str, set[str]] = defaultdict(set)
        places = [place for place in resolved.values() if place.session_id]
        if not places:
            return left
        where: dict[str, Any] = {
            "sessions": sorted({"", *(name for place in places for name in place.named)}),
            "from_ns": min(place.first_ns for place in places),
            "to_ns": max(place.last_ns for place in places),
        }
        with_session = [t for t, place in resolved.items() if place.session_id]
        stored = self._store.read(
            "traces.stored", project_id=self._project, trace_ids=with_session, **where
        )
        movers: set[str] = set()
        for trace_id, session_id, _ in stored:
            if session_id != resolved[trace_id].session_id:
                movers.add(trace_id)
                if session_id:
                    left[session_id].add(trace_id)
        if movers:
            order = sorted(movers)
            self._store.run(
                "spans.move",
                project_id=self._project,
                trace_ids=order,
                targets=[resolved[trace_id].session_id for trace_id in order],
                **where,
            )
        return left

    def _known(
        self, sessions: Sequence[str], touched: Iterable[str]
    ) -> dict[str, dict[str, TraceBefore]]:
        """Returns session -> trace -> what is known of it, near the places that may change."""
        starts: dict[str, list[int]] = defaultdict(list)
        for facts in self._facts.values():
            starts[facts.session_id].append(facts.start_ns)
        known: dict[str, dict[str, TraceBefore]] = {session_id: {} for session_id in sessions}
        for session_id, traces, trace_id, start_ns, opens, question, tail in self._store.read(
            "traces.of_sessions",
            project_id=self._project,
            sessions=list(sessions),
            trace_ids=list(touched),
            from_ns=[min(starts[session_id], default=LATEST_NS) for session_id in sessions],
            to_ns=[max(starts[session_id], default=0) for session_id in sessions],
            margin=MARGIN,
        ):
            known[session_id][trace_id] = TraceBefore(
                trace_id, start_ns, bool(opens), question, list(tail)
            )
            self._sizes[session_id] = traces
        return known

    def _read(self, places: Mapping[str, Resolved]) -> None:
        """Reads the facts of traces that are not read yet."""
        wanted = sorted((p.first_ns, t) for t, p in places.items() if t not in self._facts)
        if wanted:
            self._read_traces([t for _, t in wanted], places, all_payloads=False)

    def _read_traces(
        self, traces: Sequence[str], places: Mapping[str, Resolved], *, all_payloads: bool
    ) -> None:
        """Reads traces that follow each other in time with as few queries as memory allows.

        Raises:
            StoreTooLarge: a single trace is too large.
        """
        try:
            rows = self._store.read(
                "spans.for_derivation",
                project_id=self._project,
                sessions=sorted({places[t].session_id for t in traces}),
                trace_ids=list(traces),
                from_ns=min(places[t].first_ns for t in traces),
                to_ns=max(places[t].last_ns for t in traces),
                keys=self._exact,
                prefixes=self._prefixes,
                documents=self._documents,
                document_bytes=MAX_DOCUMENT_BYTES,
                records=RECORD_NAMES,
                all_payloads=int(all_payloads),
            )
            logs = self._logs(traces)
        except StoreTooLarge:
            if len(traces) == 1:
                raise
            middle = len(traces) // 2
            self._read_traces(traces[:middle], places, all_payloads=all_payloads)
            self._read_traces(traces[middle:], places, all_payloads=all_payloads)
            return
        spans: dict[str, list[SpanFacts]] = defaultdict(list)
        self.spans += len(rows)
        for row in rows:
            span = self._reader.read(row, logs.get((row[TRACE_ID], row[SPAN_ID]), ()))
            spans[span.trace_id].append(span)
            if self._reader.attached_bytes > HELD_BYTES:
                self._keep_attachments()
        self._keep_attachments()
        silent = []
        for trace_id, found in spans.items():
            facts = read_trace(found)
            self._facts[trace_id] = facts
            # The words may stand on spans between root and calls, whose payload was not read.
            if not all_payloads and not any(piece.said for piece in facts.pieces):
                silent.append(trace_id)
        if silent:
            self._read_traces(silent, places, all_payloads=True)

    def _keep_attachments(self) -> None:
        """Writes what was attached to messages, before any row that names it.

        What the project has already is not written again: one picture may be sent with each call.
        """
        found = self._reader.take_attachments()
        if not found:
            return
        hashes = [item.hash for item in found]
        rows = self._store.read("attachments.known", project_id=self._project, hashes=hashes)
        known = {row[0] for row in rows}
        self._store.write(
            "attachments",
            ATTACHMENT_COLUMNS,
            [attachment_row(self._project, i, self._version) for i in found if i.hash not in known],
        )

    def _logs(self, traces: Sequence[str]) -> dict[tuple[str, str], list[Record]]:
        """Returns (trace, span) -> log records that tell its messages, in order."""
        found: dict[tuple[str, str], list[Record]] = defaultdict(list)
        for trace_id, span_id, *record in self._store.read(
            "logs.of_traces",
            project_id=self._project,
            trace_ids=list(traces),
            records=RECORD_NAMES,
        ):
            found[trace_id, span_id].append(decode_record(*record))
        return found

    def _plan(
        self, session_id: str, old: Mapping[str, TraceBefore], arrived: set[str], left: set[str]
    ) -> Plan:
        """Returns which traces of a session have to be derived again."""
        arrived = arrived & self._facts.keys()
        left = left - arrived
        now = {t: item for t, item in old.items() if t not in left}
        now.update({t: before(self._facts[t]) for t in arrived})
        order = sorted(now.values(), key=lambda item: (item.start_ns, item.trace_id))
        order_before = sorted(old.values(), key=lambda item: (item.start_ns, item.trace_id))
        changed = {t for t in arrived if old.get(t) != now[t]} | (left & old.keys())
        affected = following(order, changed) | following(order_before, changed) | arrived
        affected = together(order, affected) | together(order_before, affected)
        return Plan(session_id, order, affected & now.keys(), left & old.keys(), affected)

    def _derive(self, plan: Plan, rows: Rows) -> None:
        """Adds the rows of a session's turns that changed."""
        order = plan.order
        place = {item.trace_id: index for index, item in enumerate(order)}
        for first in sorted({group_bounds(order, place[t])[0] for t in plan.members}):
            _, last = group_bounds(order, first)
            group = [self._facts[item.trace_id] for item in order[first:last]]
            windows = [order[max(index - WINDOW, 0) : index] for index in range(first, last)]
            ids: dict[str, list[str]] = defaultdict(list)
            for turn in turns_of_group(group, windows):
                rows.turns.append(turn_row(self._project, turn, self._version, self._prices))
                rows.messages += message_rows(self._project, turn, self._version)
                for part in turn.pieces:
                    ids[part.facts.trace_id].append(turn.turn_id)
            # A neighbour that changed too and waits for a batch of its own keeps its row: that
            # batch sees the change by it, and derives what follows.
            rows.traces += [
                trace_row(self._project, facts, ids[facts.trace_id], self._version)
                for facts, planned in zip(group, order[first:last], strict=True)
                if before(facts) == planned
            ]

    def _bury(self, plans: Sequence[Plan], rows: Rows) -> None:
        """Adds tombstones for what these traces made before and make no longer."""
        where: dict[str, Any] = {
            "project_id": self._project,
            "sessions": [plan.session_id for plan in plans],
            "trace_ids": sorted({t for plan in plans for t in plan.touched}),
        }
        touched = {(plan.session_id, t) for plan in plans for t in plan.touched}
        turns = {(row[1], row[2]) for row in rows.turns}
        for session_id, turn_id in self._store.read("turns.keys", **where):
            if (session_id, turn_id) not in turns:
                head = [self._project, session_id, turn_id, self._version, 1]
                rows.turns.append(tombstone(TURN_COLUMNS, head))
        messages = {tuple(row[1:6]) for row in rows.messages}
        said = {(row[1], row[HASH]) for row in rows.messages}
        for session_id, turn_ns, trace_id, span_ns, ordinal, content_hash in self._store.read(
            "messages.keys", **where
        ):
            if (session_id, trace_id) not in touched:
                continue
            if (session_id, content_hash) not in said:
                rows.replaced.add(session_id)
            key = (session_id, turn_ns, bytes.fromhex(trace_id), span_ns, ordinal)
            if key not in messages:
                rows.messages.append(
                    tombstone(MESSAGE_COLUMNS, [self._project, *key, self._version, 1])
                )
        for plan in plans:
            for trace_id in plan.gone:
                head = [self._project, plan.session_id, bytes.fromhex(trace_id), self._version, 1]
                rows.traces.append(tombstone(TRACE_COLUMNS, head))


EMPTY: dict[str, Any] = {
    "trace_ids": [],
    "models": [],
    "users": [],
    "environments": [],
    "tags": [],
    "conversation_ids": [],
    "tail": [],
    "turn_ids": [],
    "metadata": {},
    "span_kinds": {},
    "cost_usd": None,
    "ttft_ms": None,
    "span_id": bytes(8),
}
LISTS = [name for name in TURN_COLUMNS if name.startswith("usage_") and name != "usage_complete"]
TEXTS = (
    "input",
    "output",
    "error",
    "source_project",
    "session_source",
    "turn_id",
    "role",
    "text",
    "parts",
    "model",
)


def tombstone(columns: Sequence[str], head: list[Any]) -> list[Any]:
    """Returns a deleted row: the key as given, every other column empty."""
    return head + [
        EMPTY.get(name, [] if name in LISTS else "" if name in TEXTS else 0)
        for name in columns[len(head) :]
    ]


def before(facts: TraceFacts) -> TraceBefore:
    """Returns what later traces need to know of a trace."""
    return TraceBefore(facts.trace_id, facts.start_ns, facts.opens, facts.question, facts.tail)


def following(order: Sequence[TraceBefore], changed: set[str]) -> set[str]:
    """Returns the changed traces of an order and those that look back at them.

    One more than the window: whether a trace goes on is told by the one before it.
    """
    found: set[str] = set()
    for index, item in enumerate(order):
        if item.trace_id in changed:
            found |= {other.trace_id for other in order[index : index + WINDOW + 2]}
    return found


def together(order: Sequence[TraceBefore], traces: set[str]) -> set[str]:
    """Returns traces with all that share a turn with them."""
    found = set(traces)
    for index, item in enumerate(order):
        if item.trace_id in traces:
            first, last = group_bounds(order, index)
            if first != index:
                _, last = group_bounds(order, first)
            found |= {other.trace_id for other in order[first:last]}
    return found
