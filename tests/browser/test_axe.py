"""Every page, light and dark, has no serious or critical violation that axe-core can find."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.talk import say, say_with_tools
from tests.prompts.conftest import PROMPT, send
from tests.serving import Server

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
WIDE = "word " * 60
FIND = """async rules => (await axe.run({
  resultTypes: ["violations"], ...(rules ? {runOnly: rules} : {})
})).violations.filter(found => ["serious", "critical"].includes(found.impact))
  .flatMap(found => found.nodes.map(node => `${found.id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`))"""
COLOURS = ["color-contrast"]  # all that a theme changes


@pytest.fixture(scope="module")
def addresses(shared_server: Server) -> list[str]:
    """Every page of a project with conversations, a prompt and a view; and of an empty one."""
    server = shared_server.in_project("test-axe")
    say(
        server,
        "s-1",
        ("Where is it?", f"```python\n{WIDE}\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |"),
    )
    trace_id = say_with_tools(server, "s-2", fails=True).hex()
    say(server, "s-3", *((f"question {n}", "ok") for n in range(61)))
    labels = {"title": "Named", "add_tags": ["beta", "second"], "bookmarked": True}
    assert send(server, "PATCH", "/api/v1/sessions/s-1", labels).status_code == 200
    made = {"slug": "desk", "name": "Desk"}
    assert send(server, "POST", "/api/v1/prompts", made).status_code == 201
    version = {"prompt": PROMPT, "deploy_to": "production"}
    assert send(server, "POST", "/api/v1/prompts/desk/versions", version).status_code == 201
    assert send(server, "POST", "/api/v1/views", {"name": "Plain"}).status_code == 201
    paths = [
        "/?",
        "/?open=s-1",
        "/?open=s-2",
        "/?open=s-2&tab=traces",
        "/?open=s-2&tab=traces&panel=attributes",
        "/?open=s-3&full=1",
        "/?open=nobody",
        "/?filter=tunrs",
        "/?q=nothingholdsthis",
        f"/traces/{trace_id}?",
        "/traces/00?",
        "/analytics?",
        "/analytics?filter=tunrs",
        "/analytics?by=user&metric=failed&range=30m",
        "/users?",
        "/prompts?",
        "/prompts/desk?",
        "/prompts/desk/edit?",
        "/prompts/desk/playground?",
        "/settings/prices?",
        "/settings/provider-keys?",
        "/settings/unknown?",
        "/quarantine?",
        "/-/patterns?",
        "/sign-in?",
        "/nothing?",
    ]
    talked = [f"{server.url}{path}&project={server.project}&live=off" for path in paths]
    return [*talked, f"{server.url}/?project=test-axe-empty&live=off"]


def test_axe_finds_nothing_serious(browser: Browser, addresses: list[str]) -> None:
    context = browser.new_context(reduced_motion="reduce")
    page = context.new_page()
    found = {address: violations(page, address) for address in addresses}
    context.close()
    assert {address: wrong for address, wrong in found.items() if wrong} == {}


def violations(page: Page, address: str) -> list[str]:
    page.emulate_media(color_scheme="light")
    page.goto(address)
    page.evaluate(AXE)
    light: list[str] = page.evaluate(FIND, None)
    page.emulate_media(color_scheme="dark")
    dark: list[str] = page.evaluate(FIND, COLOURS)
    return light + dark
