"""What a segment is worth after a crash: whole envelopes stay, the rest is named or cut."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO
from zlib import crc32

from parley.journal.framing import READ_BUFFER_BYTES, read_frame, varint
from parley.journal.segment import RECORD, Segment, sidecar_path, sync_folder

__all__ = ["recover", "replace_envelopes"]

Quarantine = Callable[[str, bytes, str, str], None]  # kind, bytes, cause, reason


def recover(segment: Segment, quarantine: Quarantine) -> int:
    """Returns the size in bytes that the segment has afterwards; at 0 its files are gone.

    Envelopes whose checksum does not match go to `quarantine(kind, bytes, cause, reason)`. What was
    written after the last checksum is read by its framing and cut at the first message that is
    not whole: it was never acknowledged, or the machine lost power between sync and checksum.
    """
    records = list(_read_records(segment))
    covered = records[-1][0] + records[-1][1] if records else 0
    with segment.path.open("rb", buffering=READ_BUFFER_BYTES) as file:
        flipped = [record for record in records if _is_flipped(file, record)]
        extra = list(_whole_frames(file, covered, segment.size_bytes))
    records += extra
    size = records[-1][0] + records[-1][1] if records else 0
    if flipped:
        size = _rewrite(segment, records, flipped=flipped, quarantine=quarantine)
    else:
        _cut(segment, size)
        if extra or size < segment.size_bytes:
            _write_sidecar(segment.path, records)
    if size == 0:
        segment.path.unlink()
        sidecar_path(segment.path).unlink(missing_ok=True)
    return size


def _read_records(segment: Segment) -> Iterator[tuple[int, int, int]]:
    """Yields (offset, length, crc) while they are contiguous and inside the file."""
    try:
        data = sidecar_path(segment.path).read_bytes()
    except FileNotFoundError:
        return
    expected = 0
    for offset, length, checksum in RECORD.iter_unpack(data[: len(data) // 16 * 16]):
        if offset != expected or length == 0 or offset + length > segment.size_bytes:
            return
        expected = offset + length
        yield offset, length, checksum


def _is_flipped(file: BinaryIO, record: tuple[int, int, int]) -> bool:
    offset, length, checksum = record
    if file.tell() != offset:
        file.seek(offset)
    return crc32(file.read(length)) != checksum


def _whole_frames(file: BinaryIO, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    file.seek(start)
    while frame := read_frame(file, end - start):
        prefix, message = frame
        length = len(prefix) + len(message)
        yield start, length, crc32(message, crc32(prefix))
        start += length


def _cut(segment: Segment, size: int) -> None:
    """Truncates and syncs: what a crash left in the page cache only becomes durable here."""
    descriptor = os.open(segment.path, os.O_WRONLY | os.O_CLOEXEC)
    try:
        if size < segment.size_bytes:
            os.ftruncate(descriptor, size)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rewrite(
    segment: Segment,
    records: list[tuple[int, int, int]],
    *,
    flipped: list[tuple[int, int, int]],
    quarantine: Quarantine,
) -> int:
    """Moves the flipped envelopes to quarantine and writes the others to a new file."""
    bad = set(flipped)
    kept: list[tuple[int, int, int]] = []
    offset = 0
    fresh = segment.path.with_suffix(".tmp")
    with segment.path.open("rb") as old, fresh.open("wb") as new:
        for record in records:
            old.seek(record[0])
            data = old.read(record[1])
            if record in bad:
                quarantine(
                    segment.kind,
                    _without_prefix(data),
                    "damaged",
                    f"checksum mismatch in {segment.path.name} at byte {record[0]}",
                )
                continue
            new.write(data)
            kept.append((offset, record[1], record[2]))
            offset += record[1]
        new.flush()
        os.fsync(new.fileno())
    # Without a sidecar the new file is read by its framing, so a crash between the two is harmless.
    sidecar_path(segment.path).unlink(missing_ok=True)
    fresh.replace(segment.path)
    _write_sidecar(segment.path, kept)
    sync_folder(segment.path.parent)
    return offset


def replace_envelopes(segment: Segment, envelopes: Sequence[bytes]) -> int:
    """Writes a segment anew, durably, with these envelopes only. Returns its size. Raises OSError.

    With none left, the files are gone.
    """
    records: list[tuple[int, int, int]] = []
    offset = 0
    fresh = segment.path.with_suffix(".tmp")
    with fresh.open("wb") as new:
        for envelope in envelopes:
            data = varint(len(envelope)) + envelope
            new.write(data)
            records.append((offset, len(data), crc32(data)))
            offset += len(data)
        new.flush()
        os.fsync(new.fileno())
    sidecar_path(segment.path).unlink(missing_ok=True)  # as in _rewrite: the framing stands alone
    fresh.replace(segment.path)
    _write_sidecar(segment.path, records)
    if not envelopes:
        segment.path.unlink()
        sidecar_path(segment.path).unlink(missing_ok=True)
    sync_folder(segment.path.parent)
    return offset


def _without_prefix(data: bytes) -> bytes:
    """Drops the prefix by the length it should have, as its bits may be the flipped ones."""
    for size in range(1, 6):
        if len(varint(max(len(data) - size, 0))) == size:
            return data[size:]
    return data


def _write_sidecar(path: Path, records: list[tuple[int, int, int]]) -> None:
    fresh = path.with_suffix(".crc.tmp")
    with fresh.open("wb") as file:
        file.write(b"".join(RECORD.pack(*record) for record in records))
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(sidecar_path(path))
