"""Request bodies made wrong in the ways that bodies are wrong: by bits, by bytes, by fields.

Everything follows from the `random.Random` that is given, so a seed names a whole run.
"""

import random
import re
from collections.abc import Callable, Sequence

from parley.journal import varint

__all__ = ["mutate"]

VARINT, FIXED64, LENGTH, FIXED32 = 0, 1, 2, 5
EXTREMES = (0, 1, 127, 128, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1)
HOSTILE = (
    b"",
    b"\x00",
    b"\xff\xfe\x80",
    "\ud800".encode("utf-16-le", "surrogatepass"),
    b"\xed\xa0\x80",
    b"'\\\"`\n\t\r",
    "東京🦜".encode(),
    b"a" * 70_000,
)
JSON_NUMBERS = (b"1e400", b"-1", b"18446744073709551616", b"0.5", b"NaN", b"null", b"1" * 400)
Field = tuple[int, int, int, int]  # start, end of the tag, start of the payload, end


def mutate(chance: random.Random, body: bytes, bodies: Sequence[bytes]) -> bytes:
    """Returns a body with one to four things wrong; `bodies` lend parts."""
    is_json = body[:1] in b"{["
    ways = BYTE_WAYS + (JSON_WAYS if is_json else FIELD_WAYS * 3)
    for _ in range(chance.choice((1, 1, 1, 2, 4))):
        if not body:
            break
        body = chance.choice(ways)(chance, body, bodies)
    return body


def flip_bits(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    data = bytearray(body)
    for _ in range(chance.choice((1, 1, 3, 10))):
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(data)


def insert_bytes(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    place = chance.randrange(len(body) + 1)
    return body[:place] + chance.randbytes(chance.choice((1, 2, 9))) + body[place:]


def delete_bytes(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    place = chance.randrange(len(body))
    return body[:place] + body[place + chance.choice((1, 2, 9)) :]


def truncate(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    return body[: chance.randrange(len(body))]


def splice(chance: random.Random, body: bytes, bodies: Sequence[bytes]) -> bytes:
    other = chance.choice(bodies)
    return body[: chance.randrange(len(body) + 1)] + other[chance.randrange(len(other) + 1) :]


def concatenate(chance: random.Random, body: bytes, bodies: Sequence[bytes]) -> bytes:
    return body + chance.choice(bodies)


def change_number(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    places = list(re.finditer(rb"\d+", body))
    if not places:
        return body
    place = chance.choice(places)
    return body[: place.start()] + chance.choice(JSON_NUMBERS) + body[place.end() :]


def change_text(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    places = list(re.finditer(rb'"[^"\\]*"', body))
    if not places:
        return body
    place = chance.choice(places)
    fresh = chance.choice((b'""', b'"\\ud800"', b'"\xff"', b"[]", b"{}", b"true", b'"0x"', b"7"))
    return body[: place.start()] + fresh + body[place.end() :]


def read_varint(data: bytes, place: int, end: int) -> tuple[int, int]:
    """Returns (number, place after it), place -1 when there is none."""
    number = shift = 0
    while place < end and shift < 70:
        number |= (data[place] & 127) << shift
        shift += 7
        place += 1
        if data[place - 1] < 128:
            return number, place
    return 0, -1


def fields_of(data: bytes, start: int, end: int) -> list[Field]:
    """Returns the fields of a message, none when these bytes are no message."""
    found: list[Field] = []
    place = start
    while place < end:
        tag, payload = read_varint(data, place, end)
        wire = tag & 7
        if payload < 0 or tag < 8 or wire not in (VARINT, FIXED64, LENGTH, FIXED32):
            return []
        inner, after = payload, payload + {FIXED64: 8, FIXED32: 4}.get(wire, 0)
        if wire == VARINT:
            _, after = read_varint(data, payload, end)
        elif wire == LENGTH:
            length, inner = read_varint(data, payload, end)
            after = inner + length if inner >= 0 else -1
        if not place < after <= end:
            return []
        found.append((place, payload, inner, after))
        place = after
    return found


def pick(chance: random.Random, data: bytes) -> tuple[list[Field], list[Field]]:
    """Returns (the fields around, outermost first, the siblings of a level chosen by chance)."""
    around: list[Field] = []
    level = fields_of(data, 0, len(data))
    while level:
        deeper = [field for field in level if data[field[0]] & 7 == LENGTH and field[3] > field[2]]
        if not deeper or chance.random() < 0.15:
            break
        field = chance.choice(deeper)
        below = fields_of(data, field[2], field[3])
        if not below:
            break
        around.append(field)
        level = below
    return around, level


def rewrite(
    data: bytes, around: Sequence[Field], start: int, end: int, fresh: bytes, *, mend: bool
) -> bytes:
    """Returns the message with bytes replaced; `mend` corrects the lengths around them."""
    if not mend:
        return data[:start] + fresh + data[end:]
    for place, payload, inner, after in reversed(around):
        content = data[inner:start] + fresh + data[end:after]
        fresh = data[place:payload] + varint(len(content)) + content
        start, end = place, after
    return data[:start] + fresh + data[end:]


def change_field(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Changes one field anywhere in the tree: its type, its value, its length, its number."""
    around, level = pick(chance, body)
    if not level:
        return body
    start, payload, inner, end = chance.choice(level)
    tag, value, whole = body[start:payload], body[inner:end], body[start:end]
    number = read_varint(body, start, end)[0] >> 3
    extreme = chance.choice(EXTREMES)
    changes: list[Callable[[], bytes]] = [
        lambda: whole * chance.choice((2, 2, 3, 300)),  # again
        lambda: b"",  # gone
        lambda: varint(number << 3 | VARINT) + varint(extreme),
        lambda: varint(number << 3 | FIXED64) + extreme.to_bytes(8, "little"),
        lambda: varint(number << 3 | FIXED32) + (extreme & 0xFFFFFFFF).to_bytes(4, "little"),
        lambda: varint(number << 3 | LENGTH) + varint(len(value)) + value,
        lambda: varint(number << 3 | 3) + whole + varint(number << 3 | 4),  # a group
        lambda: tag + varint(max(len(value) + chance.choice((-1, 1, 2, 128)), 0)) + value,
        lambda: tag + padded(len(value)) + value,
        lambda: varint(chance.choice((1, 2, 9, 17, 536870911)) << 3 | LENGTH) + b"\x01x",
        lambda: hostile_value(chance, tag),
        lambda: nested(tag, value, chance.choice((2, 40, 200))),
    ]
    fresh = chance.choice(changes)()
    return rewrite(body, around, start, end, fresh, mend=chance.random() < 0.8)


def hostile_value(chance: random.Random, tag: bytes) -> bytes:
    text = chance.choice(HOSTILE)
    return tag + varint(len(text)) + text


def padded(number: int) -> bytes:
    """Returns a varint longer than it has to be."""
    short = varint(number)
    return short[:-1] + bytes([short[-1] | 128, 128, 0])


def nested(tag: bytes, value: bytes, levels: int) -> bytes:
    for _ in range(levels):
        value = tag + varint(len(value)) + value
    return value


def swap_fields(chance: random.Random, body: bytes, _: Sequence[bytes]) -> bytes:
    """Puts a field in another's place, of any level of the same body."""
    around, level = pick(chance, body)
    _, others = pick(chance, body)
    if not level or not others:
        return body
    start, _, _, end = chance.choice(level)
    place, _, _, after = chance.choice(others)
    return rewrite(body, around, start, end, body[place:after], mend=chance.random() < 0.9)


Way = Callable[[random.Random, bytes, Sequence[bytes]], bytes]
BYTE_WAYS: tuple[Way, ...] = (flip_bits, insert_bytes, delete_bytes, truncate, splice, concatenate)
FIELD_WAYS: tuple[Way, ...] = (change_field, change_field, change_field, swap_fields)
JSON_WAYS: tuple[Way, ...] = (change_number, change_text, change_number, change_text)
