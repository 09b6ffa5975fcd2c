"""What is said about sessions: kept, removed, and told to the rows of the sessions.

A session's row has its scores; derivation looks them up whenever it sums the row. Where something
is said of a session that has a row already, the worker of derivation sums it once more.
"""

import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from parley.derive.annotation_rows import (
    ANNOTATION_COLUMNS,
    annotation_row,
    checked,
    checked_hex,
    content,
    removal_row,
)
from parley.derive.errors import AnnotationTaken, BadAnnotation, NoSuchTarget
from parley.model import Annotation, to_iso
from parley.store import Store

__all__ = ["ANNOTATIONS_MAX", "Annotations"]

ANNOTATIONS_MAX = 1000  # of one call
FOLD_SECONDS = 1.0  # rows are summed again that often at most
COST_FACTOR = 20  # and after so many times what the last time took
FOLD_SESSIONS = 1000  # of a project at once
CREATED, IS_REMOVED = -2, -1  # places in a row of annotations.by_id


class Annotations:
    """The annotations of every project. Thread-safe; every call blocks. Errors: AnnotationError."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lock = threading.Lock()
        found = store.read_all("annotations.projects")
        self._projects = {str(row[0]) for row in found}
        # Not below those of rows that are derived: by them a later process sees what is not folded.
        derived = int(store.read_all("work.last_version")[0][0])
        self._version = max([derived, *(int(row[1]) for row in found)])
        self._waiting: dict[str, set[str]] = defaultdict(set)
        self._not_before = 0.0
        self._has_caught_up = False

    def add(self, project_id: str, wanted: Sequence[Annotation]) -> tuple[list[Annotation], int]:
        """Returns annotations as they are kept, and how many are new; on disk when it returns.

        One without an id gets one. One that is here word for word is not written again: to send
        it twice is to send it once. All are kept, or none.

        Raises:
            AnnotationError: one cannot be kept; names its field.
        """
        if not 1 <= len(wanted) <= ANNOTATIONS_MAX:
            message = f"expected 1 to {ANNOTATIONS_MAX:,} annotations, not {len(wanted):,}"
            raise BadAnnotation(message, field="body")
        placed = self._with_sessions(project_id, wanted)
        given = [checked(item, place) for place, item in enumerate(placed)]
        here = self._find(project_id, [item.id for item in given if item.id])
        kept: list[Annotation] = []
        rows: list[list[Any]] = []
        for place, item in enumerate(given):
            if item.id in here:
                kept.append(same(project_id, item, here[item.id], place))
                continue
            at = self._next_version()
            made = replace(
                item, id=item.id or uuid.uuid4().hex, project=project_id, created_at=to_iso(at)
            )
            here[made.id] = (*content(made), at, 0)
            rows.append(annotation_row(project_id, made, at))
            kept.append(made)
        if rows:
            self._projects.add(project_id)  # before: a row that is summed meanwhile looks for them
            self._store.write("annotations", ANNOTATION_COLUMNS, rows)
            self._wait(project_id, {item.session_id for item in kept})
        return kept, len(rows)

    def remove(self, project_id: str, annotation_id: str) -> None:
        """Removes an annotation; what it had replaced holds again. Raises NoSuchTarget."""
        found = self._find(project_id, [annotation_id]).get(annotation_id)
        if found is None or found[IS_REMOVED]:
            raise NoSuchTarget(f"no annotation {annotation_id[:100]!r} is here", field="id")
        session_id = found[1]
        row = removal_row(project_id, annotation_id, session_id, self._next_version())
        self._store.write("annotations", ANNOTATION_COLUMNS, [row])
        self._wait(project_id, [session_id])

    def fragments(self, project_id: str) -> Mapping[str, str]:
        """Returns what looks up scores while rows of a project are summed; {}: there are none.

        Nobody knows that of a store which others write to.
        """
        if project_id not in self._projects and not self._store.is_shared:
            return {}
        return {"scores": ", scored.scores", "scored": "{{session_scores}}"}

    def due(self) -> dict[str, list[str]]:
        """Returns the sessions whose rows are to be summed again, by project; once a second.

        Those without a row are left out: derivation will write it. The first time those are among
        them that an earlier process may have left.
        """
        if time.monotonic() < self._not_before:
            return {}
        self._not_before = time.monotonic() + FOLD_SECONDS
        if not self._has_caught_up:
            for project_id in sorted(self._projects):
                rows = self._store.read("annotations.unfolded", project_id=project_id)
                self._wait(project_id, [row[0] for row in rows])
            self._has_caught_up = True
        with self._lock:
            waiting = {
                name: sorted(named)[:FOLD_SESSIONS]
                for name, named in self._waiting.items()
                if named
            }
        found = {}
        for project_id, named in waiting.items():
            rows = self._store.read("sessions.present", project_id=project_id, sessions=named)
            if rows:
                found[project_id] = [str(row[0]) for row in rows]
        with self._lock:
            for project_id, named in waiting.items():
                self._waiting[project_id].difference_update(named)
        return found

    def took(self, seconds: float) -> None:
        """Says how long it took to sum what was due."""
        self._not_before = time.monotonic() + max(FOLD_SECONDS, COST_FACTOR * seconds)

    def put_back(self, due: Mapping[str, Iterable[str]]) -> None:
        """Says that what was due could not be summed."""
        for project_id, sessions in due.items():
            self._wait(project_id, sessions)

    def _wait(self, project_id: str, sessions: Iterable[str]) -> None:
        with self._lock:
            self._waiting[project_id].update(sessions)

    def _next_version(self) -> int:
        """Returns nanoseconds above all before, also when the clock was set back."""
        with self._lock:
            self._version = max(time.time_ns(), self._version + 1)
            return self._version

    def _find(self, project_id: str, ids: Sequence[str]) -> dict[str, tuple[Any, ...]]:
        """Returns id -> what stands under it: content, when it was made, whether it is removed."""
        if not ids:
            return {}
        rows = self._store.read("annotations.by_id", project_id=project_id, ids=list(ids))
        return {row[0]: row for row in rows}

    def _with_sessions(self, project_id: str, wanted: Sequence[Annotation]) -> list[Annotation]:
        """Returns annotations with a session: what names a trace alone has that of its trace.

        Raises:
            BadAnnotation, NoSuchTarget: of a trace without a session.
        """
        asked = {
            place: checked_hex(item.trace_id, "trace_id", 32, place)
            for place, item in enumerate(wanted)
            if item.trace_id and not item.session_id
        }
        if not asked:
            return list(wanted)
        rows = self._store.read(
            "traces.resolve", project_id=project_id, trace_ids=sorted(set(asked.values()))
        )
        sessions = {row[0]: row[1] for row in rows}
        found = []
        for place, item in enumerate(wanted):
            if place not in asked:
                found.append(item)
            elif session_id := sessions.get(asked[place]):
                found.append(replace(item, session_id=session_id))
            else:
                message = "no session of this trace is known yet; name it by session_id"
                raise NoSuchTarget(message, field="trace_id", place=place)
        return found


def same(project_id: str, item: Annotation, row: Sequence[Any], place: int) -> Annotation:
    """Returns an annotation that is here already. Raises AnnotationTaken when it is another."""
    if row[IS_REMOVED]:
        message = "this annotation was removed; an id is used once"
        raise AnnotationTaken(message, field="id", place=place)
    if list(row[:CREATED]) != content(item):
        message = "another annotation has this id; what is said anew has an id of its own"
        raise AnnotationTaken(message, field="id", place=place)
    return replace(item, project=project_id, created_at=to_iso(row[CREATED]))
