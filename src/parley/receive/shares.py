"""What one project may cost the others: its rate, and its share of the journal's quota."""

import time
from collections import deque
from collections.abc import Callable

from parley.receive.errors import OverRate, OverShare

__all__ = ["Backlog", "Rates"]

BURST_SECONDS = 2  # of the rate, saved up by a project that was silent
PROJECTS_MAX = 10_000  # remembered; those that are silent are forgotten first
SHARE = 3  # of the free quota: a project alone takes three quarters


class Rates:
    """A token bucket for each project, in bytes. On the event loop only.

    A request is let in while there is anything in the bucket and may overdraw it, so that no
    request is too large to ever pass; the next one then waits until the debt is paid.
    """

    def __init__(self, bytes_per_second: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = bytes_per_second
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # what it held, and when

    def check(self, project_id: str) -> None:
        """Raises OverRate with the time until the project may send again."""
        if self._rate and (left := self._left(project_id)) <= 0:
            # One byte more than the debt: at exactly zero it would still be refused.
            raise OverRate(
                f"this project is over its rate of {self._rate} bytes a second",
                retry_seconds=(1 - left) / self._rate,
            )

    def spend(self, project_id: str, size: int) -> None:
        """Takes from the bucket, below zero if need be."""
        if not self._rate:
            return
        left = self._left(project_id) - size
        self._buckets.pop(project_id, None)
        if len(self._buckets) >= PROJECTS_MAX:
            del self._buckets[next(iter(self._buckets))]  # the longest silent
        self._buckets[project_id] = (left, self._clock())

    def _left(self, project_id: str) -> float:
        full = float(self._rate * BURST_SECONDS)
        left, at = self._buckets.get(project_id, (full, 0.0))
        return min(full, left + (self._clock() - at) * self._rate)


class Backlog:
    """Who filled the journal. On the event loop only.

    The journal loads in the order of arrival and says only how much waits; what it no longer
    holds is therefore the oldest of what was put in.
    """

    def __init__(self, quota_bytes: int, *, retry_seconds: float) -> None:
        self._quota_bytes = quota_bytes
        self._retry_seconds = retry_seconds
        self._entries: deque[tuple[str, int]] = deque()
        self._of_project: dict[str, int] = {}
        self._bytes = 0

    def check(self, project_id: str, size: int, *, waiting_bytes: int) -> None:
        """Raises OverShare when others would be left without room.

        `waiting_bytes` is what the journal says.
        """
        self._forget(waiting_bytes)
        mine = self._of_project.get(project_id, 0)
        free = self._quota_bytes - waiting_bytes - size
        # The first of a project is the journal's to judge.
        if mine and mine + size > SHARE * free:
            message = f"{mine} bytes of this project wait to be loaded: more than its share"
            raise OverShare(message, retry_seconds=self._retry_seconds)

    def add(self, project_id: str, size: int) -> None:
        """Remembers what the journal took."""
        self._entries.append((project_id, size))
        self._of_project[project_id] = self._of_project.get(project_id, 0) + size
        self._bytes += size

    def _forget(self, waiting_bytes: int) -> None:
        while self._entries and self._bytes > waiting_bytes:
            project_id, size = self._entries.popleft()
            self._bytes -= size
            left = self._of_project[project_id] - size
            if left:
                self._of_project[project_id] = left
            else:
                del self._of_project[project_id]
