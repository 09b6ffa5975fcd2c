"""Everything that a list would show, as a stream: sessions, columns or conversations."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from parley.model import Message, Part, Session, SessionQuery
from parley.query.errors import BadQuery
from parley.query.narrowing import narrow
from parley.query.sessions import (
    TIME_MAX_NS,
    TIME_MIN_NS,
    page_order,
    session_of_card,
    sort_expression,
)
from parley.store import Store

__all__ = ["CHOSEN_MAX", "Conversation", "Export", "plan_export"]

CHOSEN_MAX = 1000  # sessions by id
BATCH_TURNS = 500  # of conversations that are held at once
BATCH_SESSIONS = 100

decode_parts = msgspec.json.Decoder(list[Part]).decode


class Conversation(msgspec.Struct, frozen=True):
    """What was said in a session, in order, and the tools that its calls offered."""

    session_id: str
    messages: list[Message]
    tools: list[dict[str, str]]  # attributes of calls, as their clients wrote them


class Export(msgspec.Struct, frozen=True, kw_only=True):
    """Which sessions are exported, in which order. Its streams belong to the thread that reads."""

    store: Store
    project_id: str
    fragments: dict[str, str]
    values: dict[str, Any]

    def count(self) -> int:
        """Returns how many sessions there are."""
        fragments = {"narrowed": self.fragments["narrowed"]}
        return int(self._read("sessions.export_count", fragments)[0][0])

    def sessions(self) -> Iterator[list[Session]]:
        """Yields sessions as the list has them, some at a time."""
        for rows in self.store.stream(
            "sessions.export_cards",
            project_id=self.project_id,
            fragments=self.fragments,
            **self.values,
        ):
            yield [session_of_card(self.project_id, *row) for row in rows]

    def parquet(self) -> Iterator[bytes]:
        """Yields a Parquet file with a column for each field of a session."""
        return self.store.stream_parquet(
            "sessions.export_columns",
            project_id=self.project_id,
            fragments=self.fragments,
            **self.values,
        )

    def conversations(self) -> Iterator[Conversation]:
        """Yields what was said in each session."""
        batch: list[str] = []
        turns = 0
        for rows in self.store.stream(
            "sessions.export_turns",
            project_id=self.project_id,
            fragments=self.fragments,
            **self.values,
        ):
            for session_id, count in rows:
                if batch and (turns + count > BATCH_TURNS or len(batch) == BATCH_SESSIONS):
                    yield from read_conversations(self.store, self.project_id, batch)
                    batch, turns = [], 0
                batch.append(session_id)
                turns += count
        yield from read_conversations(self.store, self.project_id, batch)

    def _read(self, question: str, fragments: Mapping[str, str]) -> list[tuple[Any, ...]]:
        return self.store.read(
            question, project_id=self.project_id, fragments=fragments, **self.values
        )


def plan_export(
    store: Store, project_id: str, query: SessionQuery, *, chosen: Sequence[str] = ()
) -> Export:
    """Returns what exports the sessions that a list of the same question shows, on all its pages.

    `chosen`: only these of them; the question's limit and cursor mean nothing here.

    Raises:
        BadQuery: sort, interval, q, filter or the number of chosen sessions is wrong.
    """
    expression, descending = sort_expression(query.sort)
    from_ns = TIME_MIN_NS if query.from_ns is None else query.from_ns
    to_ns = TIME_MAX_NS if query.to_ns is None else query.to_ns
    if from_ns > to_ns:
        raise BadQuery("from", "is after `to`")
    if len(chosen) > CHOSEN_MAX:
        raise BadQuery("session", f"{len(chosen)} are given, at most {CHOSEN_MAX} can be")
    narrowing = narrow(query.q, query.filter, now_ns=query.now_ns)
    is_bounded = query.from_ns is not None or query.to_ns is not None
    return Export(
        store=store,
        project_id=project_id,
        fragments={
            "narrowed": narrowing.sql(interval="{{in_interval}}" if is_bounded else ""),
            "page": page_order(expression, descending=descending, after=False),
        },
        values={"from_ns": from_ns, "to_ns": to_ns, "chosen": list(chosen), **narrowing.values},
    )


def read_conversations(
    store: Store, project_id: str, session_ids: Sequence[str]
) -> Iterator[Conversation]:
    """Yields the conversations of some sessions in the order of the ids."""
    if not session_ids:
        return
    sessions = list(session_ids)
    places: dict[tuple[str, str, str], tuple[int, int]] = {}
    for place, (session_id, turn_id, trace_ids) in enumerate(
        store.read("turns.of_sessions", project_id=project_id, sessions=sessions)
    ):
        for number, trace_id in enumerate(trace_ids):
            places[session_id, turn_id, trace_id] = (place, number)
    said: dict[str, list[tuple[tuple[int, ...], Message]]] = defaultdict(list)
    for row in store.read("messages.of_sessions", project_id=project_id, sessions=sessions):
        session_id, turn_id, trace_id, ordinal, role, text, parts, folded = row
        told = places.get((session_id, turn_id, trace_id))
        if told is None:  # derived anew since its turns were read
            continue
        message = Message(
            role=role,
            text=text,
            parts=decode_parts(parts) if parts else [Part(kind="text", text=text)],
            turn_id=turn_id,
            ordinal=ordinal,
            folded=bool(folded),
        )
        said[session_id].append(((*told, ordinal), message))
    tools: dict[str, list[dict[str, str]]] = defaultdict(list)
    for session_id, offered in store.read("spans.tools", project_id=project_id, sessions=sessions):
        tools[session_id].append(dict(offered))
    for session_id in session_ids:
        ordered = sorted(said[session_id], key=lambda item: item[0])
        yield Conversation(session_id, [message for _, message in ordered], tools[session_id])
