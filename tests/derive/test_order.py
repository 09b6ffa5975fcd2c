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
from tests.storing import Loading, recorded, split_spans

CLIENTS = [
    "agenta",
    "agenta-openinference",
    "otel-py-ag-json",
    "otel-py-ag-proto",
    "otel-py-genai-gzip",
    "otel-js-json",
    "otel-js-proto",
    "openinference-langchain",
    "openinference-langchain-split",
    "otel-py-edge",
    "openinference-openai",
    "pydantic-ai-split",
]
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
def traces_of(client: str) -> list[bytes]:
    return [body for kind, body in recorded(client) if kind == "traces"]


EXPECTED: dict[str, dict[str, object]] = {}


def expected(client: str, store: Store, folder: Path) -> dict[str, object]:
    """The result of the requests as they were recorded, in one go."""
    if client not in EXPECTED:
        loading = Loading(store, folder)
        loading.load(traces_of(client))
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
    single = split_spans(traces_of(client))
    pool = single + chance.sample(single, len(single) // 3)  # some are sent twice
    chance.shuffle(pool)
    sent: list[list[bytes]] = []
    while pool:
        size = chance.choice([1, 2, 5, 20, 100])
        envelopes = [loading.envelope(body) for body in pool[:size]]
        pool = pool[size:]
        loading.load_envelopes(envelopes)
        sent.append(envelopes)
        if chance.random() < 0.2:
            loading.load_envelopes(chance.choice(sent))  # the journal is replayed
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
