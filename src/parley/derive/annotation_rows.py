"""Annotations as rows of the store, and what an annotation may be. Pure."""

import math
import re
from typing import Any

from msgspec.structs import replace

from parley.derive.errors import BadAnnotation
from parley.model import Annotation

__all__ = ["ANNOTATION_COLUMNS", "annotation_row", "checked", "removal_row"]

ANNOTATION_COLUMNS = [
    "project_id",
    "id",
    "session_id",
    "turn_id",
    "trace_id",
    "span_id",
    "name",
    "kind",
    "number",
    "text",
    "comment",
    "source",
    "author",
    "created_at",
    "version",
    "is_deleted",
]
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")
SOURCE = re.compile(r"[a-z0-9][a-z0-9._-]{0,39}")
CHARACTERS = {
    "session_id": 10_000,
    "turn_id": 300,
    "name": 200,
    "comment": 10_000,
    "author": 200,
    "value": 10_000,
}
ONE_LINE = re.compile(r"[^\x00-\x1f\x7f]*")


def checked(item: Annotation, place: int) -> Annotation:
    """Returns an annotation with ids as they are kept; `place`: which of several it is.

    Raises:
        BadAnnotation: names the field and what was expected.
    """

    def bad(field: str, message: str) -> BadAnnotation:
        return BadAnnotation(message, field=field, place=place)

    if item.id and not ID.fullmatch(item.id):
        raise bad("id", "expected 1 to 128 letters, digits and . _ : -, a letter or digit first")
    if not item.session_id:
        raise bad("session_id", "is required, unless a trace_id is given whose session is known")
    if not item.name.strip() or not ONE_LINE.fullmatch(item.name):
        raise bad("name", f"expected 1 to {CHARACTERS['name']} characters in one line")
    for field, most in CHARACTERS.items():
        text = getattr(item, field)
        if isinstance(text, str) and len(text) > most:
            raise bad(field, f"{len(text):,} characters, at most {most:,}")
    if not isinstance(item.value, str) and not math.isfinite(item.value):
        raise bad("value", "expected a number that is finite")
    if not SOURCE.fullmatch(item.source):
        raise bad("source", "expected a word of small letters, as human, api or sdk")
    trace_id = checked_hex(item.trace_id, "trace_id", 32, place)
    span_id = checked_hex(item.span_id, "span_id", 16, place)
    if span_id and not trace_id:
        raise bad("trace_id", "is required beside a span_id")
    return replace(item, trace_id=trace_id, span_id=span_id)


def checked_hex(text: str, field: str, digits: int, place: int) -> str:
    """Returns an id in small hex digits, "" for none; of a UUID without its dashes."""
    plain = text.replace("-", "").lower()
    if plain and not re.fullmatch(f"[0-9a-f]{{{digits}}}", plain):
        raise BadAnnotation(f"expected {digits} hex digits", field=field, place=place)
    return plain


def annotation_row(project_id: str, item: Annotation, created_ns: int) -> list[Any]:
    """Returns the row of an annotation."""
    return [project_id, *content(item), created_ns, created_ns, 0]


def content(item: Annotation) -> list[Any]:
    """Returns what an annotation says, in the order of the columns: the same, the same again."""
    value = item.value
    kind = "bool" if isinstance(value, bool) else "text" if isinstance(value, str) else "number"
    return [
        item.id,
        item.session_id,
        item.turn_id,
        item.trace_id,
        item.span_id,
        item.name,
        kind,
        0.0 if isinstance(value, str) else float(value),
        value if isinstance(value, str) else "",
        item.comment,
        item.source,
        item.author,
    ]


def removal_row(project_id: str, annotation_id: str, session_id: str, at_ns: int) -> list[Any]:
    """Returns the row that says that an annotation was removed."""
    return [project_id, annotation_id, session_id, *[""] * 5, 0.0, *[""] * 4, at_ns, at_ns, 1]
