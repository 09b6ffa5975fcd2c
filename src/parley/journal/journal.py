"""The journal: appends from coroutines, commits in a thread, segments to the loader."""

import asyncio
import errno
import shutil
import threading
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from parley.journal.errors import JournalBroken, JournalFull
from parley.journal.framing import varint
from parley.journal.quarantine import Quarantine, Quarantined
from parley.journal.recovery import recover, replace_envelopes
from parley.journal.retention import Retention
from parley.journal.run import LoadingMark, Run
from parley.journal.segment import (
    KINDS,
    Segment,
    SegmentWriter,
    list_segments,
    sync_file_system,
)

__all__ = ["Journal"]

SEGMENT_BYTES_MAX = 32 << 20  # one load decodes a segment whole: its memory follows from this
GROUP_BYTES_MAX = 32 << 20  # of one commit, so that the first in a group never waits long
SYNC_SECONDS = 1.5  # at the end of a run, which others wait for
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
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
        self._run_file = Run(folder)
        self._mark = LoadingMark(folder)
        self._has_begun = False
        self._replaying_bytes = 0
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
        for leftover in (*self._folder.glob("*.tmp"), *self._folder.glob("*.half")):
            leftover.unlink()
        for leftover in self._folder.glob("trial-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        self._run_file.read()
        self._mark.open()
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

    @property
    def journal_id(self) -> str:
        """The name of this journal, known once a run began in it."""
        return self._run_file.journal_id

    def begin_run(self, stored_run: Callable[[str], str]) -> tuple[str, list[Segment]]:
        """Returns the id of the new run and the kept segments that have to be loaded once more.

        They are all that are kept when the last run did not end cleanly (a power cut may have
        cost the store what it had not synced), and when the store's last run was another than the
        journal's: then one of the two folders was put back from a copy. Raises JournalBroken.

        Args:
            stored_run: returns the last run that the store knows of, by the id of the journal.
        """
        run = self._run_file
        known = stored_run(run.journal_id) if run.journal_id else ""
        is_behind = not run.was_clean or known != run.run_id
        try:
            replay = self._loaded.hold_all() if is_behind else []
            run.begin()
        except OSError as error:
            raise JournalBroken(str(error)) from error
        self._has_begun = True
        with self._queue:
            self._replaying_bytes = sum(segment.size_bytes for segment in replay)
        return run.run_id, replay

    def end_replay(self, segment: Segment) -> None:
        """Counts a kept segment as loaded once more."""
        self._loaded.let_go(segment)
        with self._queue:
            self._replaying_bytes -= segment.size_bytes

    def load_again(self, segment: Segment) -> None:
        """Moves a kept segment back to those that wait to be loaded. Raises JournalBroken."""
        try:
            moved = self._loaded.give_back(segment, self._folder)
        except OSError as error:
            raise JournalBroken(str(error)) from error
        with self._files:
            self._unloaded[moved.sequence] = moved
        with self._queue:
            self._waiting_bytes += moved.size_bytes
        self.end_replay(segment)

    def begin_load(self, segment: Segment) -> None:
        """Notes that the segment is being loaded, for the process after this one."""
        self._mark.set(segment.sequence)

    def end_load(self) -> None:
        """Notes that nothing is being loaded."""
        self._mark.set(0)

    def deaths(self, segment: Segment) -> int:
        """Returns at how many deaths of the process the segment was being loaded."""
        return self._mark.deaths(segment.sequence)

    def forgive(self, segment: Segment) -> None:
        """Forgets those deaths."""
        self._mark.forgive(segment.sequence)

    async def append(self, kind: str, envelope: bytes, *, is_retry: bool = False) -> None:
        """Returns once the envelope is on the disk; one sync covers all that wait.

        `is_retry`: its bytes are in quarantine, so the quota has counted them already.

        Raises JournalFull over the quota and JournalBroken when the disk refuses; then nothing
        of the envelope is kept, and a later append works as soon as the cause is gone.
        """
        if kind not in KINDS or not envelope:
            message = f"expected a kind of {KINDS} and a non-empty envelope, got {kind!r}"
            raise ValueError(message)
        loop = asyncio.get_running_loop()
        size = len(varint(len(envelope))) + len(envelope)
        entry = _Append(kind, envelope, size, loop, loop.create_future())
        quarantined = self._quarantine.size_bytes() - (len(envelope) if is_retry else 0)
        with self._queue:
            if not self._is_open:
                raise JournalBroken(_CLOSED)
            if self._waiting_bytes + quarantined + size > self._quota_bytes:
                message = (
                    f"{self._waiting_bytes} of {self._quota_bytes} bytes wait to be loaded"
                    + (f", {quarantined} are in quarantine" if quarantined else "")
                )
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
        self._mark.forgive(segment.sequence)
        self._prune()

    def check(self, segment: Segment) -> Segment | None:
        """Returns a segment whose every envelope matches its checksum, None when nothing is left.

        What does not match goes to quarantine. Raises JournalBroken.
        """
        try:
            size = recover(segment, self._quarantine.put)
        except OSError as error:
            raise JournalBroken(str(error)) from error
        return self._resized(segment, size)

    def replace(self, segment: Segment, envelopes: Sequence[bytes]) -> Segment | None:
        """Returns the segment with these envelopes only, None for none. Raises JournalBroken."""
        try:
            size = replace_envelopes(segment, envelopes)
        except OSError as error:
            raise JournalBroken(str(error)) from error
        return self._resized(segment, size)

    def _resized(self, segment: Segment, size: int) -> Segment | None:
        fresh = Segment(segment.path, segment.kind, size, segment.sequence)
        with self._files:
            known = self._unloaded.get(segment.sequence)
            if known:
                if size:
                    self._unloaded[segment.sequence] = fresh
                else:
                    del self._unloaded[segment.sequence]
        if known:
            with self._queue:
                self._waiting_bytes += size - known.size_bytes
        return fresh if size else None

    def forget(self, segment: Segment) -> None:
        """Stops waiting for a segment whose file somebody took away."""
        self._resized(segment, 0)

    def quarantine(self, kind: str, envelope: bytes, cause: str, reason: str) -> None:
        """Keeps an envelope that cannot be loaded, with the reason. Raises JournalBroken."""
        try:
            self._quarantine.put(kind, envelope, cause, reason)
        except OSError as error:
            raise JournalBroken(str(error)) from error

    def quarantined(self) -> list[Quarantined]:
        """Returns what is in quarantine, the newest first."""
        return self._quarantine.entries()

    def read_quarantined(self, entry_id: str) -> bytes | None:
        """Returns an envelope in quarantine, None for an unknown id. Raises JournalBroken."""
        try:
            return self._quarantine.read(entry_id)
        except OSError as error:
            raise JournalBroken(str(error)) from error

    def drop_quarantined(self, entry_id: str) -> bool:
        """Removes an envelope for good; returns whether it was there. Raises JournalBroken."""
        try:
            return self._quarantine.remove(entry_id)
        except OSError as error:
            raise JournalBroken(str(error)) from error

    def bytes_waiting(self) -> int:
        """Returns how much is accepted and not in the store, or has to be loaded once more."""
        with self._queue:
            return self._waiting_bytes + self._replaying_bytes

    def is_full(self) -> bool:
        """Whether what waits and what is in quarantine use up the quota."""
        with self._queue:
            waiting = self._waiting_bytes
        return waiting + self._quarantine.size_bytes() >= self._quota_bytes

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
        self._mark.close()
        self._end_run()

    def _end_run(self) -> None:
        """Calls the run clean, once all that it wrote, the store's too, is on the disk."""
        if not self._has_begun or self._loaded.holds:
            return
        self._has_begun = False

        def sync() -> None:
            with suppress(OSError):
                sync_file_system(self._folder)
                synced.set()

        # A disk that refuses, or takes its time, leaves the run unclean: the next one replays.
        synced = threading.Event()
        threading.Thread(target=sync, name="parley-sync", daemon=True).start()
        if synced.wait(SYNC_SECONDS):
            with suppress(OSError):
                self._run_file.end()

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
        envelopes = [entry.envelope for entry in entries]
        try:
            with self._files:
                try:
                    self._write(kind, envelopes)
                except OSError as refusal:
                    # What is loaded gives way to what is not.
                    if refusal.errno not in _NO_ROOM or not self._loaded.make_room():
                        raise
                    self._write(kind, envelopes)
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
