"""A clock that jumps, forth by days and back by hours: nothing stalls, nothing is lost."""

import time
from pathlib import Path

import pytest

from parley.load import Loader
from parley.model import SessionQuery
from parley.query import find_sessions
from parley.receive.envelope import Stamps, make_envelope
from tests.load.poison import append, open_journal
from tests.storing import Loading
from tests.telemetry import chat

HOUR_NS = 3600 * 10**9
TRACE = bytes(range(16))


def seen(loading: Loading) -> dict[str, int]:
    """Returns the spans of each session, after derivation."""
    loading.derive()
    page = find_sessions(loading.store, loading.project_id, SessionQuery(limit=500))
    return {session.session_id: session.spans for session in page.sessions}


def test_what_arrives_after_the_clock_was_set_back_is_derived(loading: Loading) -> None:
    """The trace was derived at a time that, by today's clock, is tomorrow."""
    store = loading.store
    loading.load([chat("talk", trace_id=TRACE)])
    assert seen(loading) == {"talk": 1}
    tomorrow = time.time_ns() + 24 * HOUR_NS
    store.write(
        "touched",
        ["project_id", "trace_id", "touched_at", "done"],
        [[loading.project_id, TRACE, tomorrow, 1]],
    )
    store._latest_touch_ns = tomorrow  # as a store knows that did the loading, or was opened after
    try:
        for spans in (2, 3):
            loading.load([chat("talk", question=f"{spans}", trace_id=TRACE)])
            store._engine.command("OPTIMIZE TABLE touched FINAL")
            assert seen(loading) == {"talk": spans}
    finally:
        store._engine.command(
            f"ALTER TABLE touched DELETE WHERE touched_at > {tomorrow - HOUR_NS} SETTINGS mutations_sync = 2"
        )
        store._latest_touch_ns = 0


def test_a_pipeline_lives_through_jumps_of_the_clock(
    loading: Loading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = time.time_ns
    journal = open_journal(tmp_path / "journal")
    loader = Loader(loading.store, journal, loaded=lambda: None)
    stamps = Stamps()
    expected: dict[str, int] = {}
    last_stamp = 0
    for number, jump_hours in enumerate((0, 72, -5, 0, 30 * 24, -30 * 24)):
        monkeypatch.setattr(time, "time_ns", lambda hours=jump_hours: real() + hours * HOUR_NS)
        monkeypatch.setattr(time, "time", lambda hours=jump_hours: real() / 1e9 + hours * 3600)
        received_at = stamps.next_ns()
        assert received_at > last_stamp
        last_stamp = received_at
        for name in ("lasting", f"new-{number}"):
            body = chat(name, question=f"{number}", trace_id=name.encode().ljust(16, b"."))
            append(
                journal,
                [make_envelope(loading.project_id, body, received_at=received_at, source="test")],
            )
            expected[name] = expected.get(name, 0) + 1
        loader.run_once()
        assert journal.bytes_waiting() == 0
        assert seen(loading) == expected
    monkeypatch.undo()
    journal.close()


def test_facts_about_the_store_outlive_a_clock_that_was_set_back(
    loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = loading.store
    store.set_fact("a test's fact", "first")
    monkeypatch.setattr(time, "time_ns", lambda: 1_600_000_000_000_000_000)
    store.set_fact("a test's fact", "second")
    assert store.fact("a test's fact") == "second"
