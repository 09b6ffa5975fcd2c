"""What `@instrument` records of values: JSON of bounded size, whatever the value is.

Never raises, never consumes an iterator, never waits.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

__all__ = ["VALUE_CHARACTERS_MAX", "capture", "is_opaque"]

VALUE_CHARACTERS_MAX = 256 * 1024
ITEMS_MAX = 1000
DEPTH_MAX = 12
SHOWN_REPR = 1000
NAME_CHARACTERS = 200
PLAIN = (str, dict, list, int, float, tuple)  # known without asking further


def _encoder() -> Callable[[Any], str]:
    """Returns what makes JSON of plain values.

    What holds itself is noticed by its depth: to look for it in every value costs as much as a
    span. So does making CPython's own encoder anew for each value, as `json` does.
    """
    plain = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False)
    try:
        make = json.encoder.c_make_encoder  # type: ignore[attr-defined]
        quote = json.encoder.encode_basestring
        pieces = make(None, plain.default, quote, None, ": ", ", ", False, False, False)
        if "".join(pieces({"a": ["ü", 1]}, 0)) != plain.encode({"a": ["ü", 1]}):
            return plain.encode
    except Exception:  # another Python has another one, or none
        return plain.encode
    return lambda value: "".join(pieces(value, 0))


encode = _encoder()


def capture(value: Any, *, limit: int = VALUE_CHARACTERS_MAX) -> str:
    """Returns JSON of a value; what exceeds the limit is cut and says so."""
    try:
        text = encode(value)
    except Exception:  # not plain JSON, or changed by another thread meanwhile
        text = ""
    if not text or len(text) > limit:
        text = encode(_Plain(limit).of(value, 0))
    # Half a surrogate pair cannot be sent.
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def is_opaque(value: Any) -> bool:
    """Tells values that have nothing to record: streams, coroutines, iterators."""
    if isinstance(value, PLAIN):
        return False
    return (
        isinstance(value, Iterator)
        or inspect.isawaitable(value)
        or hasattr(type(value), "__anext__")
    )


class _Plain:
    """Makes any value plain, until its characters are used up."""

    def __init__(self, limit: int) -> None:
        self.left = limit

    def of(self, value: Any, depth: int) -> Any:
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            self.left -= 20
            return value if abs(value) < 2**63 else str(value)
        if isinstance(value, float):
            self.left -= 20
            return value if value - value == 0 else str(value)
        if isinstance(value, str):
            return self._text(value)
        if depth >= DEPTH_MAX or self.left <= 0:
            return "…"
        try:
            return self._deep(value, depth)
        except Exception as error:  # __repr__, properties: anything may fail
            return f"<{type(value).__name__}: {type(error).__name__}>"

    def _deep(self, value: Any, depth: int) -> Any:
        if isinstance(value, Mapping):
            return self._map(value, depth)
        if isinstance(value, bytes | bytearray | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, Sequence | AbstractSet):
            return self._list(value, depth)
        if is_opaque(value):
            return f"<{type(value).__name__}>"
        if (plain := _fields(value)) is not None:
            return self.of(plain, depth + 1)
        return self._text(repr(value)[:SHOWN_REPR])

    def _text(self, text: str) -> str:
        room = max(self.left, 0)
        self.left -= len(text) + 4
        if len(text) <= room:
            return text
        return f"{text[:room]}… ({len(text) - room} more characters)"

    def _map(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, item in value.items():
            if self.left <= 0 or len(found) >= ITEMS_MAX:
                found["…"] = f"{len(value) - len(found)} more"
                break
            key = str(name)[:NAME_CHARACTERS]
            self.left -= len(key) + 4
            found[key] = self.of(item, depth + 1)
        return found

    def _list(self, value: Sequence[Any] | AbstractSet[Any], depth: int) -> list[Any]:
        found: list[Any] = []
        for item in value:
            if self.left <= 0 or len(found) >= ITEMS_MAX:
                found.append(f"… {len(value) - len(found)} more")
                break
            found.append(self.of(item, depth + 1))
        return found


def _fields(value: Any) -> Any:
    """Returns what an object consists of, for the usual kinds of records; None for others."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    for name in ("model_dump", "to_dict", "_asdict"):
        method: Callable[[], Any] | None = getattr(type(value), name, None)
        if callable(method):
            return getattr(value, name)()
    names = getattr(value, "__struct_fields__", None)
    if isinstance(names, tuple):
        return {name: getattr(value, name) for name in names}
    return None
