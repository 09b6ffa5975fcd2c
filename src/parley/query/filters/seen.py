"""What the fields of a session hold in a project: ranges, and the values that are met most."""

from collections.abc import Iterable
from typing import Any

from msgspec import Struct, field

from parley.query.filters.vocabulary import Field, find_field
from parley.store import Store

__all__ = ["VALUES_SEEN", "Seen", "read_seen", "seen_in"]

VALUES_SEEN = 20  # of each text
OWN = {"tag": "own_tags"}  # what people gave comes before what is sent most


class Seen(Struct, frozen=True, kw_only=True):
    """Of a number the smallest and the largest; of a text the most frequent values, or keys."""

    low: float | None = None
    high: float | None = None
    values: list[str] = field(default_factory=list)


def seen_in(item: Field) -> Field | None:
    """Returns the field of a session that has the values of a field, None when there is none."""
    if item.scope == "session":
        return item
    found = find_field(item.name.partition(".")[2])
    same_kind = found is not None and item.kind in ("text", "texts")
    return found if found is not None and same_kind and found.kind == "texts" else None


def read_seen(store: Store, project_id: str, fields: Iterable[Field]) -> dict[str, Seen]:
    """Returns what is seen of fields of a session, by their names; nothing of times and flags."""
    asked = [item for item in fields if item.scope == "session" and _columns(item)]
    if not asked:
        return {}
    columns = [column for item in asked for column in _columns(item)]
    (row,) = store.read(
        "sessions.seen", project_id=project_id, fragments={"columns": ", ".join(columns)}
    )
    values = iter(row)
    return {item.name: _seen(item, values) for item in asked}


def _columns(item: Field) -> list[str]:
    """Returns the aggregates that tell about a field."""
    match item.kind:
        case "number":
            place = f"toFloat64({item.sql})"
            return [f"minOrNull({place})", f"maxOrNull({place})"]
        case "texts":
            columns = [OWN[item.name], item.sql] if item.name in OWN else [item.sql]
            return [f"topKArray({VALUES_SEEN})({column})" for column in columns]
        case "keyed":
            return [f"topKArray({VALUES_SEEN})(mapKeys({item.sql}))"]
        case "text" if item.name in ("source_project", "session_source"):
            return [f"topK({VALUES_SEEN})({item.sql})"]
        case _:
            return []


def _seen(item: Field, values: Any) -> Seen:
    if item.kind == "number":
        return Seen(low=next(values), high=next(values))
    found = [value for _ in _columns(item) for value in next(values)]
    return Seen(values=list(dict.fromkeys(str(value) for value in found if value)))
