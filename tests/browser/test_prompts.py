"""Prompts on the page: written, saved, deployed, talked to, found again as a session."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.models import ModelServer, serve_models
from tests.prompts.conftest import PROMPT, send
from tests.serving import Server


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with serve_models() as server:
        yield server


def set_key(server: Server, models: ModelServer) -> None:
    key = {"provider": "openai", "api_key": "sk-0123456789", "base_url": f"{models.url}/v1"}
    assert send(server, "PUT", "/api/v1/provider-keys", key).status_code == 200


def test_a_prompt_is_written_deployed_and_talked_to(visit: Visit, models: ModelServer) -> None:
    server, page = visit.server, visit.page
    set_key(server, models)
    visit.open()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Prompts").click()
    page.get_by_label("Slug").fill("desk")
    page.get_by_role("button", name="Make it").click()
    page.get_by_label("Text of message 1").fill("You speak {{tone}}.")
    page.get_by_role("button", name="Add a message").click()
    page.get_by_label("Role of message 3").select_option("history")
    expect(page.get_by_label("Text of message 3")).to_be_hidden()
    page.get_by_role("button", name="Remove message 3").click()
    expect(page.get_by_label("Text of message 3")).to_have_count(0)
    expect(page.locator(".inputs")).to_have_text("Inputs: tone chat_history")
    page.get_by_label("Deploy at once to").fill("production")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.locator("#h-model")).to_contain_text("is required")
    visit.errors.clear()  # the browser says that the answer was 400
    page.get_by_label("Model", exact=True).fill("gpt-4o-mini")
    page.get_by_role("button", name="Save as a new version").click()
    expect(page.get_by_role("status").first).to_contain_text("Deployed")
    page.get_by_role("link", name="Playground", exact=True).first.click()
    page.locator("html[data-ready]").wait_for(state="attached")
    page.get_by_label("tone").fill("softly")
    page.get_by_label("Message").fill("Where is it? #words:30 #drip:0.03")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("[data-answer]")).to_contain_text("word2")  # while it comes
    expect(page.locator(".foot")).to_contain_text("default 1")
    expect(page.get_by_label("tone")).to_have_value("softly")
    page.get_by_label("Message").fill("And <b>now</b>?")
    page.get_by_label("Message").press("Control+Enter")
    expect(page.locator(".foot")).to_have_count(2)
    expect(page.locator(".play__talk")).to_contain_text("You said: And <b>now</b>?")
    assert models.exchanges[-1].heard.system == "You speak softly."
    server.wait_derived()
    page.get_by_role("link", name="Open the session").click()
    expect(page.locator(".turn")).to_have_count(2)
    expect(page.locator(".turn").first).to_contain_text("desk default 1")
    page.get_by_role("link", name="Run turn 2 again in the playground").click()
    expect(page.get_by_label("Message")).to_have_value("And <b>now</b>?")
    expect(page.locator(".play__said")).to_have_count(2)
    visit.check()


def test_a_prompt_is_edited_and_run_by_keys_alone(visit: Visit, models: ModelServer) -> None:
    server, page = visit.server, visit.page
    set_key(server, models)
    send(server, "POST", "/api/v1/prompts", {"slug": "desk"})
    version = {"prompt": PROMPT, "deploy_to": "production"}
    send(server, "POST", "/api/v1/prompts/desk/versions", version)

    def reach(name: str, *, role: str = "") -> None:
        """Presses Tab until what has this name has the focus."""
        for _ in range(120):
            page.keyboard.press("Tab")
            found = page.evaluate(
                "[document.activeElement?.ariaLabel || document.activeElement?.labels?.[0]"
                "?.innerText || document.activeElement?.innerText || '',"
                " document.activeElement?.tagName]"
            )
            if found[0].strip() == name and (not role or found[1] == role):
                return
        raise AssertionError(f"no Tab leads to {name}")

    visit.open("/prompts/desk")
    reach("Edit as new version")
    page.keyboard.press("Enter")
    page.locator("html[data-ready]").wait_for(state="attached")
    reach("Text of message 1")
    page.keyboard.press("Control+End")
    page.keyboard.type(" Be short.")
    reach("Note")
    page.keyboard.type("shorter")
    reach("Save as a new version")
    page.keyboard.press("Enter")
    expect(page.locator("#shown")).to_have_text("default 2")
    reach("Playground")
    page.keyboard.press("Enter")
    page.wait_for_url("**/playground**")
    page.locator("html[data-ready]").wait_for(state="attached")
    reach("Message")
    page.keyboard.type("Hello?")
    reach("tone")
    page.keyboard.type("kind")
    page.keyboard.press("Control+Enter")
    expect(page.locator(".play__talk")).to_contain_text("You said: Hello?")
    assert models.exchanges[-1].heard.system == "You help in a kind way. Be short."
    expect(page.get_by_label("Message")).to_be_focused()
    visit.check()


def test_a_failed_run_leaves_the_form_as_it_was(visit: Visit, models: ModelServer) -> None:
    server, page = visit.server, visit.page
    set_key(server, models)
    send(server, "POST", "/api/v1/prompts", {"slug": "desk"})
    send(server, "POST", "/api/v1/prompts/desk/versions", {"prompt": PROMPT})
    visit.open("/prompts/desk/playground")
    page.get_by_label("Message").fill("Where? #fail:500")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator("#h-input\\.tone")).to_have_text("tone is missing")
    expect(page.get_by_label("tone")).to_be_focused()
    page.keyboard.type("kind")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".failure")).to_contain_text("openai failed")
    expect(page.get_by_label("Message")).to_have_value("Where? #fail:500")
    expect(page.get_by_label("tone")).to_have_value("kind")
    server.wait_derived()
    page.get_by_role("link", name="Open the trace").click()
    expect(page.locator(".tree, .insp").first).to_contain_text("chat run desk")
    visit.check()
