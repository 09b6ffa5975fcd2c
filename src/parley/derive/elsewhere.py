"""Sessions that other processes derive in a shared store, told to those who listen in this one."""

import threading
import time

import structlog

from parley.bus import Bus
from parley.store import Store, StoreError

__all__ = ["Elsewhere"]

LOOK_SECONDS = 1.0
SLACK_NS = 10_000_000_000  # a row may be committed that much after its version was taken
log = structlog.get_logger()


class Elsewhere:
    """Looks in a thread of its own which rows are new, of projects that somebody listens to.

    What this process wrote itself is told twice: pages fetch the same again and change nothing.
    """

    def __init__(self, store: Store, bus: Bus) -> None:
        self._store = store
        self._bus = bus
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name="elsewhere", daemon=True)
        self._seen: dict[str, dict[str, int]] = {}  # project -> session -> version of its row

    def start(self) -> None:
        """Starts to look."""
        self._thread.start()

    def stop(self) -> None:
        """Ends after the look at hand."""
        self._stop.set()
        self._thread.join()

    def _work(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                self.look()
            except StoreError as error:
                log.warning("sessions of other servers are not told", reason=str(error)[:200])

    def look(self) -> None:
        """Tells of rows that are new since the last look, or new at all when somebody came."""
        heard = self._bus.projects()
        self._seen = {project: seen for project, seen in self._seen.items() if project in heard}
        for project in heard:
            seen = self._seen.get(project, {})
            latest = max(seen.values(), default=time.time_ns())
            after = latest - SLACK_NS
            rows = self._store.read("sessions.changed", project_id=project, after=after)
            fresh = [row[0] for row in rows if seen.get(row[0]) != row[1]]
            if fresh:
                self._seen[project] = {row[0]: row[1] for row in rows}
                self._bus.publish(project, fresh)
