"""Loaded segments: kept a while for replay, then removed."""

import time
from contextlib import suppress
from pathlib import Path

from parley.journal.segment import Segment, list_segments, sidecar_path, sync_folder

__all__ = ["Retention"]


class Retention:
    """A folder of loaded segments, bounded by age and by size, whichever is less.

    Age is measured by a clock that nobody sets; only what an earlier process left is dated by the
    file's own time, at the first look.
    """

    def __init__(self, folder: Path, *, keep_seconds: float, keep_bytes: int) -> None:
        self.folder = folder
        self._keep_seconds = keep_seconds
        self._keep_bytes = keep_bytes
        self._loaded_at: dict[int, float] = {}
        self._held: set[int] = set()

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
        self._loaded_at.setdefault(segment.sequence, time.monotonic())

    def give_back(self, segment: Segment, folder: Path) -> Segment:
        """Moves a kept segment out again, durably. Raises OSError."""
        moved = folder / segment.path.name
        sidecar = sidecar_path(segment.path)
        if sidecar.exists():
            sidecar.rename(sidecar_path(moved))
        segment.path.rename(moved)
        sync_folder(folder)
        sync_folder(self.folder)
        return Segment(moved, segment.kind, moved.stat().st_size, segment.sequence)

    def hold_all(self) -> list[Segment]:
        """Returns every kept segment, oldest first; none is removed before it is let go."""
        found = list_segments(self.folder)
        self._held = {segment.sequence for segment in found}
        return found

    def let_go(self, segment: Segment) -> None:
        """Lets a held segment age as any other."""
        self._held.discard(segment.sequence)

    @property
    def holds(self) -> bool:
        """Whether some segment waits for its replay."""
        return bool(self._held)

    def prune(self) -> None:
        """Removes what is too old or too much, oldest first. Raises OSError."""
        now = time.monotonic()
        kept_bytes = 0
        for segment in reversed(list_segments(self.folder)):
            kept_bytes += segment.size_bytes
            age_seconds = now - self._time_of(segment, now)
            if segment.sequence in self._held:
                continue
            if kept_bytes > self._keep_bytes or age_seconds > self._keep_seconds:
                segment.path.unlink(missing_ok=True)
                sidecar_path(segment.path).unlink(missing_ok=True)
                self._loaded_at.pop(segment.sequence, None)

    def make_room(self) -> bool:
        """Removes every kept segment that waits for no replay; returns whether there was one."""
        with suppress(OSError):
            found = [s for s in list_segments(self.folder) if s.sequence not in self._held]
            for segment in found:
                segment.path.unlink(missing_ok=True)
                sidecar_path(segment.path).unlink(missing_ok=True)
                self._loaded_at.pop(segment.sequence, None)
            return bool(found)
        return False

    def _time_of(self, segment: Segment, now: float) -> float:
        if segment.sequence not in self._loaded_at:
            # A rename sets the change time, so age counts from the load, not from the last write.
            age_seconds = max(time.time() - segment.path.stat().st_ctime, 0.0)
            self._loaded_at[segment.sequence] = now - age_seconds
        return self._loaded_at[segment.sequence]
