"""A few places for work, given to projects in turn: a flood of one waits behind itself only."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

__all__ = ["Turns"]


class Turns:
    """The places of an event loop."""

    def __init__(self, places: int) -> None:
        self._free = places
        # Who waits, by project; the project whose turn is next comes first.
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    @asynccontextmanager
    async def place(self, project_id: str) -> AsyncIterator[None]:
        """Holds a place while its block runs, after waiting for the project's turn."""
        if self._free:
            self._free -= 1
        else:
            await self._wait(project_id)
        try:
            yield
        finally:
            self._pass_on()

    async def _wait(self, project_id: str) -> None:
        turn: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(project_id, deque()).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self._pass_on()  # it was given a place in the same moment
            raise

    def _pass_on(self) -> None:
        """Gives a place to the next who still waits for it."""
        while self._waiting:
            project_id, queue = next(iter(self._waiting.items()))
            turn = queue.popleft()
            del self._waiting[project_id]
            if queue:
                self._waiting[project_id] = queue  # behind all other projects
            if not turn.cancelled():
                turn.set_result(None)
                return
        self._free += 1
