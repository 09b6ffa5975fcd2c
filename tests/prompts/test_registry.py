"""Versions, environments, differences: over HTTP, as a program would."""

import pytest

from tests.prompts.conftest import PROMPT, send
from tests.serving import Server


def save(server: Server, content: str, **more: object) -> dict[str, object]:
    prompt = {**PROMPT, "messages": [{"role": "system", "content": content}, {"role": "history"}]}
    path = "/api/v1/prompts/support/versions"
    answer = send(server, "POST", path, {"prompt": prompt, **more})
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_versions_are_counted_and_never_change(ready: Server) -> None:
    second = save(ready, "Be short.", note="shorter", author="ada")
    assert (second["version"], second["note"], second["author"]) == (2, "shorter", "ada")
    assert save(ready, "Be short.")["version"] == 2, "the same prompt again is no new version"
    assert save(ready, "Be long.", variant="long")["version"] == 1
    shown = ready.get_json("/api/v1/prompts/support")
    assert shown["application"]["variants"] == {"default": 2, "long": 1}
    first = ready.get_json("/api/v1/prompts/support/versions/default/1")
    assert first["prompt"]["messages"][0] == PROMPT["messages"][0]
    assert first["input_schema"]["required"] == ["tone", "chat_history"]


def test_an_environment_moves_and_rolls_back(ready: Server) -> None:
    save(ready, "Be short.")
    path = "/api/v1/prompts/support/deployments"
    body = {"environment": "production", "version": 2}
    assert send(ready, "POST", path, body).status_code == 201
    assert now(ready) == {"variant": "default", "version": 2}
    back = send(ready, "POST", "/api/v1/prompts/support/rollback", {"environment": "production"})
    assert back.json()["version"] == 1
    assert now(ready) == {"variant": "default", "version": 1}
    history = ready.get_json("/api/v1/prompts/support")["deployments"]
    assert [item["version"] for item in history] == [1, 2, 1]
    assert history[0]["note"] == "rolled back from default 2"


def now(server: Server) -> object:
    application = server.get_json("/api/v1/prompts/support")["application"]
    return application["environments"]["production"]


def test_two_versions_differ_line_by_line(ready: Server) -> None:
    save(ready, "You help in a {{tone}} way.\nBe short.")
    path = "/api/v1/prompts/support/diff"
    lines = ready.get_json(path, params={"before": "1", "after": "default:2"})["lines"]
    assert "+Be short." in lines
    assert ready.get_json(path, params={"before": "2", "after": "2"})["lines"] == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"model": "gpt-4o"}, "model"),
        ({"model": "nobody:gpt"}, "model"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "history"}, {"role": "history"}]}, "messages.1"),
        ({"messages": [{"role": "system", "content": "{{a b}}"}]}, "messages.0.content"),
        ({"messages": [{"role": "system", "content": "{{chat_history}}"}]}, "messages"),
        ({"messages": [{"role": "system", "content": " "}]}, "messages.0.content"),
        ({"parameters": {"temperature": 3}}, "parameters.temperature"),
        ({"parameters": {"temperature": True}}, "parameters.temperature"),
        ({"parameters": {"max_tokens": 0}}, "parameters.max_tokens"),
        ({"parameters": {"warmth": 1}}, "parameters.warmth"),
        ({"parameters": {"stop": "x"}}, "parameters.stop"),
        ({"tools": [{"type": "function"}]}, "tools.0"),
        ({"response_format": {"type": "xml"}}, "response_format.type"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema"),
    ],
)
def test_a_prompt_that_cannot_work_is_refused(
    ready: Server, change: dict[str, object], field: str
) -> None:
    body = {"prompt": {**PROMPT, **change}}
    answer = send(ready, "POST", "/api/v1/prompts/support/versions", body)
    assert answer.status_code == 422, answer.text
    assert answer.json()["error"]["field"] == field
    assert ready.get_json("/api/v1/prompts/support")["application"]["variants"] == {"default": 1}


def test_another_project_sees_nothing(ready: Server) -> None:
    other = ready.in_project(f"{ready.project}-other")
    assert other.get_json("/api/v1/prompts") == {"applications": []}
    assert other.get("/api/v1/prompts/support").status_code == 404
    assert other.get_json("/api/v1/provider-keys") == {"keys": []}
    assert send(other, "POST", "/chat/run", {"base_id": "support"}).status_code == 404


def test_a_key_is_never_told_nor_written_in_the_clear(ready: Server) -> None:
    (kept,) = ready.get_json("/api/v1/provider-keys")["keys"]
    assert kept["hint"] == "6789"
    assert "sk-0123456789" not in ready.get("/api/v1/provider-keys").text
    secret = b"sk-0123456789"
    for path in ready.data.glob("records.db*"):
        assert secret not in path.read_bytes()
    assert (ready.data / "secret.key").stat().st_mode & 0o077 == 0
