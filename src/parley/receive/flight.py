"""Bytes in memory between arrival and acknowledgement, shared fairly between projects.

A project may hold twice what is still free, over all its requests: alone two thirds of the limit,
two that flood two fifths each, and what is left is always there for one that begins (dynamic
thresholds, Choudhury and Hahne, 1998). Nobody's share has to be configured.
"""

import asyncio
import threading

from parley.receive.errors import Busy

__all__ = ["Held", "InFlight"]

SHARE = 2  # of the free bytes


class InFlight:
    """The account of all requests of an event loop. Bytes are taken from any thread."""

    def __init__(self, limit_bytes: int, *, waiting_max: int = 1000) -> None:
        self._limit_bytes = limit_bytes
        self._waiting_max = waiting_max
        self._lock = threading.Lock()
        self._of_project: dict[str, int] = {}
        self._waiting: dict[asyncio.Future[None], None] = {}  # in their order
        self.bytes = 0

    def hold(self, project_id: str) -> "Held":
        """Returns the share of one request, empty. Use it with `with`, on the event loop."""
        return Held(self, project_id)

    def take(self, project_id: str, size: int, *, is_fair: bool) -> bool:
        """Takes bytes if there are any; with `is_fair` only within the project's share."""
        with self._lock:
            mine = self._of_project.get(project_id, 0)
            free = self._limit_bytes - self.bytes - size
            # The first of a project needs room only, or a small limit would let nobody in.
            if free < 0 or (is_fair and mine and mine + size > SHARE * free):
                return False
            self.bytes += size
            self._of_project[project_id] = mine + size
        return True

    def give(self, project_id: str, size: int) -> None:
        """Gives bytes back and wakes who waits. On the event loop only."""
        with self._lock:
            self.bytes -= size
            left = self._of_project.get(project_id, 0) - size
            if left:
                self._of_project[project_id] = left
            else:
                self._of_project.pop(project_id, None)
        waiting, self._waiting = self._waiting, {}
        for future in waiting:
            if not future.done():
                future.set_result(None)

    async def wait(self) -> None:
        """Returns when something was given back. Raises Busy when too many wait already."""
        if len(self._waiting) >= self._waiting_max:
            message = f"{self.bytes} bytes are in work and {len(self._waiting)} requests wait"
            raise Busy(message)
        future = asyncio.get_running_loop().create_future()
        self._waiting[future] = None
        try:
            await future
        finally:
            self._waiting.pop(future, None)


class Held:
    """What one request holds; given back when its `with` ends."""

    def __init__(self, all_of_them: InFlight, project_id: str) -> None:
        self._all = all_of_them
        self._project_id = project_id
        self.bytes = 0

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, *_: object) -> None:
        self.give(self.bytes)

    def try_grow(self, size: int) -> bool:
        """Holds more if there is room within the project's share now."""
        if not self._all.take(self._project_id, size, is_fair=True):
            return False
        self.bytes += size
        return True

    async def grow(self, size: int, *, wait_seconds: float) -> None:
        """Holds more, within the project's share, after waiting for room. Raises Busy."""
        if self.try_grow(size):
            return
        try:
            async with asyncio.timeout(wait_seconds):
                while not self.try_grow(size):
                    await self._all.wait()
        except TimeoutError as error:
            raise Busy(self._too_much()) from error

    def grow_now(self, size: int) -> None:
        """Holds more, as long as there is room at all. From any thread. Raises Busy."""
        if not self._all.take(self._project_id, size, is_fair=False):
            raise Busy(self._too_much())
        self.bytes += size

    def give(self, size: int) -> None:
        """Gives a part back."""
        self.bytes -= size
        self._all.give(self._project_id, size)

    def _too_much(self) -> str:
        return f"{self._all.bytes} bytes are in work; try again in a moment"
