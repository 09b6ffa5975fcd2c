"""Order of arrival does not matter: any split, order, repetition or crash gives the same result."""

import os
import random
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from parley.bus import Bus
from parley.derive import Deriver
from parley.store import Store
from tests.derive.test_conversation import Script, said
from tests.storing import CORPUS, Loading, recorded, split_logs, split_spans

CLIENTS = sorted(path.parent.name for path in CORPUS.glob("*/expected.json"))
TRIALS = int(os.environ.get("PARLEY_TRIALS", "60"))


class Killed(BaseException):
    """Stands for the process that ends here."""


class MortalStore:
    """A store whose process ends at its n-th write."""

    def __init__(self, store: Store, writes: int) -> None:
        self._store = store
        self._left = writes

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._store, name)
        return self._counted(found) if name in ("write", "run") else found

    def _counted(self, call: Callable[..., None]) -> Callable[..., None]:
        def run(*arguments: Any, **values: Any) -> None:
            self._left -= 1
            if self._left < 0:
                raise Killed
            call(*arguments, **values)

        return run


@cache
def requests_of(client: str) -> list[tuple[str, bytes]]:
    """The requests of a client as (kind, body), with one span or log record in each."""
    sent = recorded(client)
    spans = split_spans([body for kind, body in sent if kind == "traces"])
    logs = split_logs([body for kind, body in sent if kind == "logs"])
    return [("traces", body) for body in spans] + [("logs", body) for body in logs]


EXPECTED: dict[str, dict[str, object]] = {}


def expected(client: str, store: Store, folder: Path) -> dict[str, object]:
    """The result of the requests as they were recorded, in one go."""
    if client not in EXPECTED:
        loading = Loading(store, folder)
        for kind, body in recorded(client):
            loading.load([body], kind)
        loading.derive()
        EXPECTED[client] = loading.result()
        assert EXPECTED[client]
    return EXPECTED[client]


@pytest.mark.parametrize("seed", range(TRIALS))
def test_any_order_split_and_crash_gives_the_same_sessions(
    seed: int, store: Store, tmp_path: Path
) -> None:
    chance = random.Random(seed)
    client = CLIENTS[seed % len(CLIENTS)]
    want = expected(client, store, tmp_path)
    loading = Loading(store, tmp_path)
    single = requests_of(client)
    pool = single + chance.sample(single, len(single) // 3)  # some are sent twice
    chance.shuffle(pool)
    sent: list[tuple[str, list[bytes]]] = []
    while pool:
        size = chance.choice([1, 2, 5, 20, 100])
        for kind in ("traces", "logs"):
            envelopes = [loading.envelope(body) for of, body in pool[:size] if of == kind]
            if envelopes:
                loading.load_envelopes(envelopes, kind)
                sent.append((kind, envelopes))
        pool = pool[size:]
        if chance.random() < 0.2:
            kind, envelopes = chance.choice(sent)
            loading.load_envelopes(envelopes, kind)  # the journal is replayed
        step = chance.random()
        if step < 0.4:
            loading.derive()
        elif step < 0.6:
            mortal = MortalStore(store, chance.randrange(7))
            with suppress(Killed):
                Deriver(mortal, Bus()).run_once()  # type: ignore[arg-type]
    loading.derive()
    assert loading.result() == want


def long_chat(loading: Loading, traces: int) -> list[bytes]:
    """A chat of bare calls that resend the last eight messages; every third brings a tool result."""
    script = Script(loading)
    history: list[dict[str, Any]] = []
    bodies = []
    for number in range(traces):
        if number % 3 == 2:
            history.append({"role": "tool", "content": f"result {number}"})
        else:
            history.append(said("user", "yes" if number % 5 == 0 else f"question {number}"))
        answer = said("assistant", f"answer {number % 7}")
        bodies.append(script.trace(number + 1, {"input": history[-8:], "output": answer}))
        history.append(answer)
    return bodies


def test_a_long_session_is_the_same_in_any_order(store: Store, tmp_path: Path) -> None:
    """More traces than derivation looks at around one that changed."""
    whole = Loading(store, tmp_path)
    bodies = long_chat(whole, 180)
    whole.load(bodies)
    whole.derive()
    chance = random.Random(3)
    parts = Loading(store, tmp_path)
    late = [bodies.pop(place) for place in (170, 120, 90, 89, 30, 0)]
    chance.shuffle(bodies)
    for group in (bodies[:60], bodies[60:65], bodies[65:], *([body] for body in late)):
        parts.load(group)
        parts.derive()
    assert parts.result() == whole.result()


def test_two_traces_of_a_session_that_change_in_different_batches(
    store: Store, tmp_path: Path
) -> None:
    """The batch of the first reads the second as well; what follows the second must not miss it."""
    whole, parts = Loading(store, tmp_path), Loading(store, tmp_path)
    script = Script(whole)

    def call(place: int, answer: str) -> bytes:
        told = ["answer 19", "better 20"] if place == 38 else []
        history = [said("assistant", words) for words in told]
        asked = [*history, said("user", f"question {place}")]
        return script.trace(place + 1, {"input": asked, "output": said("assistant", answer)})

    bodies = [call(place, f"answer {place}") for place in range(40)]
    better = [call(place, f"better {place}") for place in (5, 20)]
    whole.load([*bodies, *better])
    whole.derive()
    parts.load(bodies)
    parts.derive()
    parts.load(better)
    deriver = Deriver(store, Bus())
    for place in (5, 20):
        pending = {row[1]: row[2] for row in store.pending_work(10)}
        trace_id = f"{place + 1:032x}"
        deriver._derive(parts.project_id, {trace_id: pending[trace_id]})
    assert deriver.run_once() == 0
    assert parts.result() == whole.result()
