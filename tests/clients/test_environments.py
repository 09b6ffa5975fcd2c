"""A client that cannot be installed is named, and none calls its vendor."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clients import environments
from tests.clients.environments import NotInstalled, prepare_modules, prepare_python
from tests.clients.roster import CLIENTS, FOLDER

CONNECT = """
import socket, talk
for host in ("192.0.2.1", "127.0.0.1"):
    try:
        socket.create_connection((host, 9), timeout=0.1)
    except OSError as error:
        print(host, "not at home" in str(error))
"""


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of requirements and a cache of the test's own, on a machine without a registry."""
    for name, value in {
        "UV_OFFLINE": "1",
        "PIP_NO_INDEX": "1",
        "npm_config_offline": "true",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(environments, "REQUIREMENTS", tmp_path)
    return tmp_path


def test_what_cannot_be_fetched_is_said_to_be_missing(elsewhere: Path) -> None:
    (elsewhere / "odd.txt").write_text("parley-has-no-such-client==1.0\n")
    with pytest.raises(NotInstalled, match="parley-has-no-such-client"):
        prepare_python("odd")
    assert not list((elsewhere / "cache").rglob("complete"))


def test_an_environment_is_made_once(elsewhere: Path) -> None:
    (elsewhere / "empty.txt").write_text("")
    python = prepare_python("empty")
    made_ns = python.lstat().st_mtime_ns
    assert prepare_python("empty") == python
    assert python.lstat().st_mtime_ns == made_ns


def test_javascript_is_missing_where_node_is(
    elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(elsewhere))
    with pytest.raises(NotInstalled, match="node and npm is not here"):
        prepare_modules("any")


def test_a_client_connects_to_this_machine_only() -> None:
    environment = {**os.environ, "LIVE_NAME": "any", "PYTHONPATH": str(FOLDER)}
    done = subprocess.run(
        [sys.executable, "-c", CONNECT],
        check=True,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["192.0.2.1 True", "127.0.0.1 False"]
    assert "LEAK: socket.getaddrinfo 192.0.2.1" in done.stderr


def test_every_script_and_every_requirement_is_of_a_client() -> None:
    scripts = {path.name for path in FOLDER.iterdir() if path.suffix in (".py", ".cjs", ".mjs")}
    machinery = {
        "__init__",
        "announced",
        "environments",
        "record",
        "roster",
        "running",
        "talk",
        "truth",
    }
    own = {name for name in scripts if Path(name).stem in machinery or name.startswith("test_")}
    assert scripts - own == {client.script for client in CLIENTS}
    wanted = {path.stem for path in (FOLDER / "requirements").iterdir()}
    assert wanted == {client.environment for client in CLIENTS}
