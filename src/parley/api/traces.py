"""/api/v1/traces: the list, and one trace as a tree, with or without a session."""

import asyncio
import re
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from parley.api.answers import TraceAnswer, trace_answer
from parley.api.errors import BadRequest, NotFound
from parley.api.parameters import time_parameter
from parley.model import ProjectId, TraceId, TraceListing, TraceQuery
from parley.query import TRACE_SORTS, find_traces, read_trace
from parley.store import Store

__all__ = ["list_traces", "show_trace"]

TRACE_ID = re.compile("[0-9a-f]{32}")
MAX_LIMIT = 500
FROM_HELP = "Only traces that began at or after this ISO-8601 time."
TO_HELP = "Only traces that began at or before this ISO-8601 time."
FAILED_HELP = "Only traces with a span that failed."
SESSION_HELP = "`none`: only traces that belong to no session."
SORT_HELP = "One of " + ", ".join(TRACE_SORTS) + "; `-` in front for descending."
CURSOR_HELP = "`next_cursor` of the page before."


@get("/api/v1/traces", summary="List traces", tags=["traces"])
async def list_traces(
    *,
    store: Store,
    project_id: ProjectId,
    from_time: Annotated[str | None, QueryParameter(name="from", description=FROM_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=TO_HELP)] = None,
    failed: Annotated[bool, QueryParameter(name="failed", description=FAILED_HELP)] = False,
    session: Annotated[str, QueryParameter(name="session", description=SESSION_HELP)] = "",
    sort: Annotated[str, QueryParameter(name="sort", description=SORT_HELP)] = "-started_at",
    limit: Annotated[int, QueryParameter(name="limit", ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[str, QueryParameter(name="cursor", description=CURSOR_HELP)] = "",
) -> TraceListing:
    """One page of the traces that began in the interval, of sessions and without one."""
    query = TraceQuery(
        from_ns=time_parameter("from", from_time),
        to_ns=time_parameter("to", to_time),
        failed=failed,
        session=session,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return await asyncio.to_thread(find_traces, store, project_id, query)


@get("/api/v1/trace", summary="Read a trace", tags=["traces"])
async def show_trace(
    store: Store,
    project_id: ProjectId,
    trace_id: Annotated[str, QueryParameter(name="id", description="32 hexadecimal digits.")],
) -> TraceAnswer:
    """The spans of a trace, parents before children, siblings by start time.

    The same as /api/v1/traces/{trace_id}.
    """
    known_id = TraceId(trace_id.lower())
    if not TRACE_ID.fullmatch(known_id):
        raise BadRequest("id: expected 32 hexadecimal digits", field="id")
    tree = await asyncio.to_thread(read_trace, store, project_id, known_id)
    if tree is None:
        raise NotFound(f"no trace {known_id} in project {project_id!r}", field="id")
    return await asyncio.to_thread(trace_answer, tree, is_explained=True)
