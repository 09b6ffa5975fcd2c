"""What was understood of one span, and what was not: which dialect supplied which field.

Computed when somebody looks, from the tables that also make the view (compiler.py): the same fields
in the same order, the first value that fits wins. A test compares it with what the view stored.
"""

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from msgspec import Struct

from parley.conventions.compiler import (
    DETAIL_COLUMNS,
    MAX_NUMBER,
    MAX_WAIT_MS,
    NUMBER_COLUMNS,
    TEXT_COLUMNS,
    TOKEN_COLUMNS,
    WORD_COLUMNS,
)
from parley.conventions.dialects import DIALECTS
from parley.conventions.documents import MAX_DOCUMENT_BYTES
from parley.conventions.messages import MessageReader
from parley.conventions.precedence import SESSION_KEYS
from parley.conventions.table import ANY_WORD, Dialect, Field
from parley.conventions.values import parse_json
from parley.model import Role, from_iso

__all__ = ["Claims", "Understood", "claims", "understand"]

OURS = ("parley.",)  # raw ids that the store keeps as attributes
NOTHING: tuple[Any, ...] = (
    None,
    "",
    [],
    {},
    "[]",
    "{}",
    "null",
)  # values that hold no message rightly
SCRUBBED = "[Scrubbed due to"
COLUMNS = (
    *WORD_COLUMNS,
    *TEXT_COLUMNS,
    "tool_name",
    "error_type",
    "error_message",
    *TOKEN_COLUMNS,
    *NUMBER_COLUMNS,
    *DETAIL_COLUMNS,
)
COUNTS = {*TOKEN_COLUMNS, *NUMBER_COLUMNS, *DETAIL_COLUMNS} - {"service_tier"}
SIDES: tuple[tuple[str, Role], ...] = (
    ("system", "system"),
    ("inputs", "user"),
    ("outputs", "assistant"),
)


class Understood(Struct, frozen=True):
    """What a span's attributes meant.

    fields: field -> "dialect: attribute". unclaimed: attributes that no table knows. unused: known,
    and of no use here. unread: attributes for messages in which none could be read.
    """

    fields: dict[str, str]
    unclaimed: list[str]
    unused: list[str]
    unread: list[str]


class Claims(Struct, frozen=True):
    """The attributes that the tables know: whole names and beginnings."""

    exact: frozenset[str]
    prefixes: tuple[str, ...]
    unused_exact: frozenset[str]
    unused_prefixes: tuple[str, ...]

    def is_claimed(self, key: str) -> bool:
        """Whether some field, message, tag or metadata may come from it."""
        return key in self.exact or key.startswith(self.prefixes)

    def is_unused(self, key: str) -> bool:
        """Whether it is known, and nothing is made of it."""
        return key in self.unused_exact or key.startswith(self.unused_prefixes)


class Told(Struct, frozen=True):
    """What a span and its resource say."""

    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    scope: str
    start_ns: int


@cache
def claims() -> Claims:
    """Returns what the tables know."""
    exact = {item.key for item in SESSION_KEYS}
    prefixes: set[str] = set(OURS)
    unused: set[str] = set()
    for dialect in DIALECTS:
        exact |= {item.key for fields in dialect.fields.values() for item in fields}
        for payload in (*dialect.system, *dialect.inputs, *dialect.outputs):
            exact.update(payload.names)
            if not payload.names:
                prefixes.add(f"{payload.key}.")
        for key in (*dialect.tags, *dialect.metadata):
            (prefixes if key.endswith(".") else exact).add(key)
        unused.update(dialect.unused)
    return Claims(
        frozenset(exact),
        tuple(sorted(prefixes)),
        frozenset(key for key in unused if not key.endswith(".")),
        tuple(sorted(key for key in unused if key.endswith("."))),
    )


def understand(
    attributes: Mapping[str, Any],
    resource: Mapping[str, Any] | None = None,
    *,
    has_error: bool = False,
    scope: str = "",
    start_ns: int = 0,
    dialects: Sequence[Dialect] = DIALECTS,
) -> Understood:
    """Returns what was understood of decoded attributes.

    Args:
        attributes: of the span, in their own types.
        resource: of its resource.
        has_error: whether the span ended in error; without, it has no reason of it.
        scope: name of its instrumentation scope; some attributes are read of some scopes only.
        start_ns: when it started; times are read as the wait since then.
        dialects: the tables.
    """
    fields: dict[str, str] = {}
    for item in SESSION_KEYS:
        text = _text(attributes.get(item.key))
        if text and not text.startswith(SCRUBBED):
            fields["session_id"] = f"{item.client}: {item.key}"
            break
    for column in COLUMNS:
        if column.startswith("error_") and not (has_error or "failure" in fields):
            continue
        found = _source(column, dialects, Told(attributes, resource or {}, scope, start_ns))
        if found:
            fields[column] = found
    if fields.get("tool_name") and _kind(attributes, dialects) not in ("", "tool"):
        del fields["tool_name"]
    spoken, unread = _messages(attributes, dialects, has_error=has_error)
    fields.update(spoken)
    known = claims()
    rest = sorted(key for key in attributes if not known.is_claimed(key))
    return Understood(
        fields,
        [key for key in rest if not known.is_unused(key)],
        [key for key in rest if known.is_unused(key)],
        unread,
    )


def _fields(column: str, dialects: Sequence[Dialect]) -> Iterator[tuple[Dialect, Field]]:
    every = [(dialect, item) for dialect in dialects for item in dialect.fields.get(column, [])]
    yield from sorted(every, key=lambda pair: pair[1].where == "resource")  # the span's own first


def _source(column: str, dialects: Sequence[Dialect], told: Told) -> str:
    for dialect, item in _fields(column, dialects):
        value = _value(item, told.resource if item.where == "resource" else told.attributes)
        if _is_read(item, value, told) and (item.is_time or _fits(column, item, value)):
            path = f" → {'.'.join(item.path)}" if item.path else ""
            where = " (resource)" if item.where == "resource" else ""
            return f"{dialect.name}: {item.key}{path}{where}"
    return ""


def _kind(attributes: Mapping[str, Any], dialects: Sequence[Dialect]) -> str:
    for _, item in _fields("kind", dialects):
        word = _value(item, attributes).lower()
        if word and (meant := item.values.get(word) or item.values.get(ANY_WORD)):
            return meant
    return ""


def _is_read(item: Field, value: str, told: Told) -> bool:
    """Returns whether an attribute is read of such a span, and a time lies after its start."""
    if item.scopes and not told.scope.startswith(tuple(item.scopes)):
        return False
    if not item.is_time:
        return True
    try:
        wait_ms = (from_iso(value) - told.start_ns) / 1e6
    except (ValueError, OverflowError):
        return False
    return 0 <= wait_ms <= MAX_WAIT_MS


def _fits(column: str, item: Field, value: str) -> bool:
    if value in ("", "null") or value.startswith(SCRUBBED):
        return False
    if column in WORD_COLUMNS:
        return bool(item.values.get(value.lower()) or item.values.get(ANY_WORD))
    if column in COUNTS:
        try:
            number = float(value)
        except ValueError:
            return False
        if number == 0 and (column in DETAIL_COLUMNS or item.is_never_0):
            return False
        return math.isfinite(number) and 0 <= number <= MAX_NUMBER
    return True


def _value(item: Field, attributes: Mapping[str, Any]) -> str:
    """Returns the text of a field's attribute, or of the place in its JSON, "" for none."""
    value = attributes.get(item.key)
    if not item.path:
        return _text(value)
    for step in item.path:
        if isinstance(value, str):
            value = _document(value)
        value = value.get(step) if isinstance(value, dict) else None
    return _text(value) if not isinstance(value, dict | list) else ""


def _document(text: str) -> Any:
    if len(text) > MAX_DOCUMENT_BYTES or not text.startswith("{"):
        return None
    if text.startswith("{'"):  # a Python dictionary
        text = text.replace("'", '"')
        for theirs, ours in ((": None", ": null"), (": True", ": true"), (": False", ": false")):
            text = text.replace(theirs, ours)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, dict | list | bytes):
        return ""
    text = str(value)
    found = parse_json(text) if text[:1] == '"' else text
    return found if isinstance(found, str) else text


def _messages(
    attributes: Mapping[str, Any], dialects: Sequence[Dialect], *, has_error: bool
) -> tuple[dict[str, str], list[str]]:
    """Returns side -> "dialect: attribute", and the attributes in which nothing was read.

    A call that failed owes no answer.
    """
    reader = MessageReader()
    found: dict[str, str] = {}
    unread: list[str] = []
    for side, role in SIDES:
        name = "system_prompt" if side == "system" else f"{side[:-1]}_messages"
        for dialect in dialects:
            for payload in getattr(dialect, side):
                if name in found:
                    break
                if reader.reads(payload, role, attributes):
                    found[name] = f"{dialect.name}: {payload.key}"
                elif attributes.get(payload.key) not in NOTHING and not (
                    has_error and side == "outputs"
                ):
                    unread.append(payload.key)
    return found, sorted(set(unread))
