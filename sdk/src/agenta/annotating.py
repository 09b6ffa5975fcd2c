"""`ag.annotate`: says something about a session to the server that `ag.init` chose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypedDict, cast

from agenta.errors import BadAnswer
from agenta.scope import SESSION_ID, current_values, text_of

if TYPE_CHECKING:
    from agenta.client import Agenta

__all__ = [
    "ANNOTATIONS",
    "Annotation",
    "aannotate",
    "annotate",
    "annotation_body",
    "one_annotation",
]

ANNOTATIONS = "/api/v1/annotations"


class Annotation(TypedDict):
    """What the server has kept: a plain dict. "" where it is not about a turn, trace or span."""

    id: str
    project: str
    session_id: str
    turn_id: str
    trace_id: str
    span_id: str
    name: str
    value: float | bool | str
    comment: str
    source: str
    author: str
    created_at: str
    is_current: bool


def annotate(
    *,
    name: str,
    value: float | bool | str,
    session_id: object = None,
    turn_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    comment: str | None = None,
    author: str | None = None,
    annotation_id: str | None = None,
) -> Annotation:
    """The same as `Agenta.annotate`, of the server that `ag.init` or the environment names."""
    return chosen().annotate(
        name=name,
        value=value,
        session_id=session_id,
        turn_id=turn_id,
        trace_id=trace_id,
        span_id=span_id,
        comment=comment,
        author=author,
        annotation_id=annotation_id,
    )


async def aannotate(
    *,
    name: str,
    value: float | bool | str,
    session_id: object = None,
    turn_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    comment: str | None = None,
    author: str | None = None,
    annotation_id: str | None = None,
) -> Annotation:
    """The same as `annotate`, awaited."""
    return await chosen().aannotate(
        name=name,
        value=value,
        session_id=session_id,
        turn_id=turn_id,
        trace_id=trace_id,
        span_id=span_id,
        comment=comment,
        author=author,
        annotation_id=annotation_id,
    )


def chosen() -> Agenta:
    """Returns a client of the server that spans are sent to."""
    from agenta.client import Agenta
    from agenta.starting import server

    where = server()
    return Agenta(host=where.host, api_key=where.api_key, project=where.project)


def annotation_body(
    *, session_id: object, annotation_id: str | None, **said: object
) -> dict[str, Any]:
    """Returns what is sent of the arguments of `annotate`."""
    body = {name: value for name, value in said.items() if value is not None}
    if session_id is None and "trace_id" not in body:
        session_id = current_values().get(SESSION_ID)
    if session_id is not None:
        body["session_id"] = text_of(session_id)
    if annotation_id is not None:
        body["id"] = annotation_id
    return {**body, "source": "sdk"}


def one_annotation(answer: Any) -> Annotation:
    """Returns the annotation of an answer. Raises BadAnswer."""
    kept = answer.get("annotations") if isinstance(answer, dict) else None
    if not isinstance(kept, list) or len(kept) != 1 or not isinstance(kept[0], dict):
        raise BadAnswer("expected one annotation")
    return cast(Annotation, kept[0])
