"""What is said about a session: how it is sent, and how it comes back."""

from __future__ import annotations

from typing import Any, TypedDict, cast

from agenta.errors import BadAnswer
from agenta.scope import SESSION_ID, current_values, text_of

__all__ = ["ANNOTATIONS", "Annotation", "annotation_body", "one_annotation"]

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
