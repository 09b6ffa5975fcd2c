"""The journal: appends from coroutines, commits in a thread, segments to the loader."""

import asyncio
import threading
from collections import deque
from pathlib import Path

from msgspec import Struct

from parley.journal.errors import JournalBroken, JournalFull
from parley.journal.framing import varint
from parley.journal.quarantine import Quarantine
from parley.journal.recovery import recover
from parley.journal.retention import Retention
from parley.journal.segment import KINDS, Segment, SegmentWriter, list_segments

__all__ = ["Journal"]

SEGMENT_BYTES_MAX = 32 << 20  # one load decodes a segment whole: its memory follows from this
GROUP_BYTES_MAX = 32 << 20  # of one commit, so that the first in a group never waits long
_CLOSED = "the journal is closed"


class _Append(Struct, frozen=True, eq=False):
    kind: str
    envelope: bytes
    size_bytes: int
    loop: asyncio.AbstractEventLoop
    done: asyncio.Future[None]


class Journal:
    """Append-only segments in one folder. One process writes; the data directory's lock sees to it.

    `append` is called from event loops, everything else from any thread. Open it before use.
    """

    def __init__(
        self, folder: Path, *, quota_bytes: int, keep_seconds: float, keep_bytes: int
    ) -> None:
        self._folder = folder
        self._quota_bytes = quota_bytes
        self._quarantine = Quarantine(folder / "quarantine")
        self._loaded = Retention(
            folder / "loaded", keep_seconds=keep_seconds, keep_bytes=keep_bytes
        )
        self._files = threading.Lock()  # guards the segments; held during a commit
        self._writers: dict[str, SegmentWriter] = {}
        self._damaged: list[SegmentWriter] = []
        self._unloaded: dict[int, Segment] = {}
        self._sequence = 0
        self._queue = threading.Condition()  # guards the three below; held for microseconds
        self._pending: deque[_Append] = deque()
        self._waiting_bytes = 0
        self._is_open = False
        self._thread: threading.Thread | None = None

    def open(self) -> None:
        """Recovers what the last run left and starts to accept. Raises JournalBroken."""
        try:
            self._recover()
        except OSError as error:
            raise JournalBroken(str(error)) from error
        self._is_open = True
        self._thread = threading.Thread(target=self._run, name="parley-journal", daemon=True)
        self._thread.start()

    def _recover(self) -> None:
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._quarantine.prepare()
        self._loaded.prepare()
        for leftover in self._folder.glob("*.tmp"):
            leftover.unlink()
        for segment in list_segments(self._folder):
            self._sequence = max(self._sequence, segment.sequence)
            if size := recover(segment, self._quarantine.put):
                self._unloaded[segment.sequence] = Segment(
                    segment.path, segment.kind, size, segment.sequence
                )
                self._waiting_bytes += size
        for sidecar in self._folder.glob("*.crc"):
            if not sidecar.with_suffix(".seg").exists():
                sidecar.unlink()
        for segment in list_segments(self._loaded.folder):
            self._sequence = max(self._sequence, segment.sequence)
        self._loaded.prune()

    async def append(self, kind: str, envelope: bytes) -> None:
        """Returns once the envelope is on the disk; one sync covers all that wait.

        Raises JournalFull over the quota and JournalBroken when the disk refuses; then nothing
        of the envelope is kept, and a later append works as soon as the cause is gone.
        """
        if kind not in KINDS or not envelope:
            message = f"expected a kind of {KINDS} and a non-empty envelope, got {kind!r}"
            raise ValueError(message)
        loop = asyncio.get_running_loop()
        size = len(varint(len(envelope))) + len(envelope)
        entry = _Append(kind, envelope, size, loop, loop.create_future())
        with self._queue:
            if not self._is_open:
                raise JournalBroken(_CLOSED)
            if self._waiting_bytes + size > self._quota_bytes:
                message = f"{self._waiting_bytes} of {self._quota_bytes} bytes wait to be loaded"
                raise JournalFull(message)
            self._waiting_bytes += size
            self._pending.append(entry)
            self._queue.notify()
        await entry.done

    def sealed(self) -> list[Segment]:
        """Returns all segments that are not loaded yet, oldest first; none is written any more.

        Segments that hold data are closed for this; new appends go to fresh ones.
        """
        with self._files:
            self._repair_damaged()
            for writer in list(self._writers.values()):
                if writer.size_bytes:
                    self._seal(writer)
            segments = [self._unloaded[sequence] for sequence in sorted(self._unloaded)]
        self._prune()
        return segments

    def mark_loaded(self, segment: Segment) -> None:
        """Moves the segment to the loaded ones, durably. Again is harmless.

        Raises JournalBroken when the disk refuses; the segment then counts as not loaded.
        """
        try:
            self._loaded.take(segment)
        except OSError as error:
            raise JournalBroken(str(error)) from error
        with self._files:
            known = self._unloaded.pop(segment.sequence, None)
        if known:
            with self._queue:
                self._waiting_bytes -= known.size_bytes
        self._prune()

    def quarantine(self, kind: str, envelope: bytes, reason: str) -> None:
        """Keeps an envelope that cannot be loaded, with the reason. Raises JournalBroken."""
        try:
            self._quarantine.put(kind, envelope, reason)
        except OSError as error:
            raise JournalBroken(str(error)) from error

    def bytes_waiting(self) -> int:
        """Returns how much is accepted and not loaded: what the quota limits."""
        with self._queue:
            return self._waiting_bytes

    def quarantined(self) -> int:
        """Returns the number of envelopes in quarantine."""
        return self._quarantine.count()

    def close(self) -> None:
        """Commits what waits, refuses what comes, and closes the files. Again is harmless."""
        with self._queue:
            self._is_open = False
            self._queue.notify()
        if self._thread:
            self._thread.join()
            self._thread = None
        with self._files:
            self._repair_damaged()
            for writer in list(self._writers.values()):
                self._seal(writer)

    # The committing thread.

    def _run(self) -> None:
        try:
            while group := self._next_group():
                for kind in KINDS:
                    if entries := [entry for entry in group if entry.kind == kind]:
                        self._commit(kind, entries)
        except BaseException:
            # A bug: be loud, and let no request wait for a thread that is gone.
            with self._queue:
                self._is_open = False
                group += self._pending
                self._pending.clear()
            self._answer(group, JournalBroken("the journal stopped, see the log"))
            raise

    def _next_group(self) -> list[_Append]:
        """Waits for appends; returns none when the journal is closed and nothing waits."""
        group: list[_Append] = []
        size = 0
        with self._queue:
            while self._is_open and not self._pending:
                self._queue.wait()
            while self._pending and (not group or size < GROUP_BYTES_MAX):
                group.append(self._pending.popleft())
                size += group[-1].size_bytes
        return group

    def _commit(self, kind: str, entries: list[_Append]) -> None:
        error: JournalBroken | None = None
        try:
            with self._files:
                self._write(kind, [entry.envelope for entry in entries])
        except OSError as refusal:
            error = JournalBroken(str(refusal))
            with self._queue:
                self._waiting_bytes -= sum(entry.size_bytes for entry in entries)
        self._answer(entries, error)

    def _answer(self, entries: list[_Append], error: JournalBroken | None) -> None:
        for loop in {entry.loop for entry in entries}:
            done = [entry.done for entry in entries if entry.loop is loop]
            try:
                loop.call_soon_threadsafe(_resolve, done, error)
            except RuntimeError:
                continue  # that loop is closed: nobody waits for the answer any more

    def _write(self, kind: str, envelopes: list[bytes]) -> None:
        self._repair_damaged()
        writer = self._writers.get(kind)
        if writer is None:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._sequence += 1
            writer = SegmentWriter(self._folder, kind, self._sequence)
            self._writers[kind] = writer
        try:
            writer.append(envelopes)
        except OSError:
            # Never written to again: after a failed sync the kernel may call its pages clean.
            del self._writers[kind]
            self._damaged.append(writer)
            self._repair_damaged()
            raise
        if writer.size_bytes >= SEGMENT_BYTES_MAX or not writer.is_protected:
            self._seal(writer)

    def _repair_damaged(self) -> None:
        still: list[SegmentWriter] = []
        for writer in self._damaged:
            try:
                writer.repair()
            except OSError:
                still.append(writer)  # its acknowledged part waits for a disk that works
            else:
                self._seal(writer)
        self._damaged = still

    def _seal(self, writer: SegmentWriter) -> None:
        if self._writers.get(writer.kind) is writer:
            del self._writers[writer.kind]
        if writer.size_bytes:
            self._unloaded[writer.sequence] = writer.seal()
        else:
            writer.discard()

    def _prune(self) -> None:
        try:
            self._loaded.prune()
        except OSError as error:
            raise JournalBroken(str(error)) from error


def _resolve(waiting: list[asyncio.Future[None]], error: JournalBroken | None) -> None:
    for future in waiting:
        if future.done():  # its request was cancelled
            continue
        if error:
            future.set_exception(JournalBroken(*error.args))
        else:
            future.set_result(None)
