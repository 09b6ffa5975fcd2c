"""Many runs at once: all of them answered and told in their sessions, none beyond the limits."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from bench.runs import (
    RunsOptions,
    check_sessions,
    overheads,
    prepare,
    provider_times,
    questions,
    run_all,
    serve,
)

from tests.models import ModelServer
from tests.prompts.conftest import PROMPT, send
from tests.prompts.test_run import run_body
from tests.serving import Server, Start


def test_a_hundred_runs_at_once_are_all_told_exactly(server: Server) -> None:
    with serve(RunsOptions(seconds=0.05)) as provider:
        prepare(server, provider)
        ran = asyncio.run(run_all(server, questions("flood", 100), at_a_time=100))
        times = provider_times(server, provider)
    assert {item.status for item in ran} == {200}, ran[0].told
    assert len(times) == 100
    assert min(overheads(ran, times)) > 0
    server.wait_derived()
    assert check_sessions(server, ran) == []
    ran[0].told["usage"]["input_tokens"] += 1
    assert check_sessions(server, ran), "a count that is wrong is noticed"


def test_runs_beyond_the_limit_wait_and_beyond_the_queue_are_refused(
    start: Start, models: ModelServer
) -> None:
    server = start("--run-limit", "1", "--run-queue", "1")
    deploy(server, models)
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(send, server, "POST", "/chat/run", run_body("One? #slow:2"))
        wait_until(server, running=1, waiting=0)
        second = callers.submit(send, server, "POST", "/chat/run", run_body("Two?"))
        wait_until(server, running=1, waiting=1)
        refused = send(server, "POST", "/chat/run", run_body("Three?"))
        assert refused.status_code == 429, refused.text
        assert int(refused.headers["retry-after"]) > 0
        assert first.result().json()["waited_ms"] < second.result().json()["waited_ms"]
        first = callers.submit(send, server, "POST", "/chat/run", run_body("Again? #slow:3"))
        wait_until(server, running=1, waiting=0)
        hasty = send(server, "POST", "/chat/run", run_body("Now?", environment="hasty"))
        assert hasty.status_code == 504, hasty.text
        assert "other runs" in hasty.json()["error"]["message"]
        assert first.result().status_code == 200
    server.wait_derived()
    turns = server.open_session("conversation_123")["turns"]
    assert [turn["input"].split("?")[0] for turn in turns] == ["One", "Two", "Again", "Now"]
    assert turns[3]["error"].startswith("timeout: waited 1 s")


def deploy(server: Server, models: ModelServer) -> None:
    """Deploys a prompt whose runs may take long, and one whose runs may take a second."""
    key = {"provider": "openai", "api_key": "sk-0123456789", "base_url": f"{models.url}/v1"}
    send(server, "PUT", "/api/v1/provider-keys", key)
    send(server, "POST", "/api/v1/prompts", {"slug": "support"})
    for environment, seconds in (("production", 60), ("hasty", 1)):
        parameters = {"retries": 0, "timeout_seconds": seconds}
        version = {"prompt": {**PROMPT, "parameters": parameters}, "deploy_to": environment}
        answer = send(server, "POST", "/api/v1/prompts/support/versions", version)
        assert answer.status_code == 201, answer.text


def wait_until(server: Server, *, running: int, waiting: int) -> None:
    """Returns once so many runs are at work and so many wait."""
    wanted = {
        f'parley_chat_runs{{state="{name}"}} {count}'
        for name, count in (("running", running), ("waiting", waiting))
    }
    while not wanted <= set(server.get("/metrics").text.splitlines()):
        pass


def test_what_is_changed_counts_from_the_next_run_on(ready: Server) -> None:
    def run_version() -> object:
        return send(ready, "POST", "/chat/run", run_body()).json().get("version")

    assert run_version() == 1
    prompt = {**PROMPT, "model": "openai:gpt-4o"}
    version = {"prompt": prompt, "deploy_to": "production"}
    send(ready, "POST", "/api/v1/prompts/support/versions", version)
    assert run_version() == 2
    back = {"environment": "production"}
    send(ready, "POST", "/api/v1/prompts/support/rollback", back)
    assert run_version() == 1
    key = {"provider": "openai", "api_key": "sk-0123456789", "base_url": "http://127.0.0.1:9/v1"}
    send(ready, "PUT", "/api/v1/provider-keys", key)
    assert send(ready, "POST", "/chat/run", run_body()).status_code == 502
    send(ready, "DELETE", "/api/v1/prompts/support", None)
    assert send(ready, "POST", "/chat/run", run_body()).status_code == 404
