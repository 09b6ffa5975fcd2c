"""Loaded segments: kept a while for replay, then removed."""

import time
from pathlib import Path

from parley.journal.segment import Segment, list_segments, sidecar_path, sync_folder

__all__ = ["Retention"]


class Retention:
    """A folder of loaded segments, bounded by age and by size, whichever is less."""

    def __init__(self, folder: Path, *, keep_seconds: float, keep_bytes: int) -> None:
        self.folder = folder
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes

    def prepare(self) -> None:
        """Makes the folder. Raises OSError."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def take(self, segment: Segment) -> None:
        """Moves a segment in, durably; one that is here already stays. Raises OSError."""
        try:
            segment.path.rename(self.folder / segment.path.name)
        except FileNotFoundError:
            if not (self.folder / segment.path.name).exists():
                raise
        sidecar = sidecar_path(segment.path)
        if sidecar.exists():
            sidecar.rename(self.folder / sidecar.name)
        sync_folder(self.folder)
        sync_folder(segment.path.parent)

    def prune(self) -> None:
        """Removes what is too old or too much, oldest first. Raises OSError."""
        now = time.time()
        kept_bytes = 0
        for segment in reversed(list_segments(self.folder)):
            kept_bytes += segment.size_bytes
            # A rename sets the change time, so age counts from the load, not from the last write.
            age_seconds = now - segment.path.stat().st_ctime
            if kept_bytes > self._keep_bytes or age_seconds > self._keep_seconds:
                segment.path.unlink(missing_ok=True)
                sidecar_path(segment.path).unlink(missing_ok=True)
