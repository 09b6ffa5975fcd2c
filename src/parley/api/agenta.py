"""Agenta's question for sessions: ids and a window, with our fields beside them."""

import asyncio
import base64
import binascii
from typing import Literal

import msgspec
from litestar import post
from msgspec import Struct, field

from parley.api.errors import BadRequest
from parley.api.parameters import time_parameter
from parley.model import ProjectId, Session, SessionPage, SessionQuery
from parley.query import find_sessions
from parley.store import Store

__all__ = ["AGENTA_ROUTES"]

LIMIT_MAX = 500

Order = Literal["ascending", "descending"]


class Windowing(Struct, frozen=True, forbid_unknown_fields=True):
    """A page of an interval. `next` comes from the answer before and carries all of the rest.

    `interval` and `rate` belong to other questions of Agenta's, and must be null.
    """

    oldest: str | None = None
    newest: str | None = None
    limit: int | None = None
    order: Order | None = None
    next: str | None = None
    interval: int | None = None
    rate: float | None = None


class SessionsQuestion(Struct, frozen=True, forbid_unknown_fields=True):
    """What is asked. `q` and `filter` are ours: docs/search.md and docs/filters.md."""

    realtime: bool | None = None
    windowing: Windowing | None = None
    q: str = ""
    filter: str = ""


class Place(Struct, frozen=True, array_like=True):
    """Where a page ended, in what: the cursor of our list and the interval that it is of."""

    cursor: str
    oldest: str | None
    newest: str | None


class NextWindow(Struct, frozen=True, kw_only=True):
    """The window of the next page: to be sent as it is."""

    oldest: str | None
    newest: str | None
    limit: int
    order: Order
    next: str


class SessionsAnswer(Struct, frozen=True, kw_only=True):
    """Agenta's answer: `windowing` is null on the last page. `sessions` and `total` are ours."""

    count: int
    session_ids: list[str]
    windowing: NextWindow | None
    sessions: list[Session] = field(default_factory=list)
    total: int = 0


@post(
    "/api/spans/sessions/query",
    status_code=200,
    summary="List sessions, as Agenta has it",
    tags=["sessions"],
)
async def query_spans_sessions(
    store: Store, project_id: ProjectId, data: SessionsQuestion
) -> SessionsAnswer:
    """The ids of sessions by their first activity, with `realtime` by their last."""
    return await asyncio.to_thread(answer_of, store, project_id, data)


@post(
    "/api/tracing/sessions/query",
    status_code=200,
    deprecated=True,
    summary="List sessions, as Agenta had it",
    tags=["sessions"],
)
async def query_sessions_tracing(
    store: Store, project_id: ProjectId, data: SessionsQuestion
) -> SessionsAnswer:
    """The same as /api/spans/sessions/query, at the address that it had before."""
    return await asyncio.to_thread(answer_of, store, project_id, data)


def answer_of(store: Store, project_id: ProjectId, asked: SessionsQuestion) -> SessionsAnswer:
    """Returns a page. Raises BadRequest and BadQuery."""
    window = asked.windowing or Windowing()
    for name in ("interval", "rate"):
        if getattr(window, name) is not None:
            raise BadRequest("expected null: sessions are not sampled", field=f"windowing.{name}")
    limit = LIMIT_MAX if window.limit is None else window.limit
    if not 1 <= limit <= LIMIT_MAX:
        message = f"{limit} is not between 1 and {LIMIT_MAX}"
        raise BadRequest(message, field="windowing.limit")
    place = place_of(window)
    from_ns = time_parameter("windowing.oldest", place.oldest)
    to_ns = time_parameter("windowing.newest", place.newest)
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise BadRequest("is not before `newest`", field="windowing.oldest")
    order = window.order or "descending"
    by = "last_activity_at" if asked.realtime else "started_at"
    query = SessionQuery(
        from_ns=from_ns,
        to_ns=None if to_ns is None else to_ns - 1,  # the newest moment is not part of the window
        q=asked.q,
        filter=asked.filter,
        sort=by if order == "ascending" else f"-{by}",
        limit=limit,
        cursor=place.cursor,
    )
    page = find_sessions(store, project_id, query)
    return SessionsAnswer(
        count=len(page.sessions),
        session_ids=[session.session_id for session in page.sessions],
        windowing=next_window(page, place, by=by, order=order, limit=limit),
        sessions=page.sessions,
        total=page.total,
    )


def next_window(
    page: SessionPage, place: Place, *, by: str, order: Order, limit: int
) -> NextWindow | None:
    """Returns the window of the page after this one, None when there is none."""
    if page.next_cursor is None:
        return None
    reached: str = getattr(page.sessions[-1], by)
    following = msgspec.json.encode(Place(page.next_cursor, place.oldest, place.newest))
    return NextWindow(
        oldest=reached if order == "ascending" else place.oldest,
        newest=reached if order == "descending" else place.newest,
        limit=limit,
        order=order,
        next=base64.urlsafe_b64encode(following).decode(),
    )


def place_of(window: Windowing) -> Place:
    """Returns where a page begins, in which interval. Raises BadRequest."""
    if not window.next:
        return Place("", window.oldest, window.newest)
    try:
        return msgspec.json.decode(base64.urlsafe_b64decode(window.next), type=Place)
    except (ValueError, binascii.Error, msgspec.MsgspecError) as error:
        message = "expected what the answer before had here"
        raise BadRequest(message, field="windowing.next") from error


AGENTA_ROUTES = (query_spans_sessions, query_sessions_tracing)
