"""An archived prompt is hidden and answers no runs; brought back it is as it was."""

from typing import Any

from tests.cli.test_prompts import said as typed
from tests.prompts.conftest import send
from tests.prompts.test_pages import follow, page, submit
from tests.prompts.test_run import run_body
from tests.serving import Server

PATH = "/api/v1/prompts/support"


def slugs(server: Server, **query: str) -> list[str]:
    found = server.get_json("/api/v1/prompts", params=query)["applications"]
    return [item["slug"] for item in found]


def run(server: Server, **more: Any) -> tuple[int, str]:
    answer = send(server, "POST", "/chat/run", run_body(**more))
    error = answer.json().get("error", {})
    return answer.status_code, error.get("message", "")


def test_an_archived_prompt_answers_no_runs_until_it_is_back(ready: Server) -> None:
    assert run(ready) == (200, "")
    before = ready.get_json(PATH)
    for _ in range(2):  # twice is once
        archived = send(ready, "POST", f"{PATH}/archive", {"author": "Ada"}).json()
    assert archived["archived_at"] is not None
    for more in ({}, {"stream": True}):
        assert run(ready, **more) == (
            410,
            "base_id: support is archived; bring it back to run it",
        )
    assert (slugs(ready), slugs(ready, archived="true")) == ([], ["support"])
    now = ready.get_json(PATH)
    assert (now["versions"], now["deployments"]) == (before["versions"], before["deployments"])
    other = ready.in_project(ready.project + "-other")
    assert send(other, "POST", f"{PATH}/unarchive", {}).status_code == 404
    assert send(ready, "POST", f"{PATH}/unarchive", {}).json() == before["application"]
    assert run(ready) == (200, "")
    assert (slugs(ready), slugs(ready, archived="true")) == (["support"], [])


def test_a_prompt_is_archived_on_its_page_and_in_a_terminal(ready: Server) -> None:
    assert "Archived" not in page(ready, "/prompts").text
    shown = follow(ready, submit(ready, "/prompts/support/archive", {}))
    assert "its runs answer 410" in shown
    assert "Bring back</button>" in shown
    hidden = page(ready, "/prompts").text
    assert "Every prompt is archived" in hidden
    assert "show=archived" in hidden
    assert "support</code>" in page(ready, "/prompts", show="archived").text
    playground = page(ready, "/prompts/support/playground")
    assert (playground.status_code, "is archived" in playground.text) == (410, True)
    by_version = page(ready, "/prompts/support/playground", version="default:1")
    target = {"target": "version:default:1", "do": "run", "input.tone": "kind", "question": "Hi"}
    refused = submit(ready, "/prompts/support/playground", target)
    assert (by_version.status_code, refused.status_code) == (200, 400)
    assert "support is archived" in refused.text
    assert "support" in typed(ready, "list", "--archived")
    assert typed(ready, "unarchive", "support") == "support is in use again\n"
    assert "No application is archived" in typed(ready, "list", "--archived")
    assert "Every prompt is archived" not in page(ready, "/prompts").text
    assert typed(ready, "archive", "support", "--author", "Ada") == "support archived\n"
    back = follow(ready, submit(ready, "/prompts/support/unarchive", {}))
    assert "In use again" in back
