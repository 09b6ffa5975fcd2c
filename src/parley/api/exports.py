"""/api/v1/export: everything that a list shows; /api/v1/session/export: one session as a file."""

import asyncio
from collections.abc import Collection, Iterator
from datetime import UTC, datetime
from typing import Annotated

import msgspec
from litestar import get
from litestar.params import QueryParameter
from litestar.response import Stream

from parley.api.datasets import dataset_example
from parley.api.documents import session_document
from parley.api.downloads import download, file_name
from parley.api.errors import BadRequest, NotFound
from parley.api.markdown import session_markdown
from parley.api.parameters import Filter, Words, time_parameter
from parley.api.sessions import FROM_HELP, SORT_HELP, TO_HELP, shorten
from parley.api.tabular import csv_lines
from parley.model import ProjectId, SessionId, SessionQuery
from parley.query import Export, open_session, plan_export
from parley.store import Store

__all__ = ["export_session", "export_sessions"]

FORMATS = {
    "jsonl": "application/x-ndjson",
    "csv": "text/csv",
    "parquet": "application/vnd.apache.parquet",
}
SESSION_FORMATS = {"json": "application/json", "md": "text/markdown"}
FORMAT_HELP = "`jsonl`, `csv` or `parquet`; a dataset is always JSON lines."
KIND_HELP = "`sessions`, a row for each; `dataset`, a line of chat messages for each."
CHOSEN_HELP = "Only this session; may be repeated, at most 1,000 times."
LINES_AT_ONCE = 100  # of a dataset

KINDS = ("sessions", "dataset")


@get("/api/v1/export", summary="Export sessions", tags=["export"], repeated=("session",))
async def export_sessions(
    *,
    store: Store,
    project_id: ProjectId,
    form: Annotated[str, QueryParameter(name="format", description=FORMAT_HELP)] = "jsonl",
    kind: Annotated[str, QueryParameter(name="kind", description=KIND_HELP)] = "sessions",
    from_time: Annotated[str | None, QueryParameter(name="from", description=FROM_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=TO_HELP)] = None,
    q: Words = "",
    filter_text: Filter = "",
    sort: Annotated[str, QueryParameter(name="sort", description=SORT_HELP)] = "-last_activity_at",
    session: Annotated[
        list[str] | None, QueryParameter(name="session", description=CHOSEN_HELP)
    ] = None,
) -> Stream:
    """A file with every session that the list of the same parameters shows, on all its pages.

    The header x-total-count says how many sessions it is made of.
    """
    check_word("format", form, FORMATS)
    check_word("kind", kind, KINDS)
    from_ns, to_ns = time_parameter("from", from_time), time_parameter("to", to_time)
    query = SessionQuery(from_ns=from_ns, to_ns=to_ns, q=q, filter=filter_text, sort=sort)
    if kind == "dataset" and form != "jsonl":
        raise BadRequest("format: a dataset is JSON lines, format=jsonl", field="format")

    def plan() -> tuple[Export, int]:
        planned = plan_export(store, project_id, query, chosen=session or [])
        return planned, planned.count()

    export, total = await asyncio.to_thread(plan)

    def make() -> Iterator[bytes]:
        match kind, form:
            case "dataset", _:
                return dataset_lines(export)
            case _, "csv":
                return csv_lines(export.sessions())
            case _, "parquet":
                return export.parquet()
            case _:
                return session_lines(export)

    name = file_name(kind, project_id, f"{datetime.now(UTC):%Y-%m-%dT%H%M}", ending=form)
    return await download(make, media_type=FORMATS[form], name=name, total=total)


def check_word(name: str, value: str, known: Collection[str]) -> None:
    """Raises BadRequest for a word that a parameter does not know."""
    if value not in known:
        listed = ", ".join(word for word in known if word)
        raise BadRequest(f"{name}: {shorten(value)!r} is none of {listed}", field=name)


def session_lines(export: Export) -> Iterator[bytes]:
    """Yields a line for each session, as the API answers it."""
    for block in export.sessions():
        yield msgspec.json.Encoder().encode_lines(block)


def dataset_lines(export: Export) -> Iterator[bytes]:
    """Yields a line for each conversation that has an answer."""
    lines = []
    for conversation in export.conversations():
        if example := dataset_example(conversation, export.project_id):
            lines.append(example)
        if len(lines) == LINES_AT_ONCE:
            yield msgspec.json.Encoder().encode_lines(lines)
            lines = []
    yield msgspec.json.Encoder().encode_lines(lines)


@get("/api/v1/session/export", summary="Export a session", tags=["export"])
async def export_session(
    *,
    store: Store,
    project_id: ProjectId,
    session_id: Annotated[str, QueryParameter(name="id", description="The session's id.")],
    form: Annotated[str, QueryParameter(name="format", description="`json` or `md`.")] = "json",
    attachments: Annotated[
        str,
        QueryParameter(
            name="attachments",
            description="`inline`: their bytes as Base64 in the JSON; else by hash and address.",
        ),
    ] = "",
) -> Stream:
    """One session whole: what its row, turns, transcript and spans say; or a readable page.

    The same as /api/v1/sessions/{id}/export.
    """
    if not session_id:
        raise BadRequest("id: a session id is never empty", field="id")
    check_word("format", form, SESSION_FORMATS)
    check_word("attachments", attachments, ("", "inline"))
    if attachments and form == "md":
        raise BadRequest("attachments: inline is for format=json", field="attachments")
    found = await asyncio.to_thread(open_session, store, project_id, SessionId(session_id))
    if found is None:
        raise NotFound(f"no session {shorten(session_id)!r} in project {project_id!r}", field="id")

    def make() -> Iterator[bytes]:
        if form == "md":
            return session_markdown(store, found)
        return session_document(store, found, is_inline=attachments == "inline")

    name = file_name("session", session_id, ending=form)
    return await download(make, media_type=SESSION_FORMATS[form], name=name)
