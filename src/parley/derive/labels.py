"""What people say of sessions: kept apart from all that is derived, folded into the session's row.

Every summing of a row looks the labels up, so they outlast late spans and rebuilds. A change is
written first and the row summed after, by the one way that sums rows.
"""

import threading
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from parley.derive.deriver import Deriver
from parley.derive.errors import BadLabel
from parley.model import LabelChange
from parley.store import Store

__all__ = ["LABELED_MAX", "TAGS_MAX", "TAG_MAX", "TITLE_MAX", "Labels"]

TITLE_MAX = 200  # characters
TAG_MAX = 100
TAGS_MAX = 50  # of one session, given by people
LABELED_MAX = 1000  # sessions at once
COLUMNS = ["project_id", "session_id", "kind", "name", "version", "is_deleted", "value"]
NOT_IN_A_LINE = frozenset({"Cc", "Cs", "Zl", "Zp"})  # control, halves of characters, line ends


class Labels:
    """The labels of every project's sessions. Thread-safe; every call blocks until done."""

    def __init__(self, store: Store, deriver: Deriver) -> None:
        self._store = store
        self._deriver = deriver
        self._lock = threading.Lock()

    def catch_up(self) -> None:
        """Sums rows that do not tell of their labels: the process ended before they were safe."""
        waiting: dict[str, list[str]] = defaultdict(list)
        for project_id, session_id in self._store.read_all("labels.unfolded"):
            waiting[project_id].append(session_id)
        for project_id, sessions in waiting.items():
            for chunk in batched(sessions, LABELED_MAX):
                self._deriver.sum_now(project_id, chunk)

    def change(self, project_id: str, session_ids: Sequence[str], change: LabelChange) -> list[str]:
        """Changes the labels of some sessions; returns those that are there, the others are not.

        Their rows tell of it when this returns.

        Raises:
            BadLabel: a title, a tag or their number cannot be; names the field, nothing changed.
        """
        if len(session_ids) > LABELED_MAX:
            message = f"{len(session_ids)} are given, at most {LABELED_MAX} can be"
            raise BadLabel(message, field="session")
        checked = check_change(change)
        with self._lock:  # the number of tags is counted, then written
            known = self._store.read(
                "labels.of_sessions", project_id=project_id, sessions=list(session_ids)
            )
            version = self._deriver.next_version()
            rows = [
                [project_id, session_id, kind, name, version, int(is_gone), value]
                for session_id, tags in known
                for kind, name, value, is_gone in facts_of(checked, set(tags))
            ]
            self._store.write("labels", COLUMNS, rows)
        found = [session_id for session_id, _ in known]
        self._deriver.sum_now(project_id, found)
        return found


def batched(items: Sequence[str], most: int) -> Iterator[list[str]]:
    """Yields a list in pieces."""
    for first in range(0, len(items), most):
        yield list(items[first : first + most])


def facts_of(change: LabelChange, tags: set[str]) -> list[tuple[str, str, str, bool]]:
    """Returns (kind, name, value, is gone) of what differs for a session that has some tags.

    Raises:
        BadLabel: it would have too many.
    """
    facts: list[tuple[str, str, str, bool]] = []
    if change.title is not UNSET:
        facts.append(("title", "", change.title or "", not change.title))
    if change.bookmarked is not UNSET:
        facts.append(("bookmark", "", "", not change.bookmarked))
    wanted = tags if change.tags is UNSET else set(change.tags)
    wanted = (wanted | set(given(change.add_tags))) - set(given(change.remove_tags))
    if len(wanted) > TAGS_MAX and wanted - tags:
        field = "tags" if change.add_tags is UNSET else "add_tags"
        raise BadLabel(f"a session has at most {TAGS_MAX} tags of its own", field=field)
    facts += [("tag", name, "", name not in wanted) for name in sorted(wanted ^ tags)]
    return facts


def given(names: list[str] | UnsetType) -> list[str]:
    """Returns what a field lists, nothing where it is left out."""
    return [] if isinstance(names, UnsetType) else names


def check_change(change: LabelChange) -> LabelChange:
    """Returns a change without blanks around its words. Raises BadLabel, naming the field."""
    words: dict[str, Any] = {}
    if isinstance(change.title, str):
        words["title"] = check_line(change.title, TITLE_MAX, field="title")
    for field in ("tags", "add_tags", "remove_tags"):
        names = getattr(change, field)
        if names is UNSET:
            continue
        if len(names) > TAGS_MAX:
            raise BadLabel(f"{len(names)} are given, at most {TAGS_MAX} can be", field=field)
        words[field] = [check_tag(name, field=field) for name in names]
    return replace(change, **words)


def check_tag(text: str, *, field: str) -> str:
    """Returns a tag without blanks around it. Raises BadLabel."""
    tag = check_line(text, TAG_MAX, field=field)
    if not tag:
        raise BadLabel("a tag is empty", field=field)
    return tag


def check_line(text: str, most: int, *, field: str) -> str:
    """Returns a line without blanks around it. Raises BadLabel for more than a line."""
    line = text.strip()
    if len(line) > most or not is_line(line):
        raise BadLabel(f"expected one line of at most {most} characters", field=field)
    return line


def is_line(text: Iterable[str]) -> bool:
    """Whether a text can stand in one line."""
    return all(unicodedata.category(character) not in NOT_IN_A_LINE for character in text)
