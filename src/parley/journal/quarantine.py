"""The quarantine: envelopes that could not be loaded, each beside the reason why."""

import os
import time
from pathlib import Path

from parley.journal.segment import sync_folder

__all__ = ["Quarantine"]


class Quarantine:
    """A folder of `<kind>-<time>.envelope` and `<kind>-<time>.reason.txt`. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def prepare(self) -> None:
        """Makes the folder. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def put(self, kind: str, envelope: bytes, reason: str) -> None:
        """Keeps the envelope durably. Raises OSError."""
        path = self._free_path(kind)
        # The reason first: an envelope without one cannot be found after a crash.
        _write(path.with_suffix(".reason.txt"), reason.encode() + b"\n")
        _write(path, envelope)
        sync_folder(self._folder)

    def _free_path(self, kind: str) -> Path:
        stamp = time.time_ns()
        while True:
            path = self._folder / f"{kind}-{stamp:020d}.envelope"
            try:
                path.with_suffix(".reason.txt").touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                stamp += 1
            else:
                return path

    def count(self) -> int:
        """Returns how many envelopes wait for somebody to look."""
        with os.scandir(self._folder) as entries:
            return sum(entry.name.endswith(".envelope") for entry in entries)


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
