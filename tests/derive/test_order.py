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
from tests.storing import Loading, recorded, split_logs, split_spans

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
    "otel-openai-v2",
    "openinference-anthropic",
    "logfire",
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
