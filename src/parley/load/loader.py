"""The worker of loading: sealed segments into the store, oldest first."""

import threading
from collections import Counter
from collections.abc import Callable

import structlog

from parley.journal import Journal, JournalBroken, Segment, read_envelopes
from parley.load.replay import Replay
from parley.load.sift import sift
from parley.load.trial import Culprit, Trial, TrialFailed, TrialLimits
from parley.store import Store, StoreBusy, StoreOutOfMemory, StoreUnreadable

__all__ = ["Loader"]

INTERVAL_SECONDS = 0.8  # an insert is planned anew each time: some 0.15 s of CPU, however small
FULL_BYTES = 4_000_000  # enough waiting bytes to load before the interval is over
POLL_SECONDS = 0.05
BUSY_SECONDS = 2.0
DEATHS_MAX = 2  # of the process while it was loading the same segment
TRIES_MAX = 3  # of a segment that needs too much memory, or fails in a way nobody foresaw
log = structlog.get_logger()


class Loader:
    """Loads in a thread of its own. What was acknowledged is loaded at least once, ever.

    No segment can end the thread or hold up the others: what the engine refuses is halved until
    the culprit stands alone; what was being loaded at two deaths of the process, or fails again and
    again, is tried by another process first.
    """

    def __init__(
        self,
        store: Store,
        journal: Journal,
        *,
        loaded: Callable[[], None],
        limits: TrialLimits | None = None,
    ) -> None:
        """`loaded` is called after each load, in the loader's thread."""
        self._store = store
        self._journal = journal
        self._loaded = loaded
        self._limits = limits or TrialLimits()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None
        self._tries: Counter[int] = Counter()
        self._trial: Trial | None = None
        self._trial_thread: threading.Thread | None = None
        self._verdict: list[Culprit] | None = None
        self._replay = Replay(store, journal)
        self.loaded_bytes = 0
        self.refused_envelopes = 0
        self.trials = 0

    def start(self) -> None:
        """Starts the thread; it begins with what an earlier process left.

        Raises:
            StoreError, JournalBroken: the run cannot be noted in one of the two.
        """
        self._replay.begin()
        self._thread = threading.Thread(target=self._work, name="load", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Loads what is journaled, then ends. A trial is given up: the next run holds it again."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()
        if self._trial is not None:
            self._trial.stop()
        if self._trial_thread is not None:
            self._trial_thread.join()

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
            except Exception:
                # A bug, told in full each time. The thread lives: what else came can be loaded.
                log.exception("loading failed")
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
        """Loads every sealed segment, then some of what has to be replayed. Returns how many.

        Raises:
            StoreBusy: the store cannot take them now; they stay in the journal.
            OSError, JournalBroken: the disk refuses.
        """
        self._end_trial()
        done = 0
        for segment in self._journal.sealed():
            if self._is_suspect(segment):
                self._begin_trial(segment)
            elif self._load(segment):
                done += 1
        if replayed_bytes := self._replay.run_once():
            self.loaded_bytes += replayed_bytes
            self._loaded()
        return done

    def _load(self, segment: Segment) -> bool:
        """Loads one segment; returns False when nobody knows why it cannot be."""
        self._journal.begin_load(segment)
        try:
            self._load_good(segment)
        except StoreOutOfMemory:
            self._tries[segment.sequence] += 1
            raise
        except (StoreBusy, OSError, JournalBroken):
            raise
        except Exception as error:
            self._tries[segment.sequence] += 1
            log.exception("a segment failed", segment=segment.path.name, reason=str(error)[:300])
            return False
        finally:
            self._journal.end_load()
        self._tries.pop(segment.sequence, None)
        self.loaded_bytes += segment.size_bytes
        self._loaded()
        return True

    def _load_good(self, segment: Segment) -> None:
        """Loads what can be loaded of a segment; the rest goes to quarantine."""
        if not segment.path.exists():
            log.error("a segment was taken away", segment=segment.path.name)
            self._journal.forget(segment)
            return
        try:
            self._store.load_segment(segment.kind, segment.path)
        except (StoreUnreadable, StoreOutOfMemory) as error:
            log.error(
                "a segment is not loaded whole", segment=segment.path.name, reason=str(error)[:300]
            )
        else:
            self._journal.mark_loaded(segment)
            return
        # The bytes may have changed on the disk; and a wrong length would hide what follows it.
        checked = self._journal.check(segment)
        if checked is None:
            return
        envelopes = list(read_envelopes(checked.path))

        def refuse(envelope: bytes, reason: str) -> None:
            self._quarantine(segment, envelope, Culprit(0, "unreadable", reason))

        good = sift(self._store, checked.kind, envelopes, checked.path.parent, refuse)
        # Rewritten: a later replay of the segment must not meet the culprits again.
        kept = checked if len(good) == len(envelopes) else self._journal.replace(checked, good)
        if kept is not None:
            self._journal.mark_loaded(kept)

    def _quarantine(self, segment: Segment, envelope: bytes, culprit: Culprit) -> None:
        self._journal.quarantine(segment.kind, envelope, culprit.cause, culprit.reason)
        self.refused_envelopes += 1
        log.error(
            "an envelope was set aside",
            segment=segment.path.name,
            size_bytes=len(envelope),
            cause=culprit.cause,
            reason=culprit.reason[:300],
        )

    # Trials: one at a time, beside the loading of everything else.

    def _is_suspect(self, segment: Segment) -> bool:
        deaths, tries = self._journal.deaths(segment), self._tries[segment.sequence]
        return deaths >= DEATHS_MAX or tries >= TRIES_MAX

    def _begin_trial(self, segment: Segment) -> None:
        if self._trial is not None or self._stop.is_set():
            return
        log.warning(
            "a segment is tried by another process",
            segment=segment.path.name,
            deaths=self._journal.deaths(segment),
            tries=self._tries[segment.sequence],
        )
        self.trials += 1
        self._verdict = None
        self._trial = trial = Trial(segment, self._limits)

        def judge() -> None:
            try:
                self._verdict = trial.run()
            except TrialFailed as error:
                log.warning("no verdict on a segment yet", reason=str(error)[:200])

        self._trial_thread = threading.Thread(target=judge, name="trial", daemon=True)
        self._trial_thread.start()

    def _end_trial(self) -> None:
        """Sets the culprits of a trial aside; what remains of their segment is loaded as usual."""
        if self._trial is None or self._trial_thread is None or self._trial_thread.is_alive():
            return
        segment, verdict, self._trial = self._trial.segment, self._verdict, None
        if verdict is None:
            return  # it failed: held again, now or at the next pass
        if verdict:
            envelopes = list(read_envelopes(segment.path))
            for culprit in verdict:
                self._quarantine(segment, envelopes[culprit.place], culprit)
            places = {culprit.place for culprit in verdict}
            good = [item for place, item in enumerate(envelopes) if place not in places]
            self._journal.replace(segment, good)
        log.info("a verdict on a segment", segment=segment.path.name, culprits=len(verdict))
        self._journal.forgive(segment)
        del self._tries[segment.sequence]
