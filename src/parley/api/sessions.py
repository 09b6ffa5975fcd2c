"""/api/v1/sessions: the list, and one session with its turns, transcript or spans."""

import asyncio
import re
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from parley.api.answers import (
    SpansAnswer,
    TranscriptAnswer,
    spans_answer,
    transcript_answer,
)
from parley.api.errors import BadRequest, NotFound
from parley.api.parameters import Filter, Words, time_parameter
from parley.model import ProjectId, SessionDetail, SessionId, SessionPage, SessionQuery
from parley.query import (
    SORTS,
    AnnotationPage,
    ChatHistory,
    chat_history,
    find_sessions,
    open_session,
    read_annotations,
    read_spans,
    read_transcript,
)
from parley.store import Store

__all__ = ["list_sessions", "show_session"]

MAX_LIMIT = 500
FROM_HELP = "Only sessions that were alive at or after this ISO-8601 time."
TO_HELP = "Only sessions that were alive at or before this ISO-8601 time."
SORT_HELP = "One of " + ", ".join(sorted(SORTS)) + "; `-` in front for descending."
CURSOR_HELP = "`next_cursor` of the page before."
PART_HELP = (
    "`transcript`, `spans`, `annotations` or `turns/{turn}/chat-history`, the turn by its id or "
    "number; without it the session and its turns."
)
HISTORY_PART = re.compile("turns/([^/]+)/chat-history")
PART_CURSOR_HELP = "`next_cursor` of the same part, when it said that there is more."


@get("/api/v1/sessions", summary="List sessions", tags=["sessions"])
async def list_sessions(
    *,
    store: Store,
    project_id: ProjectId,
    from_time: Annotated[str | None, QueryParameter(name="from", description=FROM_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=TO_HELP)] = None,
    q: Words = "",
    filter_text: Filter = "",
    sort: Annotated[str, QueryParameter(name="sort", description=SORT_HELP)] = "-last_activity_at",
    limit: Annotated[int, QueryParameter(name="limit", ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[str, QueryParameter(name="cursor", description=CURSOR_HELP)] = "",
) -> SessionPage:
    """One page of the sessions whose life overlaps the interval, and that q and filter leave.

    `total` counts all that match, exact up to 10,000; beyond, `total_capped` is true. `matches` has
    the place where q was found, by session id.
    """
    from_ns, to_ns = time_parameter("from", from_time), time_parameter("to", to_time)
    if from_ns is not None and to_ns is not None and from_ns > to_ns:
        raise BadRequest("from: must not be after `to`", field="from")
    query = SessionQuery(
        from_ns=from_ns,
        to_ns=to_ns,
        q=q,
        filter=filter_text,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return await asyncio.to_thread(find_sessions, store, project_id, query)


@get("/api/v1/session", summary="Open a session", tags=["sessions"])
async def show_session(
    *,
    store: Store,
    project_id: ProjectId,
    session_id: Annotated[str, QueryParameter(name="id", description="The session's id.")],
    part: Annotated[str | None, QueryParameter(name="part", description=PART_HELP)] = None,
    cursor: Annotated[str, QueryParameter(name="cursor", description=PART_CURSOR_HELP)] = "",
) -> SessionDetail | TranscriptAnswer | SpansAnswer | AnnotationPage | ChatHistory:
    """A session with its turns; its transcript; the span trees of its traces; what was said
    about it, newest first; or what stood before the answer of a turn, as a chat run takes it.

    The same as /api/v1/sessions/{id} and /api/v1/sessions/{id}/{part}.
    """
    if not session_id:
        raise BadRequest("id: a session id is never empty", field="id")
    known_id = SessionId(session_id)
    answer: SessionDetail | TranscriptAnswer | SpansAnswer | AnnotationPage | ChatHistory | None
    match part:
        case None:
            answer = await asyncio.to_thread(open_session, store, project_id, known_id)
        case "transcript":
            transcript = await asyncio.to_thread(
                read_transcript, store, project_id, known_id, first_turn=turn_number(cursor)
            )
            answer = transcript_answer(transcript) if transcript is not None else None
        case "spans":
            page = await asyncio.to_thread(read_spans, store, project_id, known_id, cursor=cursor)
            answer = spans_answer(page) if page is not None else None
        case "annotations":
            answer = await asyncio.to_thread(
                read_annotations, store, project_id, known_id, cursor=cursor
            )
        case str() if turn := HISTORY_PART.fullmatch(part):
            answer = await asyncio.to_thread(
                chat_history, store, project_id, known_id, turn.group(1)
            )
            if answer is None:
                raise NotFound(
                    f"no turn {shorten(turn.group(1))!r} in session {shorten(session_id)!r}",
                    field="turn",
                )
        case _:
            raise NotFound(
                f"part: a session has no part {shorten(part)!r}; there are transcript, spans, "
                "annotations and turns/{turn}/chat-history (a slash inside an id is written %2F)",
                field="part",
            )
    if answer is None:
        raise NotFound(f"no session {shorten(session_id)!r} in project {project_id!r}", field="id")
    return answer


def turn_number(cursor: str) -> int:
    """Returns the turn that a transcript goes on with.

    Raises:
        BadRequest: not a cursor of ours.
    """
    if not cursor:
        return 1
    if not cursor.isascii() or not cursor.isdigit() or len(cursor) > 9:
        raise BadRequest("cursor: not a cursor that this server gave", field="cursor")
    return int(cursor)


def shorten(text: str) -> str:
    """Returns a text fit for an error message: ids may be 10 kB long."""
    return text if len(text) <= 100 else text[:100] + "…"
