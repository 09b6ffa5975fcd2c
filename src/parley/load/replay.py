"""Loading once more what is kept of the loaded segments, after a run that did not end cleanly."""

from pathlib import Path

import structlog

from parley.journal import Journal, Segment, read_envelopes
from parley.load.sift import envelope_file, sift
from parley.store import Store, StoreOutOfMemory, StoreUnreadable

__all__ = ["Replay"]

BATCH_BYTES = 16 << 20  # of one load: an insert costs 0.15 s however small, and segments are many
DEATHS_MAX = 2
log = structlog.get_logger()


class Replay:
    """The kept segments that wait to be loaded once more; it changes nothing that is there.

    A power cut may cost the store what it had not synced: derived rows and merged parts. Loading
    the spans again touches their traces, so what was derived of them is derived again too.
    """

    def __init__(self, store: Store, journal: Journal) -> None:
        self._store = store
        self._journal = journal
        self._waiting: list[Segment] = []

    def begin(self) -> None:
        """Notes the new run in journal and store. Raises JournalBroken, StoreError."""
        run_id, self._waiting = self._journal.begin_run(
            lambda journal_id: self._store.fact(run_name(journal_id))
        )
        self._store.set_fact(run_name(self._journal.journal_id), run_id)
        if self._waiting:
            log.warning(
                "the last run did not end cleanly, or a folder was put back: "
                "what was loaded lately is loaded once more",
                segments=len(self._waiting),
                size_bytes=sum(segment.size_bytes for segment in self._waiting),
            )

    def run_once(self) -> int:
        """Loads a batch of what waits, newest first. Returns its size in bytes, 0 when none waits.

        Raises:
            StoreBusy, JournalBroken, OSError: not now.
        """
        self._sort_out()
        batch = self._next_batch()
        if not batch:
            return 0
        checked = [item for item in map(self._journal.check, batch) if item is not None]
        envelopes = [item for segment in checked for item in read_envelopes(segment.path)]
        if envelopes:
            self._load(batch[0], envelopes)
        for segment in batch:
            self._journal.end_replay(segment)
            self._journal.forgive(segment)
        del self._waiting[-len(batch) :]
        return sum(segment.size_bytes for segment in batch)

    def _sort_out(self) -> None:
        """Leaves out what is gone; what the process died of twice is loaded as a suspect is."""
        for segment in list(self._waiting):
            if not segment.path.exists():
                log.error("a kept segment was taken away", segment=segment.path.name)
                self._journal.end_replay(segment)
            elif self._journal.deaths(segment) >= DEATHS_MAX:
                self._journal.load_again(segment)
            else:
                continue
            self._waiting.remove(segment)

    def _next_batch(self) -> list[Segment]:
        """Returns what is loaded next: of one kind, and alone what may have killed a process."""
        batch: list[Segment] = []
        for segment in reversed(self._waiting):
            size = sum(item.size_bytes for item in batch) + segment.size_bytes
            is_alone = bool(self._journal.deaths(segment))
            if batch and (segment.kind != batch[0].kind or size > BATCH_BYTES or is_alone):
                break
            batch.append(segment)
            if is_alone:
                break
        return batch

    def _load(self, first: Segment, envelopes: list[bytes]) -> None:
        folder: Path = first.path.parent
        self._journal.begin_load(first)
        try:
            with envelope_file(envelopes, folder) as path:
                self._store.load_segment(first.kind, path)
        except (StoreUnreadable, StoreOutOfMemory) as error:
            # All of this was loaded before, so it is only too much at once; and what is refused
            # now is in the store, or in quarantine from then.
            log.warning("a replay is halved", reason=str(error)[:200])
            sift(self._store, first.kind, envelopes, folder, self._skip)
        finally:
            self._journal.end_load()

    def _skip(self, envelope: bytes, reason: str) -> None:
        log.error("an envelope is not replayed", size_bytes=len(envelope), reason=reason[:300])


def run_name(journal_id: str) -> str:
    """Returns the store's fact that names the last run of a journal."""
    return f"run of journal {journal_id}"
