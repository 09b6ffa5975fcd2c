"""Sessions as CSV: a flat line each, harmless in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from parley.model import Session

__all__ = ["csv_lines"]

# What a spreadsheet takes for a formula, its full-width twins, and what may stand before one.
FORMULA_STARTS = tuple("=+-@\t\r\n=+-@")


def csv_lines(blocks: Iterable[list[Session]]) -> Iterator[bytes]:
    """Yields a head with the names of the fields, then a line for each session."""
    yield _written([list(Session.__struct_fields__)])
    for block in blocks:
        if block:
            yield _written([[cell(value) for value in msgspec.structs.astuple(s)] for s in block])


def _written(rows: list[list[Any]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def cell(value: Any) -> Any:
    """Returns what stands in a cell: unknown is empty, a list is "a; b", a map is JSON.

    Text that a spreadsheet would run as a formula begins with an apostrophe.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            return value
        case list():
            value = "; ".join(map(str, value))
        case dict():
            value = msgspec.json.encode(value).decode() if value else ""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value
