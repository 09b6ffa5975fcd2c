"""The worker beside a loader: nothing that is loaded stays underived."""

import threading
from typing import Any, cast

import pytest

from parley.bus import Bus
from parley.derive import Deriver
from parley.model import SessionQuery
from parley.query import find_sessions
from parley.store import Store, StoreTooLarge
from tests.derive.test_conversation import Script, said
from tests.storing import Loading

SESSIONS = 40


def test_a_trace_is_not_marked_before_its_spans_are_there(loading: Loading) -> None:
    script = Script(loading)
    deriver = Deriver(loading.store, Bus())
    over = threading.Event()

    def poll() -> None:
        while not over.is_set():
            deriver.run_once()

    poller = threading.Thread(target=poll)
    poller.start()
    try:
        for number in range(SESSIONS):
            call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
            loading.load([script.trace(number + 1, call, session=f"session-{number}")])
    finally:
        over.set()
        poller.join()
    loading.derive()
    found = find_sessions(loading.store, loading.project_id, SessionQuery(limit=1))
    assert found.total == SESSIONS


class SmallStore:
    """A store that has memory for the spans of three traces at once, and for one trace never."""

    def __init__(self, store: Store, never: str = "") -> None:
        self._store = store
        self._never = never
        self.refused = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    def read(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        traces = values.get("trace_ids", [])
        if question == "spans.for_derivation" and (len(traces) > 3 or self._never in traces):
            self.refused += 1
            raise StoreTooLarge("Query memory limit exceeded")
        return self._store.read(question, **values)


def test_what_follows_a_late_trace_is_read_in_halves_where_it_is_large(loading: Loading) -> None:
    script = Script(loading)
    call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
    loading.load([script.trace(number, call) for number in range(2, 26)])
    loading.derive()
    late = {"input": [said("user", "first")], "output": said("assistant", "no")}
    loading.load([script.trace(1, late)])
    store = SmallStore(loading.store)
    deriver = Deriver(cast(Store, store), Bus())
    while deriver.run_once():
        pass
    assert store.refused > 1
    assert deriver.failed_traces == 0
    page = find_sessions(loading.store, loading.project_id, SessionQuery(limit=1))
    assert page.sessions[0].first_input == "first"


def test_a_trace_too_large_to_read_stops_no_other(loading: Loading) -> None:
    script = Script(loading)
    call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
    loading.load([script.trace(n, call, session=f"session-{n}") for n in (1, 2, 3, 4)])
    store = SmallStore(loading.store, never=f"{1:032x}")
    deriver = Deriver(cast(Store, store), Bus())
    while deriver.run_once():
        pass
    assert deriver.failed_traces == 1
    assert loading.result_ids() == ["session-2", "session-3", "session-4"]


def turns_listed(loading: Loading) -> int:
    page = find_sessions(loading.store, loading.project_id, SessionQuery(limit=1))
    return page.sessions[0].turns


@pytest.mark.parametrize("crashes", [False, True])
def test_the_row_of_a_large_session_is_summed_less_often(
    loading: Loading, monkeypatch: pytest.MonkeyPatch, crashes: bool
) -> None:
    monkeypatch.setattr("parley.derive.deriver.LARGE_TRACES", 3)
    monkeypatch.setattr("parley.derive.large.COST_FACTOR", 1_000_000)
    script = Script(loading)
    call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
    deriver = Deriver(loading.store, Bus())
    loading.load([script.trace(n, call) for n in range(1, 6)])
    while deriver.run_once():
        pass
    assert turns_listed(loading) == 5
    loading.load([script.trace(6, call)])
    assert deriver.run_once() == 1
    assert turns_listed(loading) == 5, "the row is not due"
    assert deriver.run_once() == 1, "what waits for the row is not forgotten"
    assert deriver.derived_traces == 6, "nor derived again"
    if crashes:
        deriver = Deriver(loading.store, Bus())
    else:
        monkeypatch.setattr("parley.derive.large.LargeSums.due", lambda self: list(self._held))
    while deriver.run_once():
        pass
    assert turns_listed(loading) == 6
