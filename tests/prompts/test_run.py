"""The chat run over HTTP, with a model server that speaks OpenAI's interface."""

import json

import httpx
import pytest

from tests.models import ModelServer, count_tokens
from tests.prompts.conftest import send
from tests.serving import Server

QUESTION = "Where is my parcel?"


def run_body(question: str = QUESTION, **more: object) -> dict[str, object]:
    history = [{"role": "user", "content": question}]
    return {
        "base_id": "support",
        "environment": "production",
        "inputs": {"chat_history": history, "tone": "kind"},
        "metadata": {"ag.session.id": "conversation_123"},
        **more,
    }


def test_a_run_answers_and_is_a_turn_of_its_session(ready: Server, models: ModelServer) -> None:
    answer = send(ready, "POST", "/chat/run", run_body())
    assert answer.status_code == 200, answer.text
    told = answer.json()
    heard = models.exchanges[-1].heard
    assert heard.system == "You help in a kind way."
    assert heard.question == QUESTION
    assert told["session_id"] == "conversation_123"
    assert told["version"] == 1
    assert told["usage"]["output_tokens"] == count_tokens(told["message"])
    ready.wait_derived()
    session = ready.open_session("conversation_123")
    (turn,) = session["turns"]
    assert (turn["input"], turn["output"]) == (QUESTION, told["message"])
    assert turn["trace_ids"] == [told["trace_id"]]
    assert session["session"]["input_tokens"] == told["usage"]["input_tokens"]
    assert session["session"]["cost_usd"] == told["cost_usd"] > 0
    assert session["session"]["environments"] == ["production"]


def test_a_stream_tells_the_words_as_they_come_and_then_the_whole(ready: Server) -> None:
    answer = send(ready, "POST", "/chat/run", run_body(stream=True))
    assert answer.status_code == 200, answer.text
    events = [event.split("\n") for event in answer.text.strip().split("\n\n")]
    pieces = [json.loads(data[6:]) for name, data in events if name == "event: delta"]
    name, data = events[-1]
    assert name == "event: end"
    whole = json.loads(data[6:])
    assert "".join(piece["text"] for piece in pieces) == whole["message"]
    assert len(pieces) > 1
    ready.wait_derived()
    (turn,) = ready.open_session("conversation_123")["turns"]
    assert turn["output"] == whole["message"]
    assert turn["ttft_ms"] is not None


def test_a_provider_that_fails_is_a_failed_turn(ready: Server) -> None:
    answer = send(ready, "POST", "/chat/run", run_body(f"{QUESTION} #fail:500"))
    assert answer.status_code == 502, answer.text
    assert answer.json()["error"]["message"].startswith("openai failed")
    ready.wait_derived()
    session = ready.open_session("conversation_123")
    assert session["session"]["errors"] == 1
    assert session["turns"][0]["error"].startswith("failed: openai failed")


def test_a_wrong_run_is_refused_by_the_name_of_what_is_wrong(
    ready: Server, models: ModelServer
) -> None:
    before = len(models.exchanges)
    asked = [{"role": "user", "content": QUESTION}]
    wrong: list[tuple[dict[str, object], int, str]] = [
        ({"base_id": "suport"}, 404, "base_id"),
        ({"environment": "staging"}, 404, "environment"),
        ({"inputs": {"chat_history": asked}}, 422, "inputs.tone"),
        ({"inputs": {"tone": "kind"}}, 422, "inputs.chat_history"),
        ({"inputs": {"tone": "kind", "chat_history": []}}, 422, "inputs.chat_history"),
        ({"inputs": {"tone": "kind", "chat_history": "hello"}}, 422, "inputs.chat_history"),
        ({"inputs": {"tone": "kind", "chat_history": [7]}}, 422, "inputs.chat_history.0"),
        (
            {"inputs": {"tone": "a", "chat_history": [{"role": "boss", "content": "b"}]}},
            422,
            "inputs.chat_history.0.role",
        ),
        ({"inputs": {"tone": "a", "mood": "b", "chat_history": asked}}, 422, "inputs.mood"),
        ({"metadata": {"ag.session.id": ["a"]}}, 400, "metadata.ag.session.id"),
        ({"metadata": {"ag.session.id": "x" * 10_001}}, 400, "metadata.ag.session.id"),
        ({"inputs": []}, 400, "inputs"),
        ({"stream": "yes"}, 400, "stream"),
    ]
    for change, status, field in wrong:
        answer = send(ready, "POST", "/chat/run", run_body(**change))
        assert answer.status_code == status, (change, answer.text)
        assert answer.json()["error"]["field"] == field, (change, answer.text)
    assert len(models.exchanges) == before, "no wrong run reaches the model"
    assert ready.get_json("/api/v1/stats")["spans"] == 0


def test_what_was_nearly_right_is_suggested(ready: Server) -> None:
    answer = send(ready, "POST", "/chat/run", run_body(base_id="suport"))
    assert "did you mean 'support'?" in answer.json()["error"]["message"]


def test_a_run_without_a_key_says_how_to_set_one(server: Server) -> None:
    prompt = {"model": "mistral:small", "messages": [{"role": "user", "content": "Hello"}]}
    send(server, "POST", "/api/v1/prompts", {"slug": "hello"})
    version = {"prompt": prompt, "deploy_to": "production"}
    assert send(server, "POST", "/api/v1/prompts/hello/versions", version).status_code == 201
    answer = send(server, "POST", "/chat/run", {"base_id": "hello"})
    assert answer.status_code == 424, answer.text
    assert "MISTRAL_API_KEY" in answer.json()["error"]["message"]


def test_a_run_without_a_session_gets_one(ready: Server) -> None:
    told = send(ready, "POST", "/chat/run", run_body(metadata={})).json()
    ready.wait_derived()
    assert ready.open_session(told["session_id"])["session"]["turns"] == 1


def test_the_session_may_stand_in_a_header_or_in_the_baggage(ready: Server) -> None:
    body = run_body(metadata={})
    by_header = send(ready, "POST", "/chat/run", body, **{"x-ag-session-id": "by-header"}).json()
    assert by_header["session_id"] == "by-header"
    baggage = {"baggage": "a=b,ag.session.id=by%20baggage;p=1,ag.user.id=ada"}
    assert send(ready, "POST", "/chat/run", body, **baggage).json()["session_id"] == "by baggage"
    ready.wait_derived()
    assert ready.open_session("by baggage")["session"]["users"] == ["ada"]


def test_a_run_is_part_of_its_callers_trace(ready: Server) -> None:
    parent = {"traceparent": f"00-{'ab' * 16}-{'cd' * 8}-01"}
    told = send(ready, "POST", "/chat/run", run_body(), **parent).json()
    assert told["trace_id"] == "ab" * 16


def test_tools_are_passed_through_and_their_calls_told(ready: Server, models: ModelServer) -> None:
    function = {"name": "get_weather", "parameters": {"type": "object", "properties": {}}}
    prompt = {
        "model": "openai:gpt-4o-mini",
        "messages": [{"role": "history"}],
        "tools": [{"type": "function", "function": function}],
    }
    version = {"prompt": prompt, "variant": "tools", "deploy_to": "tools"}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    body = run_body("Kyoto? #call:get_weather(city=Kyoto)", environment="tools")
    body["inputs"].pop("tone")  # type: ignore[attr-defined]
    told = send(ready, "POST", "/chat/run", body).json()
    (call,) = told["tool_calls"]
    assert call["function"]["name"] == "get_weather"
    assert json.loads(call["function"]["arguments"]) == {"city": "Kyoto"}
    body["inputs"]["chat_history"] += [  # type: ignore[index]
        {"role": "assistant", "content": None, "tool_calls": [call]},
        {"role": "tool", "tool_call_id": call["id"], "content": "sunny"},
    ]
    assert send(ready, "POST", "/chat/run", body).json()["message"]
    assert models.exchanges[-1].heard.results == ("sunny",)
    ready.wait_derived()
    session = ready.open_session("conversation_123")
    assert session["session"]["turns"] == 1, "the second run goes on with the first one's turn"


def test_the_doors_that_agentas_clients_know(ready: Server) -> None:
    asked = [{"role": "user", "content": QUESTION}]
    service = {"app": "support", "environment": "production", "inputs": {"tone": "kind"}}
    answer = send(
        ready,
        "POST",
        "/services/chat/run",
        {**service, "messages": asked},
        baggage="ag.session.id=by-service",
    )
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["role"] == "assistant"
    invocation = {
        "session_id": "by-invocation",
        "data": {"inputs": {"messages": asked, "tone": "kind"}},
        "references": {
            "application": {"slug": "support"},
            "environment": {"slug": "production"},
        },
    }
    answer = send(ready, "POST", "/services/chat/v0/invoke", invocation)
    assert answer.status_code == 200, answer.text
    assert answer.headers["x-ag-session-id"] == "by-invocation"
    assert answer.json()["data"]["outputs"]["content"]
    refused = send(ready, "POST", "/services/chat/v0/invoke", {**invocation, "session_id": "a b"})
    assert refused.status_code == 400
    ready.wait_derived()
    for session_id in ("by-service", "by-invocation"):
        assert ready.open_session(session_id)["turns"][0]["input"] == QUESTION


@pytest.mark.parametrize("stream", [False, True])
def test_a_caller_who_leaves_stops_the_model_and_is_told_in_the_session(
    ready: Server, stream: bool
) -> None:
    with httpx.Client(timeout=1.0, trust_env=False) as impatient, pytest.raises(httpx.ReadTimeout):
        impatient.post(
            f"{ready.url}/chat/run",
            json=run_body(f"{QUESTION} #slow:20", stream=stream),
            headers={"x-parley-project": ready.project},
        )
    while ready.wait_derived()["spans"] < 2:  # the run ends when the server notices
        pass
    (turn,) = ready.open_session("conversation_123")["turns"]
    assert "the caller left" in turn["error"]


def test_a_caller_who_leaves_a_stream_is_told_with_what_was_said(ready: Server) -> None:
    body = run_body(f"{QUESTION} #words:50 #drip:0.1", stream=True)
    headers = {"x-parley-project": ready.project}
    with httpx.Client(trust_env=False) as impatient:  # noqa: SIM117 - the client ends after it
        with impatient.stream(
            "POST", f"{ready.url}/chat/run", json=body, headers=headers
        ) as answer:
            next(answer.iter_text())
    while ready.wait_derived()["spans"] < 2:  # the run ends when the server notices
        pass
    (turn,) = ready.open_session("conversation_123")["turns"]
    assert "the caller left" in turn["error"]
    assert turn["output"].startswith("word0")
    assert 'state="running"} 0' in ready.get("/metrics").text


def test_anthropics_interface_is_spoken_too(ready: Server, models: ModelServer) -> None:
    key = {"provider": "anthropic", "api_key": "sk-ant-012345", "base_url": models.url}
    assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
    prompt = {
        "model": "anthropic:claude-haiku-4-5",
        "messages": [{"role": "system", "content": "Be kind."}, {"role": "history"}],
        "parameters": {"max_tokens": 500, "retries": 0},
    }
    version = {"prompt": prompt, "variant": "claude", "deploy_to": "claude"}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    body = run_body(environment="claude")
    body["inputs"].pop("tone")  # type: ignore[attr-defined]
    told = send(ready, "POST", "/chat/run", body).json()
    assert models.exchanges[-1].path == "/v1/messages"
    assert models.exchanges[-1].heard.system == "Be kind."
    assert told["cost_usd"] > 0
    ready.wait_derived()
    session = ready.open_session("conversation_123")["session"]
    assert session["cost_usd"] == told["cost_usd"]
    assert session["output_tokens"] == count_tokens(told["message"])
