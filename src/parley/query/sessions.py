"""The list of sessions, and one session with its turns."""

import base64
import binascii
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeAlias

import msgspec

from parley.model import Match, Session, SessionDetail, SessionPage, SessionQuery, Turn, to_iso
from parley.query.at_once import at_once
from parley.query.errors import BadQuery
from parley.query.narrowing import Narrowing, narrow
from parley.query.search import read_matches
from parley.query.usage import reason_of, usage_by_model, usage_of_arrays
from parley.store import Store

__all__ = ["SORTS", "find_sessions", "open_session", "read_session", "read_turns"]

LIMIT_MAX = 500
TOTAL_EXACT = 10_000
TURNS_ALL = 2**32 - 1
TIME_MIN_NS = -(2**63)
TIME_MAX_NS = 2**63 - 1
# What a list can be sorted by: name in the API -> expression. Unknown numbers sort below all known.
SORTS: Mapping[str, str] = {
    "started_at": "toFloat64(toUnixTimestamp64Micro(started_at))",
    "last_activity_at": "toFloat64(toUnixTimestamp64Micro(last_activity_at))",
    "duration_ms": "toFloat64(toUnixTimestamp64Micro(last_activity_at)"
    " - toUnixTimestamp64Micro(started_at))",
    "cost_usd": "ifNull(toFloat64(cost_usd), -1)",
    "total_tokens": "toFloat64(input_tokens + output_tokens)",
    "ttft_ms_p50": "ifNull(ttft_ms_p50, -1)",
    **{
        name: f"toFloat64({name})"
        for name in (
            "turns",
            "traces",
            "spans",
            "llm_calls",
            "tool_calls",
            "errors",
            "span_errors",
            "input_tokens",
            "output_tokens",
            "cached_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
            "latency_ms_sum",
            "latency_ms_p50",
            "latency_ms_p95",
        )
    },
}
DEFAULT_SORT = "-last_activity_at"


class Cursor(msgspec.Struct, frozen=True, array_like=True):
    """Where a page ended: the sort, its value there, and the session."""

    sort: str
    value: float
    session_id: str


def encode_cursor(cursor: Cursor) -> str:
    """Returns a cursor as URL-safe text."""
    return base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("=")


def decode_cursor(text: str, sort: str) -> Cursor:
    """Returns the cursor of a text.

    Raises:
        BadQuery: not a cursor of ours, or of another sort.
    """
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        cursor = msgspec.json.decode(raw, type=Cursor)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        raise BadQuery("cursor", "not a cursor that this server gave") from error
    if cursor.sort != sort:
        raise BadQuery("cursor", f"belongs to sort={cursor.sort}, not to sort={sort}")
    return cursor


def sort_expression(sort: str) -> tuple[str, bool]:
    """Returns (expression, descending) of a sort.

    Raises:
        BadQuery: no such metric.
    """
    expression = SORTS.get(sort.removeprefix("-"))
    if expression is None:
        raise BadQuery(
            "sort", f"{sort!r} is none of {', '.join(sorted(SORTS))} (“-” for descending)"
        )
    return expression, sort.startswith("-")


def find_sessions(store: Store, project_id: str, query: SessionQuery) -> SessionPage:
    """Returns a page of the sessions whose life overlaps the interval, sorted by the server.

    Raises:
        BadQuery: limit, sort, interval or cursor is wrong; names the field.
    """
    if not 1 <= query.limit <= LIMIT_MAX:
        raise BadQuery("limit", f"{query.limit} is not between 1 and {LIMIT_MAX}")
    expression, descending = sort_expression(query.sort)
    cursor = decode_cursor(query.cursor, query.sort) if query.cursor else None
    from_ns = TIME_MIN_NS if query.from_ns is None else query.from_ns
    to_ns = TIME_MAX_NS if query.to_ns is None else query.to_ns
    if from_ns > to_ns:
        raise BadQuery("from", "is after `to`")
    narrowing = narrow(query.q, query.filter, now_ns=query.now_ns)
    listing = _Listing(
        expression=expression,
        descending=descending,
        values={
            "after_value": cursor.value if cursor else 0.0,
            "after_id": cursor.session_id if cursor else "",
            "limit": query.limit + 1,
        },
        interval={"from_ns": from_ns, "to_ns": to_ns},
        is_bounded=query.from_ns is not None or query.to_ns is not None,
    )
    found = _find_all if narrowing.is_everything else _find_narrowed
    keys, rows, matches, total = found(store, project_id, listing, narrowing)
    page = keys[: query.limit]
    more = len(keys) > query.limit
    return SessionPage(
        sessions=[rows[key[0]] for key in page if key[0] in rows],
        next_cursor=encode_cursor(Cursor(query.sort, page[-1][1], page[-1][0])) if more else None,
        total=min(total, TOTAL_EXACT),
        total_capped=total > TOTAL_EXACT,
        matches=matches,
    )


class _Listing(msgspec.Struct, frozen=True, kw_only=True):
    """The SQL of a page and what it binds."""

    expression: str
    descending: bool
    values: dict[str, Any]
    interval: dict[str, Any]
    is_bounded: bool

    def order(self, place: str) -> str:
        """Returns the keyset condition and the order; `place` has the value that is sorted by."""
        is_after = bool(self.values["after_id"])
        return page_order(place, descending=self.descending, after=is_after)

    @property
    def shown(self) -> int:
        """How many keys of those that are read become rows; one more says that there are more."""
        return int(self.values["limit"]) - 1


Found: TypeAlias = tuple[list[tuple[Any, ...]], dict[str, Session], dict[str, Match], int]


def _find_all(store: Store, project_id: str, listing: _Listing, _: Narrowing) -> Found:
    """Returns (keys, rows, no matches, total) of a page of everything in the interval."""

    def read_page() -> tuple[list[tuple[Any, ...]], dict[str, Session]]:
        keys = store.read(
            "sessions.keys",
            project_id=project_id,
            fragments={"sort_value": listing.expression, "page": listing.order(listing.expression)},
            **listing.values,
            **listing.interval,
        )
        return keys, rows_of(store, project_id, [key[0] for key in keys[: listing.shown]])

    def count() -> int:
        most = TOTAL_EXACT + 1
        counted = store.read("sessions.count", project_id=project_id, most=most, **listing.interval)
        return int(counted[0][0])

    (keys, rows), total = at_once(read_page, count)
    return keys, rows, {}, total


def _find_narrowed(store: Store, project_id: str, listing: _Listing, narrowing: Narrowing) -> Found:
    """Returns (keys, rows, matches, total) of a page of what a search and a filter leave."""
    fragments = {
        "sort_value": listing.expression,
        "page": listing.order("value"),
        "narrowed": narrowing.sql(interval="{{in_interval}}" if listing.is_bounded else ""),
    }
    values = {**listing.values, **listing.interval, **narrowing.values}
    keys = store.read("sessions.found", project_id=project_id, fragments=fragments, **values)
    counted = keys
    if not keys and listing.values["after_id"]:  # the last ones have gone since the page before
        fragments["page"] = ""
        counted = store.read("sessions.found", project_id=project_id, fragments=fragments, **values)
    shown = [key[0] for key in keys[: listing.shown]]
    rows, matches = at_once(
        lambda: rows_of(store, project_id, shown),
        lambda: read_matches(store, project_id, shown, narrowing.saying),
    )
    return keys, rows, matches, int(counted[0][2]) if counted else 0


def page_order(expression: str, *, descending: bool, after: bool) -> str:
    """Returns the keyset condition and order of a page; the values are bound."""
    sign, direction = ("<", "DESC") if descending else (">", "ASC")
    beyond = ""
    if after:
        beyond = (
            f"AND ({expression} {sign} {{after_value:Float64}} OR ({expression} = "
            "{after_value:Float64} AND session_id > {after_id:String})) "
        )
    return f"{beyond}ORDER BY {expression} {direction}, session_id ASC"


def rows_of(store: Store, project_id: str, session_ids: Sequence[str]) -> dict[str, Session]:
    """Returns those of some sessions that there are, by id."""
    if not session_ids:
        return {}
    rows = store.read("sessions.rows", project_id=project_id, sessions=list(session_ids))
    found = [session_of_card(project_id, *row) for row in rows]
    return {session.session_id: session for session in found}


CARD = (
    "session_id started_ns last_ns turns traces spans llm_calls tool_calls errors span_errors "
    "input_tokens output_tokens cached_tokens cache_write_tokens reasoning_tokens "
    "usage_complete cost_usd cost_complete latency_ms_sum latency_ms_p50 latency_ms_p95 "
    "ttft_ms_p50 users models environments tags metadata source_project session_source "
    "first_input last_output last_error"
).split()


def session_of_card(project_id: str, card: str, scores: dict[str, float], labels: str) -> Session:
    """Returns the session of a `card`, a JSON array in the order of CARD, and of its scores.

    `labels`: a JSON array of title, bookmark and own tags, "" of a session without.
    """
    values = dict(zip(CARD, msgspec.json.decode(card), strict=True))
    title, bookmarked, own_tags = msgspec.json.decode(labels) if labels else ("", 0, [])
    started_ns, last_ns = values.pop("started_ns"), values.pop("last_ns")
    values["usage_complete"] = bool(values["usage_complete"])
    values["cost_complete"] = bool(values["cost_complete"])
    return Session(
        project=project_id,
        started_at=to_iso(started_ns),
        last_activity_at=to_iso(last_ns),
        duration_ms=(last_ns - started_ns) / 1e6,
        total_tokens=values["input_tokens"] + values["output_tokens"],
        scores=scores,
        title=title or None,
        bookmarked=bool(bookmarked),
        own_tags=own_tags,
        **values,
    )


def as_float(cost: Decimal | None) -> float | None:
    """Returns a cost for JSON; None stays None."""
    return None if cost is None else float(cost)


def read_session(store: Store, project_id: str, session_id: str) -> Session | None:
    """Returns one session, None when there is none of that id."""
    return rows_of(store, project_id, [session_id]).get(session_id)


def open_session(store: Store, project_id: str, session_id: str) -> SessionDetail | None:
    """Returns a session with its turns in order of time, None when there is none of that id."""
    session = read_session(store, project_id, session_id)
    if session is None:
        return None
    turns = [turn for turn, _ in read_turns(store, project_id, session_id)]
    usage = usage_by_model(turns)
    return SessionDetail(session, turns, usage, reason_of(usage))


def read_turns(
    store: Store, project_id: str, session_id: str, *, first_turn: int = 1, limit: int = TURNS_ALL
) -> list[tuple[Turn, int]]:
    """Returns turns of a session in order of time, each with its count of resent messages."""
    rows = store.read(
        "turns.of_session",
        project_id=project_id,
        session_id=session_id,
        before=max(first_turn, 1) - 1,
        limit=limit,
    )
    return [
        (_turn_of_row(place, row), int(row[len(TURN_NAMES)]))
        for place, row in enumerate(rows, max(first_turn, 1))
    ]


TURN_NAMES = (
    "turn_id started_ns ended_ns trace_ids input output failed error models spans llm_calls "
    "tool_calls span_errors input_tokens output_tokens cached_tokens reasoning_tokens "
    "usage_complete cost_usd cost_complete ttft_ms conversation_ids"
).split()


def _turn_of_row(place: int, row: Sequence[Any]) -> Turn:
    v = dict(zip(TURN_NAMES, row, strict=False))  # behind them: resent messages, usage by model
    return Turn(
        turn_id=v["turn_id"],
        turn=place,
        trace_ids=list(v["trace_ids"]),
        started_at=to_iso(v["started_ns"]),
        latency_ms=(v["ended_ns"] - v["started_ns"]) / 1e6,
        input=v["input"],
        output=v["output"],
        error=v["error"] if v["failed"] else None,
        model=v["models"][-1] if v["models"] else "",
        llm_calls=v["llm_calls"],
        tool_calls=v["tool_calls"],
        spans=v["spans"],
        span_errors=v["span_errors"],
        input_tokens=v["input_tokens"],
        output_tokens=v["output_tokens"],
        cached_tokens=v["cached_tokens"],
        reasoning_tokens=v["reasoning_tokens"],
        usage_complete=bool(v["usage_complete"]),
        cost_usd=as_float(v["cost_usd"]),
        cost_complete=bool(v["cost_complete"]),
        ttft_ms=v["ttft_ms"],
        conversation_ids=list(v["conversation_ids"]),
        usage=usage_of_arrays(row[len(TURN_NAMES) + 1 :]),
    )
