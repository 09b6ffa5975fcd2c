"""The worker of derivation: takes touched traces off the list until none waits."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

import structlog

from parley.bus import Bus
from parley.derive.annotations import Annotations
from parley.derive.batch import Batch
from parley.derive.large import LARGE_TRACES, LargeSums
from parley.derive.prices import PackagePrices, Prices
from parley.store import Store, StoreBusy, StoreError, StoreOutOfMemory, StoreTooLarge

__all__ = ["Deriver", "rebuild"]

BATCH_SPANS = 50_000  # a question costs about the same for few; memory bounds many
FIRST_TRACES = 1000  # of the first batch, of any, and of one whose traces are large
MOST_TRACES = 5000
FEWEST_TRACES = 100
IDLE_SECONDS = 1.0  # how often the list is looked at when nobody says that there is work
BUSY_SECONDS = 2.0
SUM_SECONDS = 0.1  # how often it is looked whether the row of a large session is due
BLOCK_ROWS = (512, 64, 8)  # spans read at once by a rebuild; less where memory does not suffice
NOTE_COLUMNS = ["project_id", "trace_id", "version", "is_deleted", "noted_at", "reason"]
REASON_LIMIT = 500
TOO_LARGE = "reading it needs more memory than one question may take"
log = structlog.get_logger()


class Deriver:
    """Derives in a thread of its own. One per store; a crash at any point loses no work."""

    def __init__(
        self,
        store: Store,
        bus: Bus,
        prices: Prices | None = None,
        annotations: Annotations | None = None,
    ) -> None:
        self._prices = prices or PackagePrices()
        self._annotations = annotations or Annotations(store)
        self._store = store
        self._bus = bus
        self._wake = threading.Event()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._version = int(store.read_all("work.last_version")[0][0])
        self._versions = threading.Lock()
        self._sums = LargeSums()
        self._batch_traces = FIRST_TRACES
        self._noted = {(row[0], row[1]) for row in store.read_all("notes.all")}
        self.derived_traces = 0
        self.failed_traces = 0

    def start(self) -> None:
        """Starts the thread; it begins with what an earlier process left."""
        self._thread = threading.Thread(target=self._work, name="derive", daemon=True)
        self._thread.start()

    def wake(self) -> None:
        """Says that spans were loaded."""
        self._wake.set()

    def stop(self) -> None:
        """Ends after the batch at hand."""
        self._stop.set()
        self._wake.set()
        if self._thread is not None:
            self._thread.join()

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._prices.catch_up()
                found = self.run_once()
            except StoreBusy as error:
                log.warning("derivation waits for the store", reason=str(error)[:200])
                self._stop.wait(BUSY_SECONDS)
                continue
            except StoreError as error:
                log.error("derivation failed", reason=str(error)[:500])
                self._stop.wait(BUSY_SECONDS)
                continue
            if not found:
                self._wake.wait(IDLE_SECONDS)
                self._wake.clear()

    def run_once(self) -> int:
        """Derives touched traces, at most one batch of each project. Returns how many wait."""
        pending = self._store.pending_work(self._batch_traces + self._sums.deferred)
        projects: dict[str, dict[str, int]] = defaultdict(dict)
        for project_id, trace_id, touched_at in pending:
            if not self._sums.holds(project_id, trace_id, touched_at):
                projects[project_id][trace_id] = touched_at
        for project_id, traces in projects.items():
            if self._stop.is_set():
                return len(pending)
            self._derive(project_id, traces)
        if pending and not projects and not self._sums.due():
            self._stop.wait(SUM_SECONDS)
        for project_id, session_id in self._sums.due():
            self._sum(project_id, [session_id])
        self._fold_annotations()
        return len(pending)

    def _derive(self, project_id: str, traces: dict[str, int]) -> None:
        try:
            batch = Batch(
                self._store, project_id, self.next_version(), self._prices.book(project_id)
            )
            changes = batch.run(list(traces))
        except Exception as error:
            if isinstance(error, StoreError) and not isinstance(error, StoreTooLarge):
                raise
            if len(traces) > 1:
                items = list(traces.items())
                self._derive(project_id, dict(items[: len(items) // 2]))
                self._derive(project_id, dict(items[len(items) // 2 :]))
                return
            # A trace too large, or a bug in reading it, must not stop all others; it is told.
            self.failed_traces += 1
            log.exception(
                "a trace could not be derived", project=project_id, trace=next(iter(traces))
            )
            self._note(project_id, traces, error)
            self._mark(project_id, traces)
            return
        self._batch_traces = min(
            MOST_TRACES, max(FEWEST_TRACES, BATCH_SPANS * len(traces) // max(batch.spans, 1))
        )
        self._forget_notes(project_id, traces)
        self.derived_traces += len(traces)
        if not changes:
            self._bus.publish(project_id, [])  # traces without a session: only lists show them
        large = [change for change in changes if change.traces > LARGE_TRACES]
        self._sum(project_id, [c.session_id for c in changes if c.traces <= LARGE_TRACES])
        held = self._sums.hold(project_id, large, traces)
        self._mark(project_id, {t: at for t, at in traces.items() if t not in held})

    def _sum(self, project_id: str, sessions: list[str]) -> None:
        """Sums session rows anew from their turns, and marks the traces that waited for it."""
        if not sessions:
            return
        began = time.monotonic()
        self._summarise(project_id, sessions)
        seconds = time.monotonic() - began
        for session_id in sessions:
            self._mark(project_id, self._sums.release(project_id, session_id, seconds))
        self._bus.publish(project_id, sessions)

    def sum_now(self, project_id: str, sessions: list[str]) -> None:
        """Sums rows anew because something was said of their sessions. From any thread."""
        if sessions:
            self._summarise(project_id, sessions)
            self._bus.publish(project_id, sessions)

    def _summarise(self, project_id: str, sessions: list[str]) -> None:
        """Writes rows. The version is taken first: the latest row was read after all before it."""
        self._store.run(
            "sessions.summarise",
            project_id=project_id,
            sessions=sessions,
            version=self.next_version(),
            fragments=self._annotations.fragments(project_id),
        )

    def _fold_annotations(self) -> None:
        """Sums the rows of sessions of which something was said since."""
        due = self._annotations.due()
        if not due:
            return
        began = time.monotonic()
        try:
            for project_id, sessions in due.items():
                self._sum(project_id, sessions)
        except StoreError:
            self._annotations.put_back(due)
            raise
        self._annotations.took(time.monotonic() - began)

    def _note(self, project_id: str, traces: Iterable[str], error: Exception) -> None:
        """Leaves a note that a trace could not be derived, and why."""
        reason = (
            TOO_LARGE if isinstance(error, StoreTooLarge) else f"{type(error).__name__}: {error}"
        )
        self._write_notes(project_id, traces, is_deleted=0, reason=reason[:REASON_LIMIT])
        self._noted |= {(project_id, trace_id) for trace_id in traces}

    def _forget_notes(self, project_id: str, traces: Iterable[str]) -> None:
        """Removes the notes of traces that could be derived now."""
        if not self._noted:
            return
        told = [trace_id for trace_id in traces if (project_id, trace_id) in self._noted]
        self._write_notes(project_id, told, is_deleted=1, reason="")
        self._noted -= {(project_id, trace_id) for trace_id in told}

    def _write_notes(
        self, project_id: str, traces: Iterable[str], *, is_deleted: int, reason: str
    ) -> None:
        now = time.time_ns()
        rows = [
            [project_id, bytes.fromhex(trace_id), self.next_version(), is_deleted, now, reason]
            for trace_id in traces
        ]
        self._store.write("trace_notes", NOTE_COLUMNS, rows)

    def next_version(self) -> int:
        """Returns a version above every earlier one, also when the clock was set back."""
        with self._versions:
            self._version = max(time.time_ns(), self._version + 1)
            return self._version

    def _mark(self, project_id: str, traces: Mapping[str, int]) -> None:
        rows = [[project_id, bytes.fromhex(t), touched_at, 1] for t, touched_at in traces.items()]
        self._store.write("touched", ["project_id", "trace_id", "touched_at", "done"], rows)


def understand_again(store: Store, project_id: str) -> None:
    """Sends the spans of a project through the conventions; in small pieces where some are large.

    Raises:
        StoreOutOfMemory: also the smallest pieces need too much.
    """
    for rows in BLOCK_ROWS:
        try:
            store.run(
                "spans.understand_again", project_id=project_id, fragments={"rows": str(rows)}
            )
        except StoreOutOfMemory:
            if rows == BLOCK_ROWS[-1]:
                raise
        else:
            return


def rebuild(store: Store, prices: Prices | None = None) -> int:
    """Reads every stored span through today's conventions and derives everything again.

    Returns the number of traces derived. Nobody else may use the store meanwhile.
    """
    for (project_id,) in store.read_all("store.projects"):
        understand_again(store, project_id)
    store.run("work.touch_all")
    deriver = Deriver(store, Bus(), prices)
    while deriver.run_once():
        pass
    return deriver.derived_traces
