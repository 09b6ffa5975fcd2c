"""Recorded requests of real clients, replayed: every fact that their telemetry holds is right."""

import json
from pathlib import Path

import pytest

from tests.corpus import corpus_score
from tests.serving import Server

DETAILS = {"A.cached_tokens", "A.reasoning_tokens", "B.cached_tokens", "B.reasoning_tokens"}
DETAILS |= {"C.cached_tokens"}
FAILED_TURNS = {"B.turn_inputs", "B.turn_outputs", "C.turn_inputs", "C.turn_outputs"}
# Further facts that a client's telemetry does not hold, and why.
NOT_SENT: dict[str, set[str]] = {
    "agent-framework": {"B.user"},  # no attribute for a user
    "google-adk": {"C.user"},  # sends user.id "anonymous" where there is none
    "litellm": {"C.cached_tokens", "C.turn_inputs", "C.turn_outputs"},  # last call: no session id
    # No gen_ai.usage.* but input and output; the user is trace metadata, which is not exported.
    "mlflow-semconv": {"B.cached_tokens", "B.reasoning_tokens", "B.user", "C.cached_tokens"},
    "openinference-anthropic": {"A.reasoning_tokens", "B.reasoning_tokens"},  # not in the API
    # No span for a failed call, no usage for a streamed one.
    "openinference-js": FAILED_TURNS | {"A.cached_tokens", "B.cached_tokens", "C.cached_tokens"},
    "traceloop-js": FAILED_TURNS | DETAILS,  # no span for a failed call, no usage details
    "traceloop-old": DETAILS,  # no usage for a streamed call, never reasoning tokens
    # By hand over OpenTelemetry, and its OpenAI instrumentation: no usage details.
    "otel-js-json": DETAILS,
    "otel-js-proto": DETAILS,
    "otel-openai-v2": DETAILS,
    "otel-openai-v2-span": DETAILS,
    "otel-py-ag-json": DETAILS,
    "otel-py-ag-proto": DETAILS,
    # No gen_ai.input.messages, no user.
    "otel-py-edge": {"A.user", "A.turn_inputs", "B.user", "B.turn_inputs", "C.turn_inputs"},
    "vercel-ai7": {"A.reasoning_tokens", "B.reasoning_tokens"},  # no usage attribute for them
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


@pytest.mark.parametrize("name", CLIENTS)
def test_every_fact_is_right(replayed: Server, name: str) -> None:
    wrong = []
    for session_id, want in expected_sessions(name).items():
        got = replayed.open_session(session_id)
        for fact, (is_right, wanted, shown) in corpus_score.compare(name, want, got).items():
            if not is_right:
                wrong.append(f"{want['key']}.{fact}: want {wanted!r}, got {shown!r}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("name", CLIENTS)
def test_every_further_fact_that_was_sent_is_right(replayed: Server, name: str) -> None:
    wrong = {}
    for session_id, want in expected_sessions(name).items():
        facts = corpus_score.compare_extended(want, replayed.open_session(session_id))
        for fact, (is_right, wanted, shown) in facts.items():
            if not is_right:
                wrong[f"{want['key']}.{fact}"] = f"want {wanted!r}, got {shown!r}"
    assert wrong.keys() == NOT_SENT.get(name, set()), wrong


def test_no_session_appears_that_no_client_has(replayed: Server) -> None:
    known = {
        session_id
        for name in CLIENTS
        for session_id in json.loads((FOLDER / name / "expected.json").read_text())["sessions"]
    }
    headers = {"x-parley-project": "corpus"}
    assert not corpus_score.unexpected_sessions(replayed.url, known, "corpus", headers)
