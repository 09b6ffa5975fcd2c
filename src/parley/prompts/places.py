"""How many runs are at work at once. The others wait for their turn, within their own time."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Protocol

from parley.prompts.errors import ProviderFailed, TooManyRuns

__all__ = ["Places", "Turns"]

RETRY_SECONDS = 5.0  # what a caller is told who may not even wait


class Turns(Protocol):
    """Places given in order to who waits, the projects in turn."""

    def place(self, project_id: str) -> AbstractAsyncContextManager[None]:
        """Holds a place while its block runs, after waiting for one."""
        ...


class Places:
    """The places of runs in an event loop. `running` and `waiting` count them."""

    def __init__(self, turns: Turns, *, waiting_max: int) -> None:
        self._turns = turns
        self._waiting_max = waiting_max
        self.running = 0
        self.waiting = 0

    def check(self) -> None:
        """Raises TooManyRuns when as many wait already as may."""
        if self.waiting >= self._waiting_max:
            raise TooManyRuns(
                f"{self.running:,} runs are at work and {self.waiting:,} wait: try again later",
                retry_after=RETRY_SECONDS,
            )

    @asynccontextmanager
    async def place(self, project_id: str, *, seconds: float) -> AsyncIterator[float]:
        """Holds a place while its block runs; yields the seconds that it took to get one.

        Raises:
            ProviderFailed: none was free within `seconds`.
        """
        began = time.monotonic()
        async with AsyncExitStack() as held:
            self.waiting += 1
            try:
                async with asyncio.timeout(seconds):
                    await held.enter_async_context(self._turns.place(project_id))
            except TimeoutError as error:
                message = f"waited {seconds:.0f} s for other runs to end; the model was not asked"
                raise ProviderFailed(message, kind="timeout") from error
            finally:
                self.waiting -= 1
            self.running += 1
            try:
                yield time.monotonic() - began
            finally:
                self.running -= 1
