"""Checks a tree against the vocabulary: every field is known, every value of its kind."""

import math
from datetime import UTC, datetime
from typing import Literal, TypeAlias

from msgspec import Struct

from parley.model import from_iso
from parley.query.filters.errors import BadFilter
from parley.query.filters.grammar import VALUES_MAX
from parley.query.filters.tree import (
    Comparison,
    Connective,
    FieldName,
    Flag,
    Negation,
    Node,
    Operator,
    Quantified,
    Unknown,
    Value,
)
from parley.query.filters.vocabulary import (
    OPERATORS,
    SCOPES,
    Field,
    Scope,
    find_field,
    nearest_field,
)

__all__ = ["Checked", "Each", "Inverse", "Joined", "Lacking", "Test", "check_filter"]

UNIT_MS = {
    "ms": 1.0, "s": 1e3, "sec": 1e3, "m": 6e4, "min": 6e4, "h": 3.6e6, "d": 8.64e7, "w": 6.048e8,
}  # fmt: skip
KIND_WORDS = {
    "number": "a number",
    "time": "a time",
    "text": "text",
    "texts": "text",
    "keyed": "a value",
    "flag": "true or false",
}
VALUE_WORDS = {"number": "a number", "time": "a time", "text": "text", "flag": "true or false"}
TIME_HINT = "a time is written -7d, 2026-11-22 or 2026-11-22T10:00:00Z"
LATEST_NS = 4_102_444_800_000_000_000  # 2100-01-01; beyond it the store keeps no times
Scalar: TypeAlias = float | int | str | bool


class Test(Struct, frozen=True, kw_only=True):
    """A field against values of its kind: numbers (durations in ms), nanoseconds, text, flags."""

    field: Field
    key: str
    operator: Operator
    values: list[Scalar]


class Lacking(Struct, frozen=True, kw_only=True):
    """A field without a value."""

    field: Field
    key: str


class Inverse(Struct, frozen=True):
    """The opposite."""

    item: "Checked"


class Joined(Struct, frozen=True):
    """All or one of several."""

    word: Literal["and", "or"]
    items: list["Checked"]


class Each(Struct, frozen=True, kw_only=True):
    """How many turns or spans of the session meet a condition."""

    word: Literal["any", "all", "count"]
    scope: Scope
    item: "Checked"
    operator: Operator
    number: int


Checked: TypeAlias = Test | Lacking | Inverse | Joined | Each


def check_filter(node: Node, *, now_ns: int) -> Checked:
    """Returns the filter with its fields found and its values understood.

    Raises:
        BadFilter: a field that is not there, or a value or an operator that does not fit.
    """
    if (values := _count_values(node)) > VALUES_MAX:
        raise BadFilter(f"{values} values; more than {VALUES_MAX} are too many", 0, 0)
    return _check(node, "session", now_ns)


def _count_values(node: Node) -> int:
    match node:
        case Connective():
            return sum(map(_count_values, node.items))
        case Negation() | Quantified():
            return _count_values(node.item)
        case Comparison():
            return len(node.values)
        case _:
            return 1


def _check(node: Node, scope: Scope, now_ns: int) -> Checked:
    match node:
        case Connective():
            return Joined(node.word, [_check(item, scope, now_ns) for item in node.items])
        case Negation():
            return Inverse(_check(node.item, scope, now_ns))
        case Quantified():
            return _check_quantified(node, scope, now_ns)
        case Unknown():
            field, key = _find(node.field, scope)
            lacking = Lacking(field=field, key=key)
            if field.kind == "flag" or (field.kind in ("number", "time") and not field.is_optional):
                raise BadFilter(f"{field.name} is always known", node.field.start, node.field.end)
            return Inverse(lacking) if node.is_known else lacking
        case Flag():
            field, key = _find(node.field, scope)
            if field.kind != "flag":
                wanted = f"{node.field.name} is {KIND_WORDS[field.kind]}: compare it with something"
                raise BadFilter(wanted, node.field.start, node.field.end)
            return Test(field=field, key=key, operator="=", values=[True])
        case Comparison():
            return _check_comparison(node, scope, now_ns)


def _check_quantified(node: Quantified, scope: Scope, now_ns: int) -> Each:
    if scope != "session":
        raise BadFilter(f"{node.word}(…) inside another", node.start, node.end)
    names = _names(node.item)
    found = {field.scope for name in names if (field := find_field(name.name))} - {"session"}
    if len(found) > 1:
        raise BadFilter(f"{node.word}(…) is about turns or about spans", node.start, node.end)
    inner: Scope = found.pop() if found else "turn"
    number = 0
    if node.number is not None:
        value = node.number
        if value.kind != "number" or value.unit or not value.text.isdigit() or len(value.text) > 9:
            raise BadFilter("a count is a whole number", value.start, value.end)
        number = int(value.text)
    item = _check(node.item, inner, now_ns)
    return Each(word=node.word, scope=inner, item=item, operator=node.operator, number=number)


def _names(node: Node) -> list[FieldName]:
    match node:
        case Connective():
            return [name for item in node.items for name in _names(item)]
        case Negation() | Quantified():
            return _names(node.item)
        case _:
            return [node.field]


def _find(name: FieldName, scope: Scope) -> tuple[Field, str]:
    """Returns the field of a name, and its key."""
    field = find_field(name.name)
    if field is None:
        named = name.name.partition(".")[0].lower()
        first: Scope = "turn" if named == "turn" else "span" if named == "span" else scope
        near = nearest_field(name.name, (first,)) or nearest_field(name.name, SCOPES)
        end = name.start + len(name.name)
        raise BadFilter(f"no field {name.name}", name.start, end, suggestion=near)
    if field.scope != scope:
        if scope == "session":
            meant = f"any({field.name} …)"
            said = f"{name.name} is of one {field.scope}, a session has many"
            raise BadFilter(said, name.start, name.end, suggestion=meant)
        near = nearest_field(f"{scope}.{name.name}", (scope,))
        raise BadFilter(f"{name.name} is not of a {scope}", name.start, name.end, suggestion=near)
    if field.kind == "keyed" and not name.key:
        raise BadFilter(
            f"{name.name} has keys", name.start, name.end, suggestion=f'{name.name}["key"]'
        )
    if field.kind != "keyed" and name.key is not None:
        raise BadFilter(f"{name.name} has no keys", name.start, name.end, suggestion=name.name)
    return field, name.key or ""


def _check_comparison(node: Comparison, scope: Scope, now_ns: int) -> Test | Inverse:
    field, key = _find(node.field, scope)
    operator: Operator = "in" if node.operator == "not in" else node.operator
    allowed = OPERATORS[field.kind]
    if operator not in allowed:
        listed = " ".join(allowed)
        raise BadFilter(
            f"{field.name} is {KIND_WORDS[field.kind]} and takes {listed}, not {operator}",
            node.start,
            node.end,
        )
    values = [_value(field, operator, value, now_ns) for value in node.values]
    test = Test(field=field, key=key, operator=operator, values=values)
    return Inverse(test) if node.operator == "not in" else test


def _value(field: Field, operator: Operator, value: Value, now_ns: int) -> Scalar:
    match field.kind:
        case "number" if value.kind == "number":
            return _number(field, value)
        case "time" if value.kind in ("number", "time", "text"):
            return _time(value, now_ns)
        case "text" | "texts" if value.kind == "text":
            return value.text
        case "flag" if value.kind == "flag":
            return value.text == "true"
        case "keyed" if value.kind == "number" and operator not in ("~", "!~"):
            return _number(field, value)
        case "keyed" if value.kind == "flag" and operator in ("=", "!="):
            return value.text
        case "keyed" if value.kind == "text" and operator in ("=", "!=", "~", "!~", "in"):
            return value.text
        case "keyed":
            said = f"{operator} does not go with {VALUE_WORDS[value.kind]}"
        case _:
            said = f"{field.name} is {KIND_WORDS[field.kind]}, this is {VALUE_WORDS[value.kind]}"
    suggestion = ""
    if field.kind in ("text", "texts") and value.kind in ("number", "time"):
        suggestion = f'"{value.text}{value.unit}"'
    raise BadFilter(said, value.start, value.end, suggestion=suggestion)


def _number(field: Field, value: Value) -> float:
    """Returns a number; of a field in milliseconds also one with a unit."""
    number = float(value.text)
    if value.unit:
        if field.unit != "ms":
            raise BadFilter(f"{field.name} takes no unit", value.start, value.end)
        number *= _unit(value)
    if not math.isfinite(number):
        raise BadFilter("too large a number", value.start, value.end)
    return number


def _unit(value: Value) -> float:
    if value.unit not in UNIT_MS:
        listed = ", ".join(UNIT_MS)
        raise BadFilter(f"no unit {value.unit!r}; there are {listed}", value.start, value.end)
    return UNIT_MS[value.unit]


def _time(value: Value, now_ns: int) -> int:
    """Returns nanoseconds of a moment, or of one that long ago."""
    try:
        if value.kind != "number":
            time_ns = from_iso(value.text.upper())
        elif value.unit and value.text.startswith("-"):
            time_ns = now_ns + int(float(value.text) * _unit(value) * 1e6)
        else:
            raise BadFilter(TIME_HINT, value.start, value.end)
    except (ValueError, OverflowError) as error:
        raise BadFilter(f"no such time; {TIME_HINT}", value.start, value.end) from error
    if not 0 <= time_ns <= LATEST_NS:
        last = datetime.fromtimestamp(LATEST_NS // 10**9, UTC).year
        raise BadFilter(f"a time is between 1970 and {last}", value.start, value.end)
    return time_ns
