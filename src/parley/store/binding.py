"""Values too long for a form: a ClickHouse server takes 128 KB of each, a proxy often less."""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["QUERY_BYTES", "bind_long"]

VALUE_CHARACTERS = 16_000  # of UTF-8 that may be four bytes each, or percent-encoded
QUERY_BYTES = 64_000_000  # of SQL with such values in it


def bind_long(sql: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    """Returns SQL with long lists and texts written into it, and the values that remain."""
    from clickhouse_connect.driver.binding import format_query_value  # noqa: PLC0415 - as in engine

    rest = dict(values)
    for name, value in values.items():
        if _size(value) > VALUE_CHARACTERS:
            sql = _written(sql, name, str(format_query_value(value)))
            del rest[name]
    return sql, rest


def _written(sql: str, name: str, literal: str) -> str:
    """Returns SQL with a literal of the type that is asked for in the place of a value."""
    place = re.compile(rf"\{{{name}:([^{{}}]+)\}}")
    return place.sub(lambda found: f"CAST({literal}, '{found[1]}')", sql)


def _size(value: Any) -> int:
    if isinstance(value, str):
        return len(value)
    if isinstance(value, list):
        return sum(3 + (len(item) if isinstance(item, str) else 20) for item in value)
    return 0
