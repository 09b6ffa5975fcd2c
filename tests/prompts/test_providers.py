"""Providers with interfaces of their own, each as far as a server of ours can stand for it."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.util import find_spec
from typing import Any

import pytest

from tests.prompts.conftest import send
from tests.prompts.test_run import QUESTION, run_body
from tests.serving import Server

SAID = "It is on its way."
KEY = "key-0123456789"


class Handler(BaseHTTPRequestHandler):
    """Answers as the path asks, and keeps what was asked."""

    heard: list[tuple[str, dict[str, str], Any]]

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.heard.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
        answer = gemini() if self.path.endswith(":generateContent") else mistral(body["model"])
        status = 200
        if self.path.startswith("/refuse"):
            sent = self.headers.get("authorization") or self.headers.get("x-api-key")
            status, answer = 401, {"error": {"message": f"no such key: {KEY} ({sent})"}}
        elif self.path.startswith("/nonsense"):
            answer = {}
        elif silence := SILENCES.get(self.path.split("/")[1]):
            answer = silence
        elif self.path.startswith("/elsewhere"):
            status = 307
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("location", f"/v1/chat/completions?key={KEY}")
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Says nothing."""


def mistral(model: str) -> dict[str, Any]:
    message = {"role": "assistant", "content": SAID}
    return {
        "id": "cmpl-1",
        "object": "chat.completion",
        "created": 1767225600,
        "model": model,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 5, "total_tokens": 17},
    }


def gemini() -> dict[str, Any]:
    content = {"role": "model", "parts": [{"text": SAID}]}
    return {
        "candidates": [{"content": content, "finishReason": "STOP", "index": 0}],
        "usageMetadata": {
            "promptTokenCount": 12,
            "candidatesTokenCount": 5,
            "totalTokenCount": 17,
        },
        "modelVersion": "gemini-2.5-flash",
        "responseId": "r1",
    }


def unsaid(reason: str, **message: Any) -> dict[str, Any]:
    """Returns an answer in OpenAI's form that says nothing."""
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": reason}
    return {**mistral("m"), "choices": [choice]}


# Answers that say nothing, by the beginning of the path that gets them.
SILENCES: dict[str, dict[str, Any]] = {
    "blocked": {"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}, "responseId": "r2"},
    "unsafe": {**gemini(), "candidates": [{"finishReason": "SAFETY", "index": 0}]},
    "filtered": unsaid("content_filter", content=""),
    "cut": unsaid("length", content=None),
    "choiceless": {**mistral("m"), "choices": []},
}


@pytest.fixture(scope="module")
def provider() -> Iterator[tuple[str, list[Any]]]:
    """Yields the address of the providers, and what they were asked."""
    heard: list[Any] = []
    bound = type("Bound", (Handler,), {"heard": heard})
    with ThreadingHTTPServer(("127.0.0.1", 0), bound) as http:
        threading.Thread(target=http.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{http.server_port}", heard
        http.shutdown()


@pytest.mark.parametrize(
    ("model", "path", "question_of", "key_of"),
    [
        (
            "mistral:mistral-small-latest",
            "/v1/chat/completions",
            lambda body: body["messages"][-1]["content"],
            lambda headers: headers["authorization"].removeprefix("Bearer "),
        ),
        (
            "google:gemini-2.5-flash",
            "/v1beta/models/gemini-2.5-flash:generateContent",
            lambda body: body["contents"][-1]["parts"][0]["text"],
            lambda headers: headers["x-goog-api-key"],
        ),
    ],
    ids=lambda value: value.partition(":")[0] if isinstance(value, str) else "",
)
def test_a_provider_is_asked_in_its_own_words(
    ready: Server, provider: tuple[str, list[Any]], model: str, path: str, question_of, key_of
) -> None:
    address, heard = provider
    name = model.partition(":")[0]
    key = {"provider": name, "api_key": KEY, "base_url": address}
    assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
    messages = [{"role": "system", "content": "Be {{tone}}."}, {"role": "history"}]
    prompt = {"model": model, "messages": messages, "parameters": {"max_tokens": 50, "retries": 0}}
    version = {"prompt": prompt, "variant": name, "deploy_to": name}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    answer = send(ready, "POST", "/chat/run", run_body(environment=name))
    assert answer.status_code == 200, answer.text
    asked_at, headers, body = heard[-1]
    assert asked_at.partition("?")[0] == path
    assert question_of(body) == QUESTION
    assert key_of(headers) == KEY
    told = answer.json()
    assert told["message"] == SAID
    assert (told["usage"]["input_tokens"], told["usage"]["output_tokens"]) == (12, 5)
    ready.wait_derived()
    session = ready.open_session("conversation_123")["session"]
    assert session["last_output"] == SAID
    assert (session["input_tokens"], session["output_tokens"]) == (12, 5)
    assert session["cost_usd"] == told["cost_usd"]


def test_bedrock_wants_its_library_and_its_region(ready: Server) -> None:
    key = {"provider": "bedrock", "api_key": KEY, "base_url": "http://127.0.0.1:9"}
    refused = send(ready, "PUT", "/api/v1/provider-keys", key)
    assert (refused.status_code, refused.json()["error"]["field"]) == (422, "base_url")
    key["base_url"] = ""
    assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
    prompt = {"model": "bedrock:amazon.nova-lite-v1:0", "messages": [{"role": "history"}]}
    version = {"prompt": prompt, "variant": "bedrock", "deploy_to": "bedrock"}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    inputs = {"chat_history": [{"role": "user", "content": QUESTION}]}
    body = run_body(environment="bedrock", inputs=inputs)
    answer = send(ready, "POST", "/chat/run", body)
    assert answer.status_code == 424, answer.text
    assert "region" in answer.json()["error"]["message"]
    key["base_url"] = "https://bedrock-runtime.eu-west-1.amazonaws.com"
    assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
    if find_spec("boto3") is None:
        answer = send(ready, "POST", "/chat/run", body)
        assert answer.status_code == 424
        assert "pip install boto3" in answer.json()["error"]["message"]


@pytest.mark.parametrize("name", ["openai", "anthropic", "mistral"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_key_is_never_told_and_a_failure_never_lost(
    ready: Server, provider: tuple[str, list[Any]], name: str, stream: bool
) -> None:
    address, heard = provider
    prompt = {
        "model": f"{name}:m",
        "messages": [{"role": "history"}],
        "parameters": {"max_tokens": 50, "retries": 0},
    }
    version = {"prompt": prompt, "variant": name, "deploy_to": name}
    assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
    told = ""
    for trouble in ("refuse", "nonsense", "elsewhere"):
        end = "/v1" if name == "openai" else ""
        key = {"provider": name, "api_key": KEY, "base_url": f"{address}/{trouble}{end}"}
        told += send(ready, "PUT", "/api/v1/provider-keys", key).text
        inputs = {"chat_history": [{"role": "user", "content": f"{trouble}?"}]}
        body = run_body(environment=name, inputs=inputs, stream=stream)
        answer = send(ready, "POST", "/chat/run", body)
        assert answer.status_code == 502, answer.text
        told += answer.text
    assert not any(path.startswith("/v1") and "key=" in path for path, _, _ in heard)
    ready.wait_derived()
    opened = ready.open_session("conversation_123")
    assert opened["session"]["errors"] == 3
    assert [turn["input"] for turn in opened["turns"]] == ["refuse?", "nonsense?", "elsewhere?"]
    told += json.dumps(opened) + json.dumps(ready.open_session("conversation_123", "spans"))
    assert KEY not in told + ready.log.read_text()
    assert "no such key: …" in told


def test_an_answer_that_says_nothing_is_a_failed_turn(
    ready: Server, provider: tuple[str, list[Any]]
) -> None:
    address, _ = provider
    expected = {
        "blocked": ("google", "google answered nothing: content_filter (PROHIBITED_CONTENT)"),
        "unsafe": ("google", "google answered nothing: content_filter (SAFETY)"),
        "filtered": ("openai", "openai answered nothing: content_filter"),
        "cut": ("openai", "openai answered nothing: length"),
        "choiceless": ("openai", "openai answered what cannot be understood"),
    }
    for trouble, (name, words) in expected.items():
        end = "/v1" if name == "openai" else ""
        key = {"provider": name, "api_key": KEY, "base_url": f"{address}/{trouble}{end}"}
        assert send(ready, "PUT", "/api/v1/provider-keys", key).status_code == 200
        prompt = {"model": f"{name}:m", "messages": [{"role": "history"}]}
        version = {"prompt": prompt, "variant": name, "deploy_to": name}
        assert send(ready, "POST", "/api/v1/prompts/support/versions", version).status_code == 201
        inputs = {"chat_history": [{"role": "user", "content": f"{trouble}?"}]}
        answer = send(ready, "POST", "/chat/run", run_body(environment=name, inputs=inputs))
        assert (answer.status_code, answer.json()["error"]["message"]) == (502, words)
    ready.wait_derived()
    opened = ready.open_session("conversation_123")
    assert [(t["input"], t["error"].partition(": ")[2]) for t in opened["turns"]] == [
        (f"{trouble}?", words) for trouble, (_, words) in expected.items()
    ]
    # What the provider counted is paid for, said or not.
    assert [turn["output_tokens"] for turn in opened["turns"]] == [0, 5, 5, 5, 0]
