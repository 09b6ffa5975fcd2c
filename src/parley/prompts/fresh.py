"""What was read a moment ago: many runs in a second ask the records once."""

import time
from collections.abc import Hashable
from typing import Generic, TypeVar

__all__ = ["Fresh"]

SECONDS = 1.0  # how late another process's change may be noticed; this one's is at once
KEPT_MAX = 1000

Value = TypeVar("Value")


class Fresh(Generic[Value]):
    """Values that were read within the last second and not changed here since. Thread-safe."""

    def __init__(self) -> None:
        self._kept: dict[Hashable, tuple[float, Value]] = {}
        self.changes = 0

    def get(self, key: Hashable) -> Value | None:
        """Returns a value, None when it was not read lately."""
        until, value = self._kept.get(key, (0.0, None))
        return value if time.monotonic() < until else None

    def keep(self, key: Hashable, value: Value, *, changes: int) -> None:
        """Keeps what was read when there had been so many `changes`; not when there are more."""
        kept = self._kept
        if changes != self.changes:
            return
        if len(kept) >= KEPT_MAX:
            kept = {}
        self._kept = {**kept, key: (time.monotonic() + SECONDS, value)}

    def forget(self) -> None:
        """Forgets everything: something has changed."""
        self.changes += 1
        self._kept = {}
