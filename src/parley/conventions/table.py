"""The format of a dialect: which attribute holds what."""

from typing import Literal

from msgspec import Struct, field

__all__ = ["ANY_WORD", "Dialect", "Field", "Payload"]

ANY_WORD = "*"


class Field(Struct, frozen=True):
    """One attribute that fills a typed column.

    values: the attribute's words to Parley's (compared in lower case), for columns with a fixed
    vocabulary; "*" stands for any other word. factor: multiplies a number, e.g. 1000 for seconds
    to milliseconds. path: where in the attribute's JSON the value is. plus: columns that the
    client leaves out of this count; they are added, so that the column means the same for all.
    where: "span" or "resource". scopes: beginnings of scope names and the factor of each, for an
    attribute whose unit its clients do not agree on; of other scopes it is not read. is_time: a
    time in ISO-8601, read as milliseconds since the span's start. is_never_0: a number whose
    clients write 0 where they know none.
    """

    key: str
    values: dict[str, str] = field(default_factory=dict)
    factor: float = 1.0
    where: Literal["span", "resource"] = "span"
    path: tuple[str, ...] = ()
    plus: tuple[str, ...] = ()
    scopes: dict[str, float] = field(default_factory=dict)
    is_time: bool = False
    is_never_0: bool = False


class Payload(Struct, frozen=True):
    """One attribute, or family of attributes, that holds messages.

    shape: "value" (one attribute: JSON in any known form, or plain text), "indexed"
    (`<key>.0.role`…, flattened lists), "fields" (`<key>.<name>`, flattened map), "pieces" (one
    message in several attributes: `pieces` has the ending of each and what it is of the message),
    "events" (one attribute, a list of the events that tell messages, each with its `event.name`).
    """

    key: str
    shape: Literal["value", "indexed", "fields", "pieces", "events"] = "value"
    pieces: tuple[tuple[str, str], ...] = ()

    @property
    def names(self) -> list[str]:
        """The exact attributes; none for a family."""
        if self.shape == "pieces":
            return [f"{self.key}.{ending}" for ending, _ in self.pieces]
        return [self.key] if self.shape in ("value", "events") else []


class Dialect(Struct, frozen=True, kw_only=True):
    """How one family of clients writes a span. Order within each list is precedence.

    fields: typed column -> attributes. tags, metadata: attributes (lists, text, a JSON map), or
    prefixes ending in ".". noise: beginnings of metadata names that the client adds by itself.
    unused: attributes, or prefixes ending in ".", that are known and that nothing is made of.
    """

    name: str
    title: str
    source: str
    fields: dict[str, list[Field]] = field(default_factory=dict)
    inputs: list[Payload] = field(default_factory=list)
    outputs: list[Payload] = field(default_factory=list)
    system: list[Payload] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    metadata: list[str] = field(default_factory=list)
    noise: list[str] = field(default_factory=list)
    unused: list[str] = field(default_factory=list)
    remarks: str = ""
