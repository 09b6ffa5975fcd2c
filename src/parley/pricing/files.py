"""Prices in files: JSON or CSV to rows, each with the line it stands on."""

import csv
import io
from decimal import Decimal
from typing import Any

import msgspec

from parley.pricing.override import FIELDS, BadPrice

__all__ = ["ROWS_MAX", "read_rows"]

ROWS_MAX = 10_000


def read_rows(text: str) -> list[tuple[int, Any]]:
    """Returns (line, fields) of a file of prices.

    JSON: a list of objects, or {"prices": [...]}; their "line" is their place in the list. CSV: a
    head with the names of fields, then one price a line.

    Raises:
        BadPrice: it is neither, or too long.
    """
    text = text.lstrip("\ufeff")
    rows = _json_rows(text) if text.lstrip()[:1] in ("[", "{") else _csv_rows(text)
    if not rows:
        raise BadPrice({"file": "holds no prices"})
    if len(rows) > ROWS_MAX:
        raise BadPrice({"file": f"holds {len(rows):,} prices; at most {ROWS_MAX:,} go at once"})
    return rows


def _json_rows(text: str) -> list[tuple[int, Any]]:
    try:
        found = msgspec.json.Decoder(float_hook=Decimal).decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadPrice({"file": f"is no JSON: {error}"}) from error
    if isinstance(found, dict):
        found = found.get("prices")
    if not isinstance(found, list):
        raise BadPrice({"file": 'expected a list of prices, or {"prices": [...]}'})
    return list(enumerate(found, 1))


def _csv_rows(text: str) -> list[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text), strict=True, restkey="", restval="")
    rows: list[tuple[int, Any]] = []
    try:
        names = reader.fieldnames or []
        if unknown := [name for name in names if name not in FIELDS]:
            why = f"unknown column; known are {', '.join(FIELDS)}"
            raise BadPrice({unknown[0][:100] or "head": why}, 1)
        for row in reader:
            if "" in row:
                raise BadPrice({"row": "has more columns than the head"}, reader.line_num)
            rows.append((reader.line_num, {name: value for name, value in row.items() if value}))
    except csv.Error as error:
        raise BadPrice({"file": f"is no CSV: {error}"}, reader.line_num) from error
    return rows
