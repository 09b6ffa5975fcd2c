"""OTLP/JSON values nested deeper than a recursive decoder goes, folded into shallow ones.

A nested value of some depth is decoded by itself, innermost first, and replaced in the text by its
protobuf bytes. What is left is decoded as usual. Nothing here recurses, so depth costs no stack.
"""

import base64
import re
from collections.abc import Callable

import msgspec

from parley.receive.errors import BadBody

__all__ = ["FOLDED", "WRONG", "fold"]

DEPTH_MAX = 10_000  # of values in each other; protobuf bodies have no such limit
FOLD_DEPTH = 40  # levels of values decoded at once: some 160 of the interpreter's 1,000
WRONG = "!"  # begins a member that could not be read; base64 has no such character
FOLDED = "~folded"  # the member with the bytes: no name that a client would use
_TOKEN = re.compile(rb'"(?:[^"\\]|\\(?:.|\Z))*+(?:"|\Z)|[{}\[\]]', re.DOTALL)
_OPENS_VALUE = re.compile(rb'\{\s*"(?:arrayValue|array_value|kvlistValue|kvlist_value)"\s*:')
_OPENS, _CLOSES = b"{[", b"}]"


def fold(body: bytes, to_protobuf: Callable[[bytes], bytes]) -> bytes:
    """Returns the body with deep values folded. `to_protobuf` makes AnyValue bytes of JSON.

    Raises BadBody beyond DEPTH_MAX. What `to_protobuf` raises is told when the value is read.
    """
    # Each open bracket: the piece that a nested value begins (-1: no value), the values beneath.
    open_: list[tuple[int, int]] = []
    pieces: list[bytes] = []
    done = values = 0
    for token in _TOKEN.finditer(body):
        start, end = token.span()
        if body[start] in _OPENS:
            first = -1
            if _OPENS_VALUE.match(body, start):
                first = len(pieces) + 1
                values += 1
                pieces.append(body[done:start])
                done = start
            open_.append((first, 0))
            if values > DEPTH_MAX:
                message = f"values are nested more than {DEPTH_MAX} levels deep"
                raise BadBody(message)
        elif body[start] in _CLOSES and open_:
            first, height = open_.pop()
            if first >= 0:
                values -= 1
                height += 1
                if height >= FOLD_DEPTH:
                    text = b"".join(pieces[first:]) + body[done:end]
                    pieces[first:] = [_folded(text, to_protobuf)]
                    done = end
                    height = 0
            if open_ and height > open_[-1][1]:
                open_[-1] = (open_[-1][0], height)
    return b"".join(pieces) + body[done:]


def _folded(text: bytes, to_protobuf: Callable[[bytes], bytes]) -> bytes:
    """Returns a value that says what to read instead, or what was wrong with it."""
    try:
        content = base64.b64encode(to_protobuf(text)).decode()
    except ValueError as error:  # msgspec's errors are such, and BadField
        content = f"{WRONG}{error}"
    return msgspec.json.encode({FOLDED: content})
