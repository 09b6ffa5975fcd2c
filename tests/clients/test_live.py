"""Real SDKs against a real server: what was said is what is shown, whatever the client."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.clients import talk
from tests.clients.environments import NotInstalled, prepare_modules, prepare_python
from tests.clients.roster import CLIENTS, FOLDER, Client
from tests.clients.truth import differences, facts_shown, facts_true
from tests.models import ModelServer, serve_models
from tests.serving import Server, start_server

RUN_SECONDS = 90
# Nothing of the caller's settings reaches a client: a key or an endpoint would lead elsewhere.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")
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


def run(client: Client, environment: Path, parley: Server, models: ModelServer, home: Path) -> None:
    """Runs a client's script to its end, in an environment made for it."""
    variables = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "HOME": str(home),
        "LIVE_NAME": client.name,
        "LIVE_PARLEY_URL": parley.url,
        "LIVE_PARLEY_GRPC": parley.grpc,
        "LIVE_MODEL_URL": models.url,
        "LIVE_CONVERSATIONS": talk.as_json(),
        **client.options,
    }
    command = [str(environment), str(FOLDER / client.script)]
    if not client.script.endswith(".py"):
        (home / "node_modules").symlink_to(environment)
        for name in ("talk.cjs", client.script):
            shutil.copy(FOLDER / name, home)
        command = ["node", client.script]
    done = subprocess.run(
        command,
        check=False,
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    leaks = [line for line in done.stderr.splitlines() if line.startswith("LEAK")]
    assert not leaks, leaks


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
    run(client, environment, parley, models, tmp_path)
    parley.wait_derived()
    wrong: dict[str, str] = {}
    for key in talk.CONVERSATIONS:
        session_id = f"{client.name}-{key}"
        true = facts_true(key, models.exchanges_in(f"<{session_id}>"))
        shown = facts_shown(
            parley.open_session(session_id), parley.open_session(session_id, "transcript")
        )
        for fact, words in differences(true, shown).items():
            if fact not in client.unsettled:
                wrong[f"{key}.{fact}"] = words
    assert wrong.keys() == client.not_sent.keys(), "\n".join(
        f"{fact}: {words}" for fact, words in wrong.items()
    )


def test_no_session_appears_that_no_client_has(parley: Server) -> None:
    known = {f"{client.name}-{key}" for client in CLIENTS for key in talk.CONVERSATIONS}
    listed: list[dict[str, Any]] = parley.get_json("/api/v1/sessions?limit=500")["sessions"]
    assert {session["session_id"] for session in listed} <= known
