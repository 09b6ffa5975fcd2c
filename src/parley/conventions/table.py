"""The format of a dialect: which attribute holds what."""

from typing import Literal

from msgspec import Struct, field

__all__ = ["Dialect", "Field", "Payload"]


class Field(Struct, frozen=True):
    """One attribute that fills a typed column.

    values: the attribute's words to Parley's (compared in lower case), for columns with a fixed
    vocabulary. factor: multiplies a number, e.g. 1000 for seconds to milliseconds.
    where: "span" or "resource".
    """

    key: str
    values: dict[str, str] = field(default_factory=dict)
    factor: float = 1.0
    where: Literal["span", "resource"] = "span"


class Payload(Struct, frozen=True):
    """One attribute, or family of attributes, that holds messages.

    shape: "value" (one attribute: JSON in any known form, or plain text), "indexed"
    (`<key>.0.role`…, flattened lists), "fields" (`<key>.<name>`, flattened map).
    """

    key: str
    shape: Literal["value", "indexed", "fields"] = "value"


class Dialect(Struct, frozen=True, kw_only=True):
    """How one family of clients writes a span. Order within each list is precedence.

    fields: typed column -> attributes. input_includes_cached: False when the dialect's input
    count leaves cached tokens out (they are added, so that the column means the same for all).
    labels: attributes that are tags, metadata (a JSON map, or a prefix ending in "."), or ids.
    """

    name: str
    title: str
    source: str
    fields: dict[str, list[Field]]
    inputs: list[Payload] = field(default_factory=list)
    outputs: list[Payload] = field(default_factory=list)
    system: list[Payload] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    input_includes_cached: bool = True
    remarks: str = ""
