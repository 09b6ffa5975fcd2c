"""A recorded turn in the form that a chat run takes: asked again, the model hears the same."""

from tests.models import ModelServer
from tests.prompts.conftest import send
from tests.prompts.test_run import run_body
from tests.serving import Server

CALL = "Kyoto? #call:get_weather(city=Kyoto)"


def talk(server: Server, said: list[dict[str, object]], **more: object) -> dict[str, object]:
    """Returns the answer of a run whose history is what was said so far."""
    body = run_body(inputs={"tone": "kind", "chat_history": said}, **more)
    answer = send(server, "POST", "/chat/run", body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_a_turn_can_be_asked_again(ready: Server, models: ModelServer) -> None:
    said: list[dict[str, object]] = [{"role": "user", "content": "One?"}]
    for question in ("Two?", "Three?"):
        said.append({"role": "assistant", "content": talk(ready, said)["message"]})
        said.append({"role": "user", "content": question})
    talk(ready, said)
    ready.wait_derived()
    turns = ready.open_session("conversation_123")["turns"]
    assert len(turns) == 3
    for place, name in ((1, "2"), (2, turns[2]["turn_id"])):
        again = ready.open_session("conversation_123", f"turns/{name}/chat-history")
        assert again["chat_history"] == said[: 2 * place + 1]
        assert (again["turn"], again["is_complete"]) == (place + 1, True)
    talk(ready, again["chat_history"], metadata={"ag.session.id": "again"})
    first, second = models.exchanges[-2:]
    assert first.heard == second.heard
    for missing in ("4", "0", "nobody", "9" * 30):
        answer = ready.get(f"/api/v1/sessions/conversation_123/turns/{missing}/chat-history")
        assert answer.status_code == 404, missing
        assert answer.json()["error"]["field"] == "turn"
    other = ready.in_project("somebody-else")
    assert other.get("/api/v1/sessions/conversation_123/turns/1/chat-history").status_code == 404
