"""The playground: real runs, in real sessions, with the test model server."""

import json

import pytest

from tests.models import ModelServer
from tests.prompts.conftest import send
from tests.prompts.test_pages import field_value, follow, page, submit, wrong_fields
from tests.prompts.test_run import run_body
from tests.serving import Server

PATH = "/prompts/support/playground"
TOOL = {"type": "function", "function": {"name": "track", "parameters": {"type": "object"}}}


def ask(server: Server, question: str, before: str = "", **more: str) -> str:
    """Returns the page after a question; `before` is the page that it is asked on."""
    data = {"do": "run", "target": "env:production", "question": question, "input.tone": "kind"}
    for name in ("talk", "session_id"):
        data[name] = field_value(before, name) if before else ""
    answer = submit(server, PATH, data | more)
    assert answer.status_code in (200, 400), answer.text
    return answer.text


def talk_of(text: str) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads(field_value(text, "talk"))
    return found


def test_a_talk_is_a_session_of_its_own(ready: Server, models: ModelServer) -> None:
    missing = ask(ready, "Where is it?", **{"input.tone": ""})
    assert wrong_fields(missing) == {"h-input.tone": "tone is missing"}
    assert "Where is it?" in missing
    first = ask(ready, "Where is it?")
    assert "You said: Where is it?" in first
    text = ask(ready, "And **now**?", first)
    heard = models.exchanges[-1].heard
    assert [said.role for said in heard.messages] == ["system", "user", "assistant", "user"]
    assert heard.system == "You help in a kind way."
    session_id = field_value(text, "session_id")
    ready.wait_derived()
    found = ready.open_session(session_id)
    assert [turn["input"] for turn in found["turns"]] == ["Where is it?", "And **now**?"]
    assert found["session"]["environments"] == ["production"]
    assert found["session"]["metadata"] == {
        "origin": "playground",
        "prompt_version": "support/default/1",
    }
    answers = [said for said in talk_of(text) if said["role"] == "assistant"]
    assert [[item["trace_id"]] for item in answers] == [t["trace_ids"] for t in found["turns"]]
    cost = sum(item["cost_usd"] for item in answers)
    assert cost == pytest.approx(found["session"]["cost_usd"])


def test_a_version_is_run_without_being_deployed(ready: Server) -> None:
    text = ask(ready, "Hi", target="version:default:1")
    ready.wait_derived()
    found = ready.open_session(field_value(text, "session_id"))["session"]
    assert found["environments"] == []
    assert ask(ready, "Hi", target="version:default:1").count("You said: Hi") > 0
    answer = submit(ready, PATH, {"do": "run", "target": "version:default:7"})
    assert answer.status_code == 404


def test_a_failed_run_is_a_turn_and_the_question_stays(ready: Server) -> None:
    text = ask(ready, "Where? #fail:500")
    assert "openai failed" in text
    assert "Where? #fail:500</textarea>" in text
    session_id = field_value(text, "session_id")
    ready.wait_derived()
    assert ready.open_session(session_id)["session"]["errors"] == 1
    after = ask(ready, "Where?", text)
    assert field_value(after, "session_id") == session_id


def test_a_tool_is_answered_by_the_person(ready: Server, models: ModelServer) -> None:
    prompt = ready.get_json("/api/v1/prompts/support/versions/default/1")["prompt"]
    send(ready, "POST", "/api/v1/prompts/support/versions", {"prompt": prompt | {"tools": [TOOL]}})
    where = {"target": "version:default:2"}
    called = ask(ready, "Where? #call:track(parcel=1)", **where)
    assert 'name="result.call_0_track"' in called
    text = ask(ready, "", called, **where, **{"result.call_0_track": "in Delft"})
    assert "I found: in Delft" in text
    assert models.exchanges[-1].heard.results == ("in Delft",)


def test_a_turn_names_its_version_and_is_run_again(ready: Server, models: ModelServer) -> None:
    history = [
        {"role": "user", "content": "My name is Ada."},
        {"role": "assistant", "content": "Hello Ada."},
        {"role": "user", "content": "Where is my parcel?"},
    ]
    body = run_body(inputs={"chat_history": history, "tone": "kind"})
    assert send(ready, "POST", "/chat/run", body).status_code == 200
    send(ready, "POST", "/chat/run", run_body("Thanks!"))
    ready.wait_derived()
    shown = page(ready, "/", open="conversation_123", range="all").text
    assert "support default 1</a> in production" in shown
    again = page(ready, "/rerun-turn", session="conversation_123", turn="2")
    text = follow(ready, again)
    assert "version=default%3A1" in again.headers["location"]
    assert "Thanks!</textarea>" in text
    said = [(item["role"], item["text"]) for item in talk_of(text)]
    assert said[0] == ("user", "My name is Ada.")
    assert said[2:] == [
        ("user", "Where is my parcel?"),
        ("assistant", "You said: Where is my parcel?"),
    ]
    ask(ready, "Thanks a lot!", text)
    assert len(models.exchanges[-1].heard.messages) == 6
    listed = page(ready, "/prompts").text
    assert '2<span class="unit"> turns</span>' in listed
    assert page(ready, PATH, session="conversation_123", turn="9").status_code == 400
    assert page(ready, PATH, session="nobody", turn="1").status_code == 400


def test_a_turn_of_any_client_is_run_again_with_a_prompt_of_choice(ready: Server) -> None:
    from tests.telemetry import chat

    ready.post("/v1/traces", chat("told"))
    ready.wait_derived()
    again = page(ready, "/rerun-turn", session="told", turn="1")
    assert again.headers["location"].startswith(PATH), "there is one application only"
    assert "to be run again" in follow(ready, again)
    send(ready, "POST", "/api/v1/prompts", {"slug": "other"})
    again = page(ready, "/rerun-turn", session="told", turn="1")
    assert "With which prompt shall turn 1 be run again?" in follow(ready, again)


def test_a_talk_that_is_none_is_refused(ready: Server) -> None:
    data = {"do": "run", "target": "env:production", "talk": '[{"no": 1}]'}
    answer = submit(ready, PATH, data)
    assert answer.status_code == 400
    assert "talk" in answer.text


def test_without_a_key_the_page_says_where_to_set_it(ready: Server) -> None:
    prompt = ready.get_json("/api/v1/prompts/support/versions/default/1")["prompt"]
    changed = prompt | {"model": "mistral:mistral-small"}
    send(ready, "POST", "/api/v1/prompts/support/versions", {"prompt": changed})
    text = ask(ready, "Hi", target="version:default:2")
    assert "no key of mistral" in text
    assert "&amp;set=mistral" in text
    assert "Hi</textarea>" in text
    edited = page(ready, "/prompts/support/edit", version="default:2").text
    assert "Nobody gave a key of mistral yet" in edited
