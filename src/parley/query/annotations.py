"""What was said about a session."""

from typing import Any

from msgspec import Struct

from parley.model import Annotation, to_iso
from parley.query.errors import BadQuery
from parley.query.sessions import read_session
from parley.store import Store

__all__ = ["AnnotationPage", "read_annotations"]

PAGE_ANNOTATIONS = 500
LATEST_NS = 2**63 - 1
NAMES = "id session_id turn_id trace_id span_id name kind number text comment source author".split()


class AnnotationPage(Struct, frozen=True):
    """Annotations of a session, newest first, those that were replaced too."""

    annotations: list[Annotation]
    next_cursor: str | None


def read_annotations(
    store: Store, project_id: str, session_id: str, *, cursor: str = ""
) -> AnnotationPage | None:
    """Returns what was said of a session; None when nothing was, and there is no such session.

    Raises:
        BadQuery: not a cursor of ours.
    """
    before_ns, before_id = (LATEST_NS, "") if not cursor else place_of(cursor)
    rows = store.read(
        "annotations.of_session",
        project_id=project_id,
        session_id=session_id,
        before_ns=before_ns,
        before_id=before_id,
        limit=PAGE_ANNOTATIONS + 1,
    )
    if not rows and not cursor and read_session(store, project_id, session_id) is None:
        return None
    page = rows[:PAGE_ANNOTATIONS]
    more = f"{page[-1][-2]}:{page[-1][0]}" if len(rows) > len(page) else None
    return AnnotationPage([annotation_of_row(project_id, row) for row in page], more)


def place_of(cursor: str) -> tuple[int, str]:
    """Returns when the last annotation of the page before was made, and its id. Raises BadQuery."""
    digits, colon, last_id = cursor.partition(":")
    if not colon or not (digits.isascii() and digits.isdigit()) or len(digits) > 19:
        raise BadQuery("cursor", "not a cursor that this server gave")
    return min(int(digits), LATEST_NS), last_id


def annotation_of_row(project_id: str, row: tuple[Any, ...]) -> Annotation:
    """Returns the annotation of a row."""
    values = dict(zip(NAMES, row, strict=False))  # behind them: when, and whether it holds
    kind, number, text = (values.pop(name) for name in ("kind", "number", "text"))
    return Annotation(
        **values,
        project=project_id,
        value=text if kind == "text" else bool(number) if kind == "bool" else number,
        created_at=to_iso(row[-2]),
        is_current=bool(row[-1]),
    )
