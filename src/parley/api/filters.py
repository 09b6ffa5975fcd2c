"""/api/v1/filter: what the filter language can say about a project, and what to type next."""

import asyncio
import time
from typing import Annotated, Literal

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from parley.api.parameters import Filter
from parley.model import ProjectId
from parley.query import (
    FIELDS,
    OPERATORS,
    BadFilter,
    Completion,
    Field,
    Piece,
    Seen,
    complete_filter,
    narrow,
    pieces_of,
    read_seen,
)
from parley.store import Store

__all__ = ["show_completions", "show_vocabulary"]


class FieldAnswer(Struct, frozen=True, kw_only=True):
    """A field. seen: what it holds in this project, null where that is not counted."""

    name: str
    alias: str
    scope: Literal["session", "turn", "span"]
    kind: str
    unit: str
    is_optional: bool
    operators: list[str]
    help: str
    seen: Seen | None


class VocabularyAnswer(Struct, frozen=True):
    """Every field of the language."""

    fields: list[FieldAnswer]


class FilterError(Struct, frozen=True):
    """What is wrong with a filter: column from 1, and what may have been meant."""

    message: str
    column: int
    length: int
    suggestion: str


class CompletionsAnswer(Struct, frozen=True, kw_only=True):
    """What could be typed, the text in pieces to be coloured, and what is wrong with all of it."""

    completion: Completion
    pieces: list[Piece]
    error: FilterError | None


@get("/api/v1/filter/vocabulary", summary="Fields of the filter language", tags=["filter"])
async def show_vocabulary(store: Store, project_id: ProjectId) -> VocabularyAnswer:
    """Every field with its kind and operators, and what it holds in this project."""
    seen = await asyncio.to_thread(read_seen, store, project_id, FIELDS)
    return VocabularyAnswer([_field_answer(item, seen.get(item.name)) for item in FIELDS])


def _field_answer(item: Field, seen: Seen | None) -> FieldAnswer:
    return FieldAnswer(
        name=item.name,
        alias=item.alias,
        scope=item.scope,
        kind=item.kind,
        unit=item.unit,
        is_optional=item.is_optional,
        operators=list(OPERATORS[item.kind]),
        help=item.help,
        seen=seen,
    )


@get("/api/v1/filter/completions", summary="Complete a filter", tags=["filter"])
async def show_completions(
    *,
    store: Store,
    project_id: ProjectId,
    filter_text: Filter = "",
    at: Annotated[
        int | None,
        QueryParameter(name="at", ge=0, description="Offset of the cursor."),
    ] = None,
) -> CompletionsAnswer:
    """What could stand at the cursor of an unfinished filter. Offsets count Unicode characters."""
    place = len(filter_text) if at is None else at

    def answer() -> CompletionsAnswer:
        completion = complete_filter(store, project_id, filter_text, place)
        problem = error_of(filter_text)
        return CompletionsAnswer(
            completion=completion,
            pieces=pieces_of(filter_text, problem),
            error=FilterError(
                problem.reason, problem.column, problem.end - problem.start, problem.suggestion
            )
            if problem
            else None,
        )

    return await asyncio.to_thread(answer)


def error_of(text: str) -> BadFilter | None:
    """Returns what is wrong with a filter, None when nothing is."""
    try:
        narrow("", text, now_ns=time.time_ns())
    except BadFilter as error:
        return error
    return None
