"""PATCH /api/v1/session: the title, the tags and the bookmark that people give a session."""

import asyncio
from typing import Annotated

from litestar import patch
from litestar.params import QueryParameter
from msgspec import Struct

from parley.api.errors import BadRequest, NotFound
from parley.api.sessions import shorten
from parley.derive import BadLabel, Labels
from parley.model import LabelChange, ProjectId, Session
from parley.query import read_session
from parley.store import Store

__all__ = ["label_session"]


class LabeledAnswer(Struct, frozen=True):
    """The session as it is now."""

    session: Session


@patch("/api/v1/session", summary="Label a session", tags=["sessions"])
async def label_session(
    *,
    store: Store,
    labels: Labels,
    project_id: ProjectId,
    session_id: Annotated[str, QueryParameter(name="id", description="The session's id.")],
    data: LabelChange,
) -> LabeledAnswer:
    """Gives a session a title, tags or a bookmark, or takes them away; what is not named stays.

    The same as /api/v1/sessions/{id}.
    """

    def change() -> Session | None:
        try:
            found = labels.change(project_id, [session_id], data)
        except BadLabel as error:
            raise BadRequest(error.message, field=error.field) from error
        return read_session(store, project_id, session_id) if found else None

    session = await asyncio.to_thread(change)
    if session is None:
        raise NotFound(f"no session {shorten(session_id)!r} in project {project_id!r}", field="id")
    return LabeledAnswer(session)
