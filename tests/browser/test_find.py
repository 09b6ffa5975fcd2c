"""Finding words in the open session."""

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say
from tests.serving import Server


def test_words_are_found_in_the_open_session(server: Server, open_page: OpenPage) -> None:
    say(server, "s-1", ("Where is the red parcel?", "The red one is late."), ("And now?", "Red!"))
    page = open_page(open="s-1")
    before = page.locator(".talk-flow").inner_html()
    page.keyboard.press("/")
    expect(page.locator("#find")).to_be_focused()
    page.keyboard.type("red")
    count = page.locator("#found")
    expect(count).to_have_text("1 of 3")
    page.keyboard.press("Enter")
    expect(count).to_have_text("2 of 3")
    page.keyboard.press("Shift+Enter")
    page.get_by_role("button", name="Place before").click()
    expect(count).to_have_text("3 of 3")
    painted = "[...CSS.highlights.get('found')].map(place => place.toString())"
    assert page.evaluate(painted) == ["red", "red", "Red"]
    assert page.locator(".talk-flow").inner_html() == before
    say(server, "s-1", ("Was it red?", "Yes."), seconds_ago=60)  # the open session is live
    expect(count).to_have_text("3 of 4")
    page.locator("#find").fill("blue")
    expect(count).to_have_text("none")
    page.locator("#find").press("Escape")
    expect(count).to_have_text("")
    expect(page.locator("#opened")).to_be_focused()
