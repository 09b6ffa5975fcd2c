"""Real SDKs against a real server: what was said is what is shown, whatever the client."""

import json
import os
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clients import talk
from tests.clients.environments import NotInstalled, prepare_modules, prepare_python
from tests.clients.record import record
from tests.clients.roster import CLIENTS, Client
from tests.clients.running import run_client
from tests.clients.truth import differences, facts_shown, facts_true
from tests.corpus import corpus_score
from tests.models import ModelServer, serve_models
from tests.serving import Server, start_server

CHOSEN = [client for client in CLIENTS if not client.rarely or os.environ.get("PARLEY_CLIENTS")]


@pytest.fixture(scope="module")
def installed() -> Iterator[dict[str, Future[Path]]]:
    """Environments by name, made one after another beside the tests that need them."""
    with ThreadPoolExecutor(max_workers=1) as installer:
        python = {client.environment: client.script.endswith(".py") for client in CHOSEN}
        yield {
            name: installer.submit(prepare_python if is_python else prepare_modules, name)
            for name, is_python in python.items()
        }
        installer.shutdown(cancel_futures=True)


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with serve_models() as running:
        yield running


@pytest.fixture(scope="module")
def parley(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for all clients: several cannot name a project."""
    running = start_server(tmp_path_factory.mktemp("clients") / "data")
    yield running
    running.stop()


@pytest.mark.parametrize("client", CHOSEN, ids=lambda client: client.name)
def test_what_was_said_is_shown(
    installed: dict[str, Future[Path]],
    parley: Server,
    models: ModelServer,
    tmp_path: Path,
    client: Client,
) -> None:
    try:
        environment = installed[client.environment].result()
    except NotInstalled as reason:
        pytest.skip(f"NOT TESTED: the client {client.name}; not installed: {reason}")
    run_client(
        client,
        environment,
        parley_url=parley.url,
        parley_grpc=parley.grpc,
        model_url=models.url,
        home=tmp_path,
    )
    parley.wait_derived()
    wrong: dict[str, str] = {}
    for key in talk.CONVERSATIONS:
        session_id = f"{client.name}-{key}"
        true = facts_true(key, models.exchanges_in(f"<{session_id}>"))
        shown = facts_shown(
            parley.open_session(session_id), parley.open_session(session_id, "transcript")
        )
        for fact, words in differences(true, shown).items():
            wrong[f"{key}.{fact}"] = words
    assert wrong.keys() == client.not_sent.keys(), "\n".join(
        f"{fact}: {words}" for fact, words in wrong.items()
    )


def test_no_session_appears_that_no_client_has(parley: Server) -> None:
    known = {f"{client.name}-{key}" for client in CLIENTS for key in talk.CONVERSATIONS}
    listed: list[dict[str, Any]] = parley.get_json("/api/v1/sessions?limit=500")["sessions"]
    assert {session["session_id"] for session in listed} <= known


def test_what_is_recorded_of_a_client_is_a_corpus(
    installed: dict[str, Future[Path]], server: Server, tmp_path: Path
) -> None:
    """The first step of docs/adding-a-client.md."""
    client = next(client for client in CHOSEN if client.name == "otel-genai-responses")
    try:
        environment = installed[client.environment].result()
    except NotInstalled as reason:
        pytest.skip(f"NOT TESTED: recording a client; not installed: {reason}")
    record(client, environment, tmp_path / "recorded")
    server.replay(tmp_path / "recorded")
    server.wait_derived()
    expected = json.loads((tmp_path / "recorded" / "expected.json").read_text())
    assert expected["sessions"].keys() == {f"{client.name}-{key}" for key in talk.CONVERSATIONS}
    for session_id, want in expected["sessions"].items():
        got = server.open_session(session_id)
        facts = corpus_score.compare(client.name, want, got) | corpus_score.compare_extended(
            want, got
        )
        wrong = {fact: found for fact, found in facts.items() if not found[0]}
        assert not wrong, session_id
