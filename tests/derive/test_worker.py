"""The worker beside a loader: nothing that is loaded stays underived."""

import threading

from parley.bus import Bus
from parley.derive import Deriver
from parley.model import SessionQuery
from parley.query import find_sessions
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
