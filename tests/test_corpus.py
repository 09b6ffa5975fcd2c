"""Recorded requests of real clients, replayed: every fact that their telemetry holds is right."""

import json
from pathlib import Path

import pytest

from tests.corpus import corpus_score
from tests.serving import Server

PERFECT = {
    "agenta",
    "agenta-openinference",
    "openinference-langchain",
    "openinference-langchain-split",
    "otel-js-json",
    "otel-js-proto",
    "otel-py-ag-json",
    "otel-py-ag-proto",
    "otel-py-edge",
    "otel-py-genai-grpc",
    "otel-py-genai-gzip",
}
FOLDER = Path(__file__).parent / "corpus"


CLIENTS = sorted(path.parent.name for path in FOLDER.glob("*/expected.json"))


@pytest.fixture(scope="module")
def replayed(shared_server: Server) -> Server:
    """The server after all clients have sent what they recorded."""
    server = shared_server.in_project("corpus")
    for name in CLIENTS:
        server.replay(FOLDER / name)
    server.wait_derived()
    return server


def expected_sessions(name: str) -> dict[str, dict]:
    """Returns the sessions of a client whose id leaves its process."""
    expected = json.loads((FOLDER / name / "expected.json").read_text())
    lost = expected.get("unrecoverable", [])
    return {key: want for key, want in expected["sessions"].items() if want["key"] not in lost}


@pytest.mark.parametrize("name", CLIENTS)
def test_every_session_that_left_the_client_is_found(replayed: Server, name: str) -> None:
    for session_id in expected_sessions(name):
        assert replayed.open_session(session_id)["session"]["session_id"] == session_id


@pytest.mark.parametrize("name", sorted(PERFECT))
def test_every_fact_is_right(replayed: Server, name: str) -> None:
    wrong = []
    for session_id, want in expected_sessions(name).items():
        got = replayed.open_session(session_id)
        for fact, (is_right, wanted, shown) in corpus_score.compare(name, want, got).items():
            if not is_right:
                wrong.append(f"{want['key']}.{fact}: want {wanted!r}, got {shown!r}")
    assert not wrong, "\n".join(wrong)


def test_no_session_appears_that_no_client_has(replayed: Server) -> None:
    known = {
        session_id
        for name in CLIENTS
        for session_id in json.loads((FOLDER / name / "expected.json").read_text())["sessions"]
    }
    headers = {"x-parley-project": "corpus"}
    assert not corpus_score.unexpected_sessions(replayed.url, known, "corpus", headers)
