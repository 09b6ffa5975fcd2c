"""What a filter says, before anything is known about its fields.

`start` and `end` are offsets in the text, for errors.
"""

from typing import Literal, TypeAlias

from msgspec import Struct

__all__ = [
    "Comparison",
    "Connective",
    "FieldName",
    "Flag",
    "Negation",
    "Node",
    "Operator",
    "Quantified",
    "Unknown",
    "Value",
]

Operator = Literal["=", "!=", ">", ">=", "<", "<=", "~", "!~", "in", "not in"]


class FieldName(Struct, frozen=True, kw_only=True):
    """A field as it was written, and the key in brackets of one that has keys."""

    name: str
    key: str | None
    start: int
    end: int


class Value(Struct, frozen=True, kw_only=True):
    """A value as it was written. kind "number" has a unit, "" for none; "time" is ISO-8601."""

    kind: Literal["number", "text", "time", "flag"]
    text: str
    unit: str = ""
    start: int
    end: int


class Comparison(Struct, frozen=True, kw_only=True):
    """A field against one value, or against several for `in`."""

    field: FieldName
    operator: Operator
    values: list[Value]
    start: int  # of the operator
    end: int


class Unknown(Struct, frozen=True):
    """`field is unknown`, `field is not unknown`."""

    field: FieldName
    is_known: bool


class Flag(Struct, frozen=True):
    """A field that is true by itself: `failed`."""

    field: FieldName


class Negation(Struct, frozen=True):
    """`not …`."""

    item: "Node"
    depth: int


class Connective(Struct, frozen=True):
    """Two or more conditions with `and` or `or` between them."""

    word: Literal["and", "or"]
    items: list["Node"]
    depth: int


class Quantified(Struct, frozen=True, kw_only=True):
    """`any(…)`, `all(…)`, or `count(…) > 3` about turns or spans."""

    word: Literal["any", "all", "count"]
    item: "Node"
    operator: Operator = ">"
    number: Value | None = None
    start: int
    end: int
    depth: int


Node: TypeAlias = Comparison | Unknown | Flag | Negation | Connective | Quantified
