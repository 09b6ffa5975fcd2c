"""Which attributes of a span may hold its messages and labels, told by the names it has.

Spans of one kind have the same names: what they mean together is looked up once.
"""

from functools import lru_cache
from typing import Literal

from msgspec import Struct

from parley.conventions.dialects import DIALECTS
from parley.conventions.table import Payload

__all__ = ["Sources", "payload_keys", "sources_of"]

REMEMBERED = 4096  # sets of names
REMEMBERED_NAMES = 64  # of one set; a larger one is looked at each time


class Sources(Struct, frozen=True):
    """What is there of every dialect's payloads, in order of precedence.

    families: prefix -> names that begin with it. labels: names that may be tags or metadata.
    """

    system: list[Payload]
    inputs: list[Payload]
    outputs: list[Payload]
    families: dict[str, list[str]]
    labels: list[str]


def sources_of(names: tuple[str, ...]) -> Sources:
    """Returns what attributes of these names may hold."""
    return _remembered(names) if len(names) <= REMEMBERED_NAMES else _look(names)


def payload_keys() -> tuple[list[str], list[str]]:
    """Returns (exact attributes, prefixes) that hold messages or labels in any dialect."""
    payloads = [*SYSTEM, *INPUTS, *OUTPUTS]
    exact = {name for payload in payloads for name in payload.names} | LABELS
    return sorted(exact), sorted({*FAMILIES, *LABEL_FAMILIES})


def _payloads(of: Literal["system", "inputs", "outputs"]) -> list[Payload]:
    """Returns the payloads of every dialect, in order of precedence, each once."""
    return list(dict.fromkeys(item for dialect in DIALECTS for item in getattr(dialect, of)))


SYSTEM, INPUTS, OUTPUTS = _payloads("system"), _payloads("inputs"), _payloads("outputs")
FAMILIES = tuple(dict.fromkeys(p.key + "." for p in [*SYSTEM, *INPUTS, *OUTPUTS] if not p.names))
# Of these only places in a list are meant: `gen_ai.prompt.name` is no message.
LISTS = {
    prefix
    for prefix in FAMILIES
    if all(
        payload.shape == "indexed"
        for payload in [*SYSTEM, *INPUTS, *OUTPUTS]
        if not payload.names and payload.key + "." == prefix
    )
}
LABEL_KEYS = [key for dialect in DIALECTS for key in [*dialect.tags, *dialect.metadata]]
LABELS = {key for key in LABEL_KEYS if not key.endswith(".")}
LABEL_FAMILIES = tuple(dict.fromkeys(key for key in LABEL_KEYS if key.endswith(".")))


def _look(names: tuple[str, ...]) -> Sources:
    present = set(names)
    families: dict[str, list[str]] = {}
    for name in names:
        if name.startswith(FAMILIES):
            for prefix in FAMILIES:
                if not name.startswith(prefix):
                    continue
                if prefix not in LISTS or name[len(prefix) : len(prefix) + 1].isdecimal():
                    families.setdefault(prefix, []).append(name)

    def there(payloads: list[Payload]) -> list[Payload]:
        return [
            item
            for item in payloads
            if (not present.isdisjoint(item.names) if item.names else item.key + "." in families)
        ]

    labels = [name for name in names if name in LABELS or name.startswith(LABEL_FAMILIES)]
    return Sources(there(SYSTEM), there(INPUTS), there(OUTPUTS), families, labels)


_remembered = lru_cache(REMEMBERED)(_look)
