"""How the last run ended, and what it was doing: three small files beside the segments.

`run` (synced) tells a clean stop from every other end, `loading` and `deaths` (never synced) which
segment was being loaded when the process died. A killed process loses no page of the system's
cache, so an unsynced write tells of a kill; after a power cut it may be gone, and should be: the
segment was not the cause.
"""

import os
import secrets
import struct
from contextlib import suppress
from pathlib import Path
from zlib import crc32

from parley.journal.segment import sync_folder

__all__ = ["LoadingMark", "Run"]

_MARK = struct.Struct("<QI")  # sequence, its crc32; sequence 0: nothing is being loaded
RUNNING, STOPPED = "running", "stopped"


class Run:
    """The file `run`: "<id of the journal> <id of the run> running|stopped"."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "run"
        self.journal_id = ""
        self.run_id = ""
        self.was_clean = True

    def read(self) -> None:
        """Learns of the last run; a folder without the file was never used, or by 0.1.0."""
        with suppress(FileNotFoundError):
            words = self._path.read_text(errors="replace").split()
            if len(words) == 3:
                self.journal_id, self.run_id, state = words
                self.was_clean = state == STOPPED
            else:
                self.was_clean = False

    def begin(self) -> None:
        """Writes, durably, that a new run began. Raises OSError."""
        self.journal_id = self.journal_id or secrets.token_hex(8)
        self.run_id = secrets.token_hex(8)
        self._write(RUNNING)

    def end(self) -> None:
        """Writes, durably, that the run ended as it should. Raises OSError."""
        self._write(STOPPED)

    def _write(self, state: str) -> None:
        fresh = self._path.with_suffix(".tmp")
        with fresh.open("w") as file:
            file.write(f"{self.journal_id} {self.run_id} {state}\n")
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(self._path)
        sync_folder(self._path.parent)


class LoadingMark:
    """Which segment is being loaded, and at how many deaths each one was. One loader uses it."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "loading"
        self._deaths_path = folder / "deaths"
        self._deaths: dict[int, int] = {}
        self._descriptor = -1

    def open(self) -> None:
        """Counts the death of the last process, if it was loading. Raises OSError."""
        with suppress(FileNotFoundError, ValueError):
            for line in self._deaths_path.read_text().splitlines():
                sequence, count = line.split()
                self._deaths[int(sequence)] = int(count)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        found = os.pread(self._descriptor, _MARK.size, 0)
        if len(found) == _MARK.size:
            sequence, checksum = _MARK.unpack(found)
            if sequence and checksum == crc32(found[:8]):
                self._deaths[sequence] = self._deaths.get(sequence, 0) + 1
                self._write_deaths()
        self.set(0)

    def set(self, sequence: int) -> None:
        """Notes what is being loaded from now on, 0 for nothing: one write of 12 bytes."""
        if self._descriptor < 0:
            return
        with suppress(OSError):  # a disk that refuses even this must not keep us from loading
            data = sequence.to_bytes(8, "little")
            os.pwrite(self._descriptor, _MARK.pack(sequence, crc32(data)), 0)

    def deaths(self, sequence: int) -> int:
        """Returns at how many deaths in a row the segment was being loaded."""
        return self._deaths.get(sequence, 0)

    def forgive(self, sequence: int) -> None:
        """Forgets the deaths of a segment that was loaded or found innocent."""
        if self._deaths.pop(sequence, None):
            with suppress(OSError):
                self._write_deaths()

    def _write_deaths(self) -> None:
        fresh = self._deaths_path.with_suffix(".tmp")
        fresh.write_text("".join(f"{key} {count}\n" for key, count in self._deaths.items()))
        fresh.replace(self._deaths_path)

    def close(self) -> None:
        """Closes the file. Again is harmless."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
