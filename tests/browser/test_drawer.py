"""An open session: ids that only a browser could spoil, and taking its id along."""

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.serving import Server
from tests.telemetry import chat

ODD_IDS = {
    "quotes": "say \"hi\" & 'bye'",
    "newline": "two\nlines",
    "markup": "<b>bold</b></aside>",
    "joined": "🛰️ satellite 👩‍👩‍👧",
    "spaces": "  around  ",
}


@pytest.mark.parametrize("session_id", ODD_IDS.values(), ids=ODD_IDS)
def test_escape_finds_the_row_of_an_odd_id_again(
    server: Server, visit: Visit, session_id: str
) -> None:
    server.post("/v1/traces", chat("another", "Another question"))
    server.post("/v1/traces", chat(session_id, "The odd question", "The odd answer"))
    server.wait_derived()
    visit.open()
    stored = next(found for found in visit.row_ids() if found != "another")
    assert stored.strip() == session_id.strip()
    visit.rows().filter(has_text="The odd question").locator("a.first").click()
    visit.wait_opened(stored)
    expect(visit.opened().locator("[data-copy]").first).to_have_attribute("data-copy", stored)
    visit.page.keyboard.press("Escape")
    visit.wait_opened(None)
    assert visit.focused_row() == stored


def test_a_copy_button_copies_the_id(server: Server, visit: Visit) -> None:
    server.post("/v1/traces", chat("copy me"))
    server.wait_derived()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    visit.open(open="copy me")
    button = visit.opened().locator("[data-copy]").first
    button.click()
    expect(button).to_have_text("Copied")
    assert visit.page.evaluate("navigator.clipboard.readText()") == "copy me"
    expect(button).to_have_text("copy me")


def test_a_click_with_control_opens_a_new_page(server: Server, visit: Visit) -> None:
    server.post("/v1/traces", chat("s", "Here or there?"))
    server.wait_derived()
    visit.open()
    with visit.context.expect_page() as other:
        visit.rows().first.locator("a.first").click(modifiers=["Control"])
    expect(other.value.locator("#opened h1")).to_have_text("Here or there?")
    assert visit.opened_id() is None
