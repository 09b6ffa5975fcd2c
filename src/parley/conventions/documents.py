"""Values inside JSON attributes that are too long to be looked into while loading.

The view reads documents up to MAX_DOCUMENT_BYTES: a longer one would be held in memory many times
over. Derivation, which reads the span's payload anyway, fills what such a document alone tells.
"""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from parley.conventions.table import Dialect, Field

__all__ = ["MAX_DOCUMENT_BYTES", "document_keys", "read_documents"]

MAX_DOCUMENT_BYTES = 100_000  # of a JSON attribute that is looked into while loading
MAX_NUMBER = 2**53
NUMBERS = ("cost_usd", "ttft_ms")


def document_keys(dialects: Sequence[Dialect]) -> list[str]:
    """Returns the attributes whose JSON holds values of columns."""
    return sorted({item.key for _, item in _fields(dialects)})


def _fields(dialects: Sequence[Dialect]) -> list[tuple[str, Field]]:
    return [
        (column, item)
        for dialect in dialects
        for column, items in dialect.fields.items()
        for item in items
        if item.path
    ]


def read_documents(attributes: Mapping[str, str], dialects: Sequence[Dialect]) -> dict[str, Any]:
    """Returns column -> value from long JSON attributes, in order of precedence."""
    if not any(len(text) > MAX_DOCUMENT_BYTES for text in attributes.values()):
        return {}
    parsed: dict[str, Any] = {}
    found: dict[str, Any] = {}
    added: list[tuple[str, Field]] = []
    for column, item in _fields(dialects):
        text = attributes.get(item.key, "")
        if column in found or len(text) <= MAX_DOCUMENT_BYTES:
            continue
        if item.key not in parsed:
            parsed[item.key] = _document(text)
        value = _value(parsed[item.key], item, column)
        if value is not None:
            found[column] = value
            added.append((column, item))
    for column, item in added:
        if item.plus:
            found[column] += sum(found.get(other, 0) for other in item.plus)
    return found


def _document(text: str) -> Any:
    if not text.startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _value(document: Any, item: Field, column: str) -> Any:
    """Returns the value at a field's path in the column's type; None for none."""
    for step in item.path:
        document = document.get(step) if isinstance(document, dict) else None
    if column.endswith("_tokens") or column in NUMBERS:
        try:
            number = float(document) if isinstance(document, int | float | str) else -1.0
        except ValueError:
            return None
        if not 0 <= number <= MAX_NUMBER:
            return None
        return round(number) if column.endswith("_tokens") else number * item.factor
    return document if isinstance(document, str) and document else None
