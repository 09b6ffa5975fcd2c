"""A request cut into smaller requests that together say the same.

A span stands below a scope and a resource, and the engine holds a copy of both for each span: a
small request can need any amount of memory. Canonical OTLP has the same three levels for spans and
for log records: groups (1) of [resource 1, scopes 2, schema url 3], scopes of [scope 1, items 2,
schema url 3]. Nothing below an item is looked at.
"""

from collections.abc import Iterator

from parley.journal import varint

__all__ = ["cut_envelope"]

PIECES = 16
_REQUEST = 0x22  # tags: field << 3 | 2, a length follows
_FIRST, _SECOND = 0x0A, 0x12
_FIXED64 = 0x11

Field = tuple[int, bytes]  # tag, content


def cut_envelope(envelope: bytes) -> list[bytes]:
    """Returns up to PIECES envelopes that together hold what this one holds, none if it is one.

    Project, time and source are those of the whole, so each item keeps its identity.
    """
    head = b""
    request = b""
    for tag, content in fields_of(envelope):
        if tag == _REQUEST:
            request = content
        else:
            head += field(tag, content)
    groups = [content for tag, content in fields_of(request) if tag == _FIRST]
    return [
        head + field(_REQUEST, b"".join(field(_FIRST, group) for group in piece))
        for piece in cut_groups(groups)
    ]


def cut_groups(groups: list[bytes]) -> list[list[bytes]]:
    """Returns the groups of each piece."""
    if len(groups) != 1:
        return shares(groups)
    above, scopes = members(groups[0])
    if len(scopes) != 1:
        return [[above + repeated(share)] for share in shares(scopes)]
    around, items = members(scopes[0])
    return [[above + field(_SECOND, around + repeated(share))] for share in shares(items)]


def members(message: bytes) -> tuple[bytes, list[bytes]]:
    """Returns (everything but the repeated field 2, its contents in order)."""
    rest, found = b"", []
    for tag, content in fields_of(message):
        if tag == _SECOND:
            found.append(content)
        else:
            rest += field(tag, content)
    return rest, found


def shares(items: list[bytes]) -> list[list[bytes]]:
    """Returns the items in up to PIECES runs, none when there are not even two items."""
    if len(items) < 2:
        return []
    size = -(-len(items) // PIECES)
    return [items[start : start + size] for start in range(0, len(items), size)]


def repeated(items: list[bytes]) -> bytes:
    """Returns the repeated field 2."""
    return b"".join(field(_SECOND, item) for item in items)


def field(tag: int, content: bytes) -> bytes:
    """Returns a field as it stands in a message."""
    if tag == _FIXED64:
        return bytes([tag]) + content
    return bytes([tag]) + varint(len(content)) + content


def fields_of(message: bytes) -> Iterator[Field]:
    """Yields the fields of a canonical message of the levels above items."""
    place = 0
    while place < len(message):
        tag = message[place]
        place += 1
        length, shift = (8, 0) if tag == _FIXED64 else (0, 0)
        while tag != _FIXED64:
            byte = message[place]
            place += 1
            length |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        yield tag, message[place : place + length]
        place += length
