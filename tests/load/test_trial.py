"""Trials: a real process, a real engine, real deaths."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from parley.journal import Segment, varint
from parley.load.trial import Culprit, Trial, TrialFailed, TrialLimits
from tests.load.poison import envelope_of, good, slow, unreadable


def segment_of(folder: Path, envelopes: list[bytes]) -> Segment:
    path = folder / f"traces-{1:020d}.seg"
    path.write_bytes(b"".join(varint(len(item)) + item for item in envelopes))
    return Segment(path, "traces", path.stat().st_size, 1)


def test_only_culprits_are_named(tmp_path: Path) -> None:
    envelopes = [good("p", "a"), unreadable("p", 1), good("p", "b", 2), unreadable("p", 3)]
    trial = Trial(segment_of(tmp_path, envelopes), TrialLimits())
    found = trial.run()
    assert [(culprit.place, culprit.cause) for culprit in found] == [
        (1, "unreadable"),
        (3, "unreadable"),
    ]
    assert trial.judges == 1
    assert [path.name for path in tmp_path.iterdir()] == [f"traces-{1:020d}.seg"]


@pytest.mark.timeout(120)
def test_what_ends_the_judge_is_a_culprit_and_the_rest_is_not(tmp_path: Path) -> None:
    """The system ends the judge when it has used up its seconds."""
    envelopes = [good("p", "a"), envelope_of("p", slow(), 1)]
    trial = Trial(segment_of(tmp_path, envelopes), TrialLimits(cpu_seconds=1, memory_bytes=3 << 30))
    assert trial.run() == [Culprit(1, "time", "loading it takes more than 1 s of CPU")]
    assert trial.judges > 1


def test_one_death_by_another_hand_condemns_nobody(tmp_path: Path) -> None:
    envelopes = [good("p", f"s{place}", place) for place in range(2)]
    trial = Trial(segment_of(tmp_path, envelopes), TrialLimits())
    asked = threading.Event()
    ask = trial._ask

    def ask_and_tell(*arguments: object) -> str:
        if not asked.is_set():
            asked.set()
            os.kill(trial._judge.pid, signal.SIGKILL)
        return ask(*arguments)

    trial._ask = ask_and_tell
    assert trial.run() == []
    assert trial.judges == 2


def test_a_trial_can_be_stopped(tmp_path: Path) -> None:
    trial = Trial(segment_of(tmp_path, [good("p", "a")]), TrialLimits())
    failed: list[str] = []

    def run() -> None:
        try:
            trial.run()
        except TrialFailed as error:
            failed.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    while trial.judges == 0:
        time.sleep(0.01)
    trial.stop()
    thread.join(10)
    assert failed == ["stopped"]


def test_a_trial_without_an_engine_says_nothing_about_the_segment(tmp_path: Path) -> None:
    trial = Trial(segment_of(tmp_path, [good("p", "a")]), TrialLimits(memory_bytes=1_000_000))
    with pytest.raises(TrialFailed):
        trial.run()
