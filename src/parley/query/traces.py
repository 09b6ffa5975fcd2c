"""The list of traces: of sessions, and those that belong to none."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from parley.model import TraceCard, TraceListing, TraceQuery, to_iso
from parley.query.at_once import at_once
from parley.query.errors import BadQuery
from parley.store import Store

__all__ = ["TRACE_SORTS", "find_traces"]

LIMIT_MAX = 500
MARGIN_NS = 3600 * 10**9  # a trace without a session that lasts longer may be cut at the interval
TIME_MIN_NS = 0
TIME_MAX_NS = 4_102_444_800_000_000_000  # 2100: the store keeps no later times
TRACE_SORTS = {
    "started_at": "start_ns",
    "duration_ms": "end_ns - start_ns",
    "spans": "toInt64(spans)",
    "errors": "toInt64(errors)",
}


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the sort, its value there, and the trace."""

    sort: str
    value: int
    trace_id: str


def find_traces(store: Store, project_id: str, query: TraceQuery) -> TraceListing:
    """Returns a page of the traces that began in the interval, sorted by the server.

    Raises:
        BadQuery: limit, sort, session, interval or cursor is wrong; names the field.
    """
    keys, total = _read_keys(store, project_id, query)
    page = keys[: query.limit]
    more = len(keys) > query.limit
    cursor = Cursor(query.sort, page[-1][0], page[-1][1].hex()) if more else None
    return TraceListing(
        traces=_cards(store, project_id, page),
        next_cursor=_encode(cursor) if cursor else None,
        total=total,
    )


def _read_keys(
    store: Store, project_id: str, query: TraceQuery
) -> tuple[list[tuple[Any, ...]], int]:
    """Returns (value, id, session, start, end, spans) of a page and one more; how many match."""
    if not 1 <= query.limit <= LIMIT_MAX:
        raise BadQuery("limit", f"{query.limit} is not between 1 and {LIMIT_MAX}")
    expression = TRACE_SORTS.get(query.sort.removeprefix("-"))
    if expression is None:
        raise BadQuery(
            "sort", f"{query.sort!r} is none of {', '.join(TRACE_SORTS)} (“-” for descending)"
        )
    if query.session not in ("", "none"):
        raise BadQuery("session", f"{query.session!r} is not “none”")
    from_ns = TIME_MIN_NS if query.from_ns is None else query.from_ns
    to_ns = TIME_MAX_NS if query.to_ns is None else query.to_ns
    if from_ns > to_ns:
        raise BadQuery("from", "is after `to`")
    value = f"-({expression})" if query.sort.startswith("-") else expression
    fragments = {"sort_value": value, "after": "1", "failed": ""}
    after = _decode(query.cursor, query.sort) if query.cursor else None
    if after is not None:
        fragments["after"] = (
            f"({value}, trace_id) > ({{after_value:Int64}}, "
            "toFixedString(unhex({after_id:String}), 16))"
        )
    if query.failed or "errors" in query.sort:
        fragments["failed"] = ("INNER" if query.failed else "LEFT") + " JOIN {{traces_failed}}"
    row = store.read(
        "traces.keys",
        project_id=project_id,
        fragments=fragments,
        limit=query.limit + 1,
        with_sessions=int(query.session != "none"),
        from_ns=from_ns,
        to_ns=to_ns,
        margin_ns=max(from_ns - MARGIN_NS, 0),
        after_value=after.value if after else 0,
        after_id=after.trace_id if after else "",
    )[0]
    return [tuple(key) for key in row[1]], int(row[0])


def _cards(store: Store, project_id: str, keys: Sequence[Sequence[Any]]) -> list[TraceCard]:
    """Returns what is shown of some traces, in their order, each once."""
    if not keys:
        return []
    trace_ids = [key[1].hex() for key in keys]
    sessions = sorted({key[2] for key in keys})

    def read_facts() -> dict[str, Any]:
        rows = store.read(
            "traces.facts",
            project_id=project_id,
            sessions=sessions,
            trace_ids=trace_ids,
            from_ns=min(key[3] for key in keys) - MARGIN_NS,
            to_ns=max(key[4] for key in keys) + MARGIN_NS,
        )
        return {row[0]: row for row in rows}

    def read_turns() -> list[tuple[Any, ...]]:
        named = [name for name in sessions if name]
        return store.read(
            "turns.of_traces", project_id=project_id, sessions=named, trace_ids=trace_ids
        )

    facts, turns = at_once(read_facts, read_turns)
    cards: dict[str, TraceCard] = {}
    for key in keys:
        card = _card(key, facts.get(key[1].hex()))
        cards.setdefault(card.trace_id, card)
    return [_with_usage(card, turns) for card in cards.values()]


def _card(key: Sequence[Any], row: Sequence[Any] | None) -> TraceCard:
    _, raw_id, session_id, start_ns, end_ns, spans = key
    card = TraceCard(
        trace_id=raw_id.hex(),
        session_id=session_id,
        started_at=to_iso(start_ns),
        duration_ms=(end_ns - start_ns) / 1e6,
        spans=spans,
    )
    if row is None:
        return card
    name, service = row[1]
    return replace(
        card,
        name=name,
        service=service,
        errors=row[3],
        error=row[4],
        models=list(row[5]),
        input_tokens=row[6] or 0,
        output_tokens=row[7] or 0,
        cost_usd=row[8],
    )


def _with_usage(card: TraceCard, turns: Sequence[Sequence[Any]]) -> TraceCard:
    """Returns a trace with the usage of its turns, where they are of this trace alone.

    They have the price of calls whose client told no cost.
    """
    own = [turn for turn in turns if card.trace_id in turn[0]]
    if not own or any(set(turn[0]) != {card.trace_id} for turn in own):
        return card
    costs = [float(turn[3]) for turn in own if turn[3] is not None]
    return replace(
        card,
        input_tokens=sum(turn[1] for turn in own),
        output_tokens=sum(turn[2] for turn in own),
        cost_usd=sum(costs) if costs else None,
        cost_complete=all(turn[4] for turn in own),
    )


def _encode(cursor: Cursor) -> str:
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def _decode(text: str, sort: str) -> Cursor:
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=Cursor)
        bytes.fromhex(cursor.trace_id)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise BadQuery("cursor", "not a cursor that this server gave") from error
    if cursor.sort != sort or not -(2**63) <= cursor.value < 2**63:
        raise BadQuery("cursor", f"belongs to sort={cursor.sort[:40]}, not to sort={sort}")
    return cursor
