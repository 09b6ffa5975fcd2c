"""A broadcast of changed session ids from threads to coroutines."""

import asyncio
import threading
from types import TracebackType

from msgspec import Struct

__all__ = ["Bus", "Change", "Listener"]

MAX_PENDING_IDS = 1000  # a listener that is slower than this is told "everything changed"


class Change(Struct, frozen=True):
    """Session ids of one project; an empty list means "ask for everything again"."""

    session_ids: list[str]


class Listener:
    """One subscription: collects ids until someone asks. Use it with `with`."""

    def __init__(self, bus: "Bus", project_id: str, loop: asyncio.AbstractEventLoop) -> None:
        self._bus = bus
        self._loop = loop
        self._wake = asyncio.Event()
        self._ids: set[str] = set()
        self._overflow = False
        self.project_id = project_id
        self.closed = False

    def __enter__(self) -> "Listener":
        self._bus._join(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bus._leave(self)

    def _offer(self, session_ids: list[str]) -> None:
        self._ids.update(session_ids)
        if len(self._ids) > MAX_PENDING_IDS:
            self._ids.clear()
            self._overflow = True
        self._wake.set()

    def _close(self) -> None:
        self.closed = True
        self._wake.set()

    async def next_change(self, timeout_seconds: float) -> Change | None:
        """Returns what changed since the last call; None when nothing did in time, or at close."""
        try:
            await asyncio.wait_for(self._wake.wait(), timeout_seconds)
        except TimeoutError:
            return None
        self._wake.clear()
        if self.closed:
            return None
        ids, overflow = sorted(self._ids), self._overflow
        self._ids, self._overflow = set(), False
        return Change([] if overflow else ids)


class Bus:
    """Publish from any thread, listen from coroutines. Nobody listening costs nothing."""

    def __init__(self) -> None:
        self._listeners: set[Listener] = set()
        self._lock = threading.Lock()
        self._closed = False

    def listen(self, project_id: str) -> Listener:
        """Returns a subscription of the running loop; it receives from `__enter__` on."""
        return Listener(self, project_id, asyncio.get_running_loop())

    def publish(self, project_id: str, session_ids: list[str]) -> None:
        """Tells every listener of the project. Never blocks."""
        with self._lock:
            listeners = [item for item in self._listeners if item.project_id == project_id]
        for item in listeners:
            item._loop.call_soon_threadsafe(item._offer, session_ids)

    def projects(self) -> set[str]:
        """Returns the projects that somebody listens to."""
        with self._lock:
            return {item.project_id for item in self._listeners}

    def close(self) -> None:
        """Ends every subscription, so that open streams finish before the server stops."""
        with self._lock:
            self._closed = True
            listeners = list(self._listeners)
        for item in listeners:
            item._loop.call_soon_threadsafe(item._close)

    def _join(self, listener: Listener) -> None:
        with self._lock:
            if self._closed:
                listener.closed = True
                listener._wake.set()
            self._listeners.add(listener)

    def _leave(self, listener: Listener) -> None:
        with self._lock:
            self._listeners.discard(listener)
