"""/api/v1/traces/{trace_id}: one trace as a tree, with or without a session."""

import asyncio
import re
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from parley.api.answers import TraceAnswer, trace_answer
from parley.api.errors import BadRequest, NotFound
from parley.model import ProjectId, TraceId
from parley.query import read_trace
from parley.store import Store

__all__ = ["show_trace"]

TRACE_ID = re.compile("[0-9a-f]{32}")


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
