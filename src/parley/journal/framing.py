"""Length-delimited framing: how one message follows another in a segment."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

__all__ = ["read_envelopes", "read_frame", "varint"]

VARINT_BYTES_MAX = 5  # lengths fit 32 bits: a body is 64 MiB at most
READ_BUFFER_BYTES = 1 << 20
_SHORT = tuple(bytes((n,)) for n in range(128))


def varint(number: int) -> bytes:
    """Returns the protobuf base-128 form of a number ≥ 0."""
    if number < 128:
        return _SHORT[number]
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    out.append(number)
    return bytes(out)


def read_frame(file: BinaryIO, bytes_left: int) -> tuple[bytes, bytes] | None:
    """Returns (length prefix, message) at the file's position, of which `bytes_left` remain.

    None when no whole message follows: at the end, in a torn tail, and for a message of length
    0, which no writer makes but a block of zeros looks like.
    """
    prefix = b""
    length = 0
    while True:
        byte = file.read(1)
        if not byte or len(prefix) == VARINT_BYTES_MAX:
            return None
        length |= (byte[0] & 127) << (7 * len(prefix))
        prefix += byte
        if byte[0] < 128:
            break
    # Compared before reading: a wild length must not allocate gigabytes.
    if length == 0 or length > bytes_left - len(prefix):
        return None
    return prefix, file.read(length)


def read_envelopes(path: Path) -> Iterator[bytes]:
    """Yields the messages of a segment in the order they were written, torn tail left out."""
    with path.open("rb", buffering=READ_BUFFER_BYTES) as file:
        left = path.stat().st_size
        while frame := read_frame(file, left):
            left -= len(frame[0]) + len(frame[1])
            yield frame[1]
