"""What people and programs say about a session. Field names are public API: keep them."""

from typing import TypeAlias

from msgspec import Struct

__all__ = ["Annotation", "AnnotationValue"]

AnnotationValue: TypeAlias = float | bool | str


class Annotation(Struct, frozen=True, kw_only=True):
    """One thing that was said of a session, or of a turn, trace or span of it ("": not of one).

    It never changes. What is said again of the same target, by the same author and source, under
    the same name, replaces it: `is_current` is then false, and both stay in the history.
    """

    id: str
    project: str
    session_id: str
    turn_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    name: str
    value: AnnotationValue
    comment: str = ""
    source: str = "api"  # human, api, sdk, …
    author: str = ""
    created_at: str = ""
    is_current: bool = True
