"""Who talked: the users of a list of sessions."""

from collections.abc import Mapping, Sequence
from typing import Any

from parley.model import User, UserPage, UserQuery, to_iso
from parley.query.errors import BadQuery
from parley.query.narrowing import narrow
from parley.query.sessions import (
    LIMIT_MAX,
    TIME_MAX_NS,
    TIME_MIN_NS,
    Cursor,
    as_float,
    decode_cursor,
    encode_cursor,
)
from parley.store import Store

__all__ = ["USER_SORTS", "find_users"]

SEARCH_MAX = 500
# Name in the API -> column of users.found. Unknown costs sort below all known.
USER_SORTS: Mapping[str, str] = {
    "last_activity_at": "last_ns / 1000",
    "first_activity_at": "first_ns / 1000",
    "sessions": "sessions",
    "failed_sessions": "failed_sessions",
    "turns": "turns",
    "errors": "errors",
    "total_tokens": "tokens",
    "cost_usd": "cost",
}


def find_users(store: Store, project_id: str, query: UserQuery) -> UserPage:
    """Returns a page of the users that the sessions of an interval name, sorted by the server.

    Raises:
        BadQuery: limit, sort, interval, cursor, search, q or filter is wrong; names the field.
    """
    if not 1 <= query.limit <= LIMIT_MAX:
        raise BadQuery("limit", f"{query.limit} is not between 1 and {LIMIT_MAX}")
    if len(query.search) > SEARCH_MAX:
        raise BadQuery("search", f"is longer than {SEARCH_MAX} characters")
    column = USER_SORTS.get(query.sort.removeprefix("-"))
    if column is None:
        listed = ", ".join(sorted(USER_SORTS))
        raise BadQuery("sort", f"{query.sort[:40]!r} is none of {listed} (“-” for descending)")
    from_ns = TIME_MIN_NS if query.from_ns is None else query.from_ns
    to_ns = TIME_MAX_NS if query.to_ns is None else query.to_ns
    if from_ns > to_ns:
        raise BadQuery("from", "is after `to`")
    cursor = decode_cursor(query.cursor, query.sort) if query.cursor else None
    narrowing = narrow(query.q, query.filter, now_ns=query.now_ns)
    fragments = {
        "sort_value": column,
        "narrowed": narrowing.sql(interval="{{in_interval}}"),
        "page": _page(is_descending=query.sort.startswith("-"), is_after=cursor is not None),
    }
    rows = store.read(
        "users.found",
        project_id=project_id,
        fragments=fragments,
        from_ns=from_ns,
        to_ns=to_ns,
        search=query.search,
        after_value=cursor.value if cursor else 0.0,
        after_name=cursor.session_id if cursor else "",
        limit=query.limit + 1,
        **narrowing.values,
    )
    shown = rows[: query.limit]
    last = Cursor(query.sort, shown[-1][1], shown[-1][0]) if len(rows) > query.limit else None
    return UserPage(
        users=[_user(row) for row in shown],
        next_cursor=encode_cursor(last) if last else None,
        total=int(rows[0][2]) if rows else 0,
    )


def _page(*, is_descending: bool, is_after: bool) -> str:
    """Returns the keyset condition and the order."""
    sign, direction = ("<", "DESC") if is_descending else (">", "ASC")
    beyond = ""
    if is_after:
        beyond = (
            f"AND (value {sign} {{after_value:Float64}} OR (value = {{after_value:Float64}} "
            "AND name > {after_name:String})) "
        )
    return f"{beyond}ORDER BY value {direction}, name ASC"


def _user(row: Sequence[Any]) -> User:
    name, _, _, sessions, failed, turns, errors, tokens, cost, unpriced, first_ns, last_ns = row
    return User(
        user=name,
        sessions=sessions,
        failed_sessions=failed,
        turns=turns,
        errors=errors,
        total_tokens=tokens,
        cost_usd=as_float(cost),
        unpriced_sessions=unpriced,
        first_activity_at=to_iso(first_ns),
        last_activity_at=to_iso(last_ns),
    )
