"""Poison in the journal: the culprit alone is set aside, everything else is loaded."""

from pathlib import Path

import pytest

from parley.journal import Journal, read_envelopes
from parley.load import Loader, TrialLimits, list_set_aside, retry_set_aside
from parley.load.loader import TRIES_MAX
from parley.model import SessionQuery
from parley.query import find_sessions, read_stats
from parley.store import StoreBusy, StoreOutOfMemory
from tests.load.poison import (
    RECEIVED_AT,
    append,
    envelope_of,
    good,
    open_journal,
    unreadable,
    wide_resource,
)
from tests.storing import Loading


@pytest.fixture
def journal(tmp_path: Path):
    opened = open_journal(tmp_path / "journal")
    yield opened
    opened.close()


def make_loader(loading: Loading, journal: Journal) -> Loader:
    return Loader(loading.store, journal, loaded=lambda: None)


def sessions_of(loading: Loading) -> list[str]:
    loading.derive()
    page = find_sessions(loading.store, loading.project_id, SessionQuery(limit=500))
    return sorted(session.session_id for session in page.sessions)


def test_what_the_engine_refuses_is_set_aside_alone(
    loading: Loading, journal: Journal, tmp_path: Path
) -> None:
    project = loading.project_id
    append(
        journal,
        [
            good(project, "a"),
            unreadable(project, 1),
            good(project, "b", 2),
            good(project, "c", 3),
            unreadable(project, 4),
        ],
    )
    loader = make_loader(loading, journal)
    assert loader.run_once() == 1
    assert sessions_of(loading) == ["a", "b", "c"]
    found = list_set_aside(journal, project)
    assert [item.cause for item in found] == ["unreadable", "unreadable"]
    assert "read after eof" in found[0].reason
    assert str(tmp_path) not in found[0].reason  # it is shown to others than who owns the disk
    assert {item.received_ns for item in found} == {RECEIVED_AT + 1, RECEIVED_AT + 4}
    assert journal.bytes_waiting() == 0
    assert journal.sealed() == []
    assert list_set_aside(journal, "another project") == []
    # What is kept for a replay does not hold the culprits any more.
    (kept,) = (journal._folder / "loaded").glob("*.seg")
    assert len(list(read_envelopes(kept))) == 3


def test_a_retry_that_fails_again_comes_back_once(loading: Loading, journal: Journal) -> None:
    append(journal, [unreadable(loading.project_id)])
    loader = make_loader(loading, journal)
    loader.run_once()
    (entry,) = list_set_aside(journal)
    assert retry_set_aside(journal, entry.id)
    assert list_set_aside(journal) == []
    assert not retry_set_aside(journal, entry.id)
    loader.run_once()
    assert [item.id for item in list_set_aside(journal)] == [entry.id]


def test_a_retry_of_what_is_fine_is_loaded_as_it_was_received(
    loading: Loading, journal: Journal
) -> None:
    envelope = good(loading.project_id, "late", 7)
    journal.quarantine("traces", envelope, "killed", "it was not its fault")
    (entry,) = list_set_aside(journal, loading.project_id)
    assert retry_set_aside(journal, entry.id)
    (segment,) = journal.sealed()
    assert list(read_envelopes(segment.path)) == [envelope]
    make_loader(loading, journal).run_once()
    assert sessions_of(loading) == ["late"]


def test_an_engine_that_refuses_everything_condemns_nobody(
    loading: Loading, journal: Journal
) -> None:
    """A table that is gone is not the fault of the bytes."""
    append(journal, [good(loading.project_id, "a"), good(loading.project_id, "b", 1)])
    loader = make_loader(loading, journal)
    command = loading.store._engine.command
    command("RENAME TABLE otlp_traces TO otlp_traces_away")
    try:
        with pytest.raises(StoreBusy, match="refuses everything"):
            loader.run_once()
    finally:
        command("RENAME TABLE otlp_traces_away TO otlp_traces")
    assert journal.quarantined() == []
    assert loader.run_once() == 1
    assert sessions_of(loading) == ["a", "b"]


def test_a_length_flipped_while_the_server_runs_costs_one_envelope(
    loading: Loading, journal: Journal
) -> None:
    envelopes = [good(loading.project_id, f"s{place}", place) for place in range(5)]
    append(journal, envelopes)
    (segment,) = journal.sealed()
    data = bytearray(segment.path.read_bytes())
    second = len(envelopes[0]) + 2  # where the second one's length begins
    data[second] ^= 0x20
    segment.path.write_bytes(data)
    loader = make_loader(loading, journal)
    assert loader.run_once() == 1
    assert sessions_of(loading) == ["s0", "s2", "s3", "s4"]
    (entry,) = list_set_aside(journal)
    assert entry.cause == "damaged"
    # Only its length was wrong: put back, it is whole again.
    retry_set_aside(journal, entry.id)
    loader.run_once()
    assert sessions_of(loading) == ["s0", "s1", "s2", "s3", "s4"]


def test_a_segment_that_somebody_took_away_holds_up_nobody(
    loading: Loading, journal: Journal
) -> None:
    append(journal, [good(loading.project_id, "gone")])
    (segment,) = journal.sealed()
    append(journal, [good(loading.project_id, "stays", 1)])
    segment.path.unlink()
    make_loader(loading, journal).run_once()
    assert sessions_of(loading) == ["stays"]
    assert journal.bytes_waiting() == 0


@pytest.mark.timeout(180)
def test_a_request_that_is_too_much_at_once_is_loaded_in_pieces(
    loading: Loading, journal: Journal
) -> None:
    """As one load it would need 1.5 GB."""
    project = loading.project_id
    append(journal, [good(project, "a"), envelope_of(project, wide_resource(8_000), 1)])
    assert make_loader(loading, journal).run_once() == 1
    assert journal.bytes_waiting() == 0
    assert journal.quarantined() == []
    loading.derive()
    assert read_stats(loading.store, project).spans == 8_001


@pytest.mark.timeout(180)
def test_what_never_fits_the_memory_is_tried_elsewhere_and_set_aside(
    loading: Loading, journal: Journal
) -> None:
    project = loading.project_id
    append(journal, [good(project, "a"), envelope_of(project, wide_resource(100_000), 1)])
    journal.sealed()
    loader = make_loader(loading, journal)
    for _ in range(TRIES_MAX):
        with pytest.raises(StoreOutOfMemory):
            loader.run_once()
    append(journal, [good(project, "b", 2)])
    loader.run_once()  # the trial begins, the next segment does not wait for it
    assert loader.trials == 1
    assert "b" in sessions_of(loading)
    loader._trial_thread.join(120)
    loader.run_once()
    assert sessions_of(loading) == ["a", "b"]
    (entry,) = list_set_aside(journal, project)
    assert entry.cause == "memory"
    assert journal.bytes_waiting() == 0


def test_a_replay_brings_back_what_the_store_lost(loading: Loading, tmp_path: Path) -> None:
    project = loading.project_id
    journal = open_journal(tmp_path / "journal")
    loader = make_loader(loading, journal)
    loader._replay.begin()
    for place in range(3):
        append(journal, [good(project, f"s{place}", place)])
        loader.run_once()
    assert sessions_of(loading) == ["s0", "s1", "s2"]
    for table in ("spans", "trace_sessions", "sessions", "turns", "messages", "traces"):
        loading.store._engine.command(
            f"ALTER TABLE {table} DELETE WHERE project_id = '{project}' SETTINGS mutations_sync = 2"
        )
    assert sessions_of(loading) == []
    # No close: the process died.
    after = open_journal(tmp_path / "journal")
    again = make_loader(loading, after)
    again._replay.begin()
    assert after.bytes_waiting() > 0
    again.run_once()
    assert after.bytes_waiting() == 0
    assert sessions_of(loading) == ["s0", "s1", "s2"]
    after.close()
    clean = open_journal(tmp_path / "journal")
    third = make_loader(loading, clean)
    third._replay.begin()
    assert clean.bytes_waiting() == 0
    clean.close()


def test_a_replay_that_ends_the_process_twice_is_tried_elsewhere(
    loading: Loading, tmp_path: Path
) -> None:
    folder = tmp_path / "journal"
    journal = open_journal(folder)
    loader = make_loader(loading, journal)
    loader._replay.begin()
    append(journal, [good(loading.project_id, "kept")])
    loader.run_once()
    for _ in range(2):  # each process dies in the midst of the replay
        journal = open_journal(folder)
        loader = make_loader(loading, journal)
        loader._replay.begin()
        (segment,) = loader._replay._waiting
        journal.begin_load(segment)
    journal = open_journal(folder)
    loader = make_loader(loading, journal)
    loader._replay.begin()
    loader.run_once()  # it goes back to what waits to be loaded
    assert [item.sequence for item in journal.sealed()] == [segment.sequence]
    loader.run_once()
    assert loader.trials == 1
    loader._trial_thread.join(120)
    loader.run_once()
    assert journal.bytes_waiting() == 0
    assert sessions_of(loading) == ["kept"]
    journal.close()


def test_limits_of_a_trial_are_below_the_server_s() -> None:
    assert TrialLimits().memory_bytes <= 1_000_000_000
