"""The worker of loading: sealed segments into the store, oldest first."""

import os
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path

import structlog

from parley.journal import Journal, JournalBroken, Segment, read_envelopes, varint
from parley.store import Store, StoreBusy, StoreUnreadable

__all__ = ["Loader"]

INTERVAL_SECONDS = 0.8  # an insert is planned anew each time: some 0.15 s of CPU, however small
FULL_BYTES = 8_000_000  # enough waiting bytes to load before the interval is over
POLL_SECONDS = 0.05
BUSY_SECONDS = 2.0
log = structlog.get_logger()


class Loader:
    """Loads in a thread of its own. What was acknowledged is loaded at least once, ever."""

    def __init__(self, store: Store, journal: Journal, *, loaded: Callable[[], None]) -> None:
        """`loaded` is called after each load, in the loader's thread."""
        self._store = store
        self._journal = journal
        self._loaded = loaded
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self.loaded_bytes = 0
        self.refused_envelopes = 0

    def start(self) -> None:
        """Starts the thread; it begins with what an earlier process left."""
        self._thread = threading.Thread(target=self._work, name="load", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Loads what is journaled, then ends."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        last = False
        while not last:
            last = self._wait()
            try:
                self.run_once()
            except StoreBusy as error:
                log.warning("loading waits for the store", reason=str(error)[:200])
                self._stop.wait(BUSY_SECONDS)
            except (OSError, JournalBroken) as error:
                log.warning("loading waits for the disk", reason=str(error)[:200])
                self._stop.wait(BUSY_SECONDS)

    def _wait(self) -> bool:
        """Waits until there is enough to load or the interval is over. Returns whether to end."""
        for _ in range(int(INTERVAL_SECONDS / POLL_SECONDS)):
            if self._stop.wait(POLL_SECONDS):
                return True
            if self._journal.bytes_waiting() >= FULL_BYTES:
                break
        return False

    def run_once(self) -> int:
        """Loads every sealed segment. Returns how many.

        Raises:
            StoreBusy: the store cannot take them now; they stay in the journal.
        """
        segments = self._journal.sealed()
        for segment in segments:
            try:
                self._store.load_segment(segment.kind, segment.path)
            except StoreUnreadable as error:
                log.error(
                    "a segment is not readable", segment=segment.path.name, reason=str(error)[:300]
                )
                self._bisect(segment, list(read_envelopes(segment.path)))
            self._journal.mark_loaded(segment)
            self.loaded_bytes += segment.size_bytes
            self._loaded()
        return len(segments)

    def _bisect(self, segment: Segment, envelopes: Sequence[bytes]) -> None:
        """Loads halves until the culprit stands alone, and sets that one aside.

        Loading an envelope twice is harmless, so halves need no memory of what went before.
        """
        if not envelopes:
            return
        handle, name = tempfile.mkstemp(suffix=".half", dir=segment.path.parent)
        path = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                for envelope in envelopes:
                    file.write(varint(len(envelope)) + envelope)
            self._store.load_segment(segment.kind, path)
        except StoreUnreadable as error:
            if len(envelopes) == 1:
                self.refused_envelopes += 1
                self._journal.quarantine(segment.kind, envelopes[0], str(error))
                return
            middle = len(envelopes) // 2
            self._bisect(segment, envelopes[:middle])
            self._bisect(segment, envelopes[middle:])
        finally:
            path.unlink(missing_ok=True)
