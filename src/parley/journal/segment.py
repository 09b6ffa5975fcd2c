"""Segments: their names, and the file that one is written through."""

import ctypes
import os
import re
import struct
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from msgspec import Struct

from parley.journal.framing import varint

__all__ = [
    "KINDS",
    "RECORD",
    "Segment",
    "SegmentWriter",
    "list_segments",
    "sidecar_path",
    "sync_file_system",
    "sync_folder",
]

KINDS = ("traces", "logs")
# One sidecar record per envelope: offset, length with its prefix, crc32 of both.
RECORD = struct.Struct("<QII")
_NAME = re.compile(r"(traces|logs)-(\d{20})\.seg")
_BUFFERS_MAX = 1000  # below IOV_MAX (1024) of Linux


class Segment(Struct, frozen=True):
    """One file of envelopes of one kind, no longer written. A higher sequence is newer."""

    path: Path
    kind: str
    size_bytes: int
    sequence: int


def segment_path(folder: Path, kind: str, sequence: int) -> Path:
    """Returns where the segment lives; names sort by age within a kind."""
    return folder / f"{kind}-{sequence:020d}.seg"


def sidecar_path(path: Path) -> Path:
    """Returns where the checksums of a segment lie."""
    return path.with_suffix(".crc")


def list_segments(folder: Path) -> list[Segment]:
    """Returns the segments in a folder, oldest first; other files are ignored."""
    found = [
        Segment(path, match[1], path.stat().st_size, int(match[2]))
        for path in folder.iterdir()
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda segment: segment.sequence)


def sync_folder(folder: Path) -> None:
    """Makes creations, renames and removals in the folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file_system(folder: Path) -> None:
    """Writes out all that the system still holds for the folder's file system. Raises OSError.

    The database does not sync everything it writes (merged and derived rows can be made again).
    """
    library = ctypes.CDLL(None, use_errno=True)
    if not hasattr(library, "syncfs"):  # not Linux
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        if library.syncfs(descriptor) != 0:
            number = ctypes.get_errno()
            raise OSError(number, os.strerror(number))
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, buffers: Sequence[bytes]) -> None:
    for start in range(0, len(buffers), _BUFFERS_MAX):
        batch = buffers[start : start + _BUFFERS_MAX]
        written = os.writev(descriptor, batch)
        # A short write is rare (nearly full disk, 2 GiB at once): finish it or learn why not.
        for buffer in batch:
            if written >= len(buffer):
                written -= len(buffer)
                continue
            rest = memoryview(buffer)[written:]
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            written = 0


class SegmentWriter:
    """An open segment. Not thread-safe: the journal holds a lock around it."""

    def __init__(self, folder: Path, kind: str, sequence: int) -> None:
        """Creates the files, durably. Raises OSError, leaving nothing behind that counts."""
        self.path = segment_path(folder, kind, sequence)
        self.kind = kind
        self.sequence = sequence
        self.size_bytes = 0  # what is synced; everything behind it is nobody's
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_CLOEXEC
        self._descriptor = os.open(self.path, flags, 0o600)
        self._sidecar = -1
        try:
            self._sidecar = os.open(sidecar_path(self.path), flags, 0o600)
            sync_folder(folder)
        except OSError:
            self.discard()
            raise

    def append(self, envelopes: Sequence[bytes]) -> None:
        """Writes and syncs all or nothing. Raises OSError; then call `repair`."""
        buffers: list[bytes] = []
        records = bytearray()
        offset = self.size_bytes
        for envelope in envelopes:
            prefix = varint(len(envelope))
            buffers += (prefix, envelope)
            length = len(prefix) + len(envelope)
            records += RECORD.pack(offset, length, crc32(envelope, crc32(prefix)))
            offset += length
        _write_all(self._descriptor, buffers)
        os.fdatasync(self._descriptor)
        self.size_bytes = offset
        self._write_records(bytes(records))

    def _write_records(self, records: bytes) -> None:
        # Unsynced on purpose: after a power cut recovery reads the uncovered tail by its framing.
        # The data is already durable, so a failure here costs protection, never an append.
        if self._sidecar < 0:
            return
        try:
            _write_all(self._sidecar, [records])
        except OSError:
            with suppress(OSError):
                os.close(self._sidecar)
            self._sidecar = -1

    @property
    def is_protected(self) -> bool:
        """True while every envelope has a checksum; the journal starts a new segment if not."""
        return self._sidecar >= 0

    def repair(self) -> None:
        """Cuts what a failed append left. Raises OSError when that fails too; try again later."""
        os.ftruncate(self._descriptor, self.size_bytes)
        os.fsync(self._descriptor)

    def seal(self) -> Segment:
        """Closes the files and returns the segment, to be read from now on."""
        self._close()
        return Segment(self.path, self.kind, self.size_bytes, self.sequence)

    def discard(self) -> None:
        """Closes and removes the files of a segment that holds nothing."""
        self._close()
        # An empty leftover is harmless: the next start removes it.
        with suppress(OSError):
            for path in (self.path, sidecar_path(self.path)):
                path.unlink(missing_ok=True)

    def _close(self) -> None:
        # What counts is synced, so an error that close reports changes nothing.
        for descriptor in (self._sidecar, self._descriptor):
            if descriptor >= 0:
                with suppress(OSError):
                    os.close(descriptor)
        self._sidecar = -1
