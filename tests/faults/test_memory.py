"""A question that needs more memory than it may take: refused in words, and nothing else suffers."""

import threading

import pytest
from litestar import Request

from parley.api.errors import answer_error
from parley.model import SessionQuery
from parley.query import find_sessions
from parley.store import StoreTooLarge
from tests.storing import Loading
from tests.telemetry import chat

# 600 MB in one state, of which a question may take 400 MB.
GREEDY = "SELECT length(groupArray(repeat(toString(number), 100000))) FROM numbers(1000, 1000)"


def test_a_greedy_question_is_refused_while_loading_goes_on(loading: Loading) -> None:
    store = loading.store
    refusals: list[StoreTooLarge] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            with pytest.raises(StoreTooLarge) as refused:
                store._engine.query(GREEDY, {})
            refusals.append(refused.value)

    askers = [threading.Thread(target=ask) for _ in range(1)]
    for asker in askers:
        asker.start()
    try:
        for number in range(5):
            loading.load([chat(f"s{number}")])
    finally:
        over.set()
        for asker in askers:
            asker.join()
    loading.derive()
    assert refusals
    page = find_sessions(store, loading.project_id, SessionQuery(limit=10))
    assert len(page.sessions) == 5
    answer = answer_error(Request({"type": "http", "path": "/", "headers": []}), refusals[0])
    assert answer.status_code == 503
    assert "more memory" in answer.content.error.message
