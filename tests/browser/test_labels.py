"""Titles, tags and bookmarks on the pages; rows that are chosen, and the bar of what is done with them."""

import time
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.test_axe import AXE, FIND
from tests.browser.visit import Visit
from tests.serving import Server
from tests.telemetry import chat, chat_attributes, make_span, pack

SECOND_NS = 1_000_000_000
NAMES = ["first", "second", "third", "fourth"]
PAGE_ROWS = 100


@pytest.fixture
def listed(server: Server) -> Server:
    """A list of four: first, second, third, fourth."""
    for age, name in enumerate(NAMES):
        start_ns = time.time_ns() - (10 + 10 * age) * SECOND_NS
        server.post("/v1/traces", chat(name, f"What is {name}?", start_ns=start_ns))
    server.wait_derived()
    return server


def row(page: Page, name: str):
    return page.locator(f"tr[data-session='{name}']")


def chosen(page: Page) -> list[str]:
    script = "boxes => boxes.filter(box => box.checked).map(box => box.value)"
    return page.locator(".ledger input[name=session]").evaluate_all(script)


def count(page: Page):
    return page.locator("#bulk-count")


def test_a_session_is_named_tagged_and_bookmarked_where_it_is_read(
    listed: Server, open_page: OpenPage
) -> None:
    page = open_page(open="second", live="off")
    head = page.locator(".dh")
    page.get_by_label("Rename").click()
    expect(page.get_by_label("Title")).to_be_focused()
    page.keyboard.type("<b>Refund</b>, settled")
    page.keyboard.press("Enter")
    expect(head.get_by_role("heading")).to_have_text("<b>Refund</b>, settled")
    expect(page.get_by_label("Rename")).to_be_focused()
    head.get_by_label("Add a tag").click()
    expect(head.locator("input[name=add_tag]")).to_be_focused()
    page.keyboard.type("needs review")
    page.keyboard.press("Enter")
    expect(head.locator(".tag--own")).to_have_text("needs review")
    head.get_by_role("button", name="Bookmark").click()
    expect(head.get_by_role("button", name="Bookmark")).to_have_attribute("aria-pressed", "true")
    session = listed.open_session("second")["session"]
    assert (session["title"], session["tags"]) == ("<b>Refund</b>, settled", ["needs review"])
    head.get_by_label("Remove the tag needs review").click()
    expect(head.locator(".tag--own")).to_have_count(0)
    head.get_by_label("Add a tag").click()
    expect(head.locator("input[name=add_tag]")).to_be_focused()
    page.keyboard.press("Escape")
    expect(head.get_by_label("Add a tag")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("#opened")).to_have_count(0)
    cell = row(page, "second")
    expect(cell.locator(".x-id .one")).to_have_text("<b>Refund</b>, settled")
    expect(cell.locator(".x-id .sid")).to_have_text("second")
    expect(cell.get_by_label("Bookmarked")).to_be_visible()
    assert listed.open_session("second")["session"]["tags"] == []


def test_a_tag_too_many_is_refused_in_its_form(listed: Server, open_page: OpenPage) -> None:
    path = f"{listed.url}/api/v1/sessions/first?project={listed.project}"
    listed.client.patch(path, json={"tags": [f"{number}" for number in range(50)]})
    page = open_page(open="first", live="off")
    page.get_by_label("Add a tag").click()
    page.locator("input[name=add_tag]").fill("one more")
    page.keyboard.press("Enter")
    expect(page.locator("[id^=tag-] [data-refused]")).to_contain_text("at most 50 tags")
    expect(page.locator("[id^=tag-] input[name=add_tag]")).to_have_value("one more")


def test_rows_are_chosen_by_key_and_range_and_labelled_together(
    listed: Server, open_page: OpenPage
) -> None:
    page = open_page()
    bar = page.get_by_role("toolbar", name="Actions on the selection")
    expect(bar).to_be_hidden()
    for key in ("j", "j", "x"):
        page.keyboard.press(key)
    assert chosen(page) == ["second"]
    row(page, "fourth").locator(".pick").click(modifiers=["Shift"])
    assert chosen(page) == ["second", "third", "fourth"]
    row(page, "third").locator("input[name=session]").uncheck()
    expect(count(page)).to_have_text("2 selected")
    listed.post("/v1/traces", chat("newest", "What is newest?"))
    expect(row(page, "newest")).to_be_visible()
    assert chosen(page) == ["second", "fourth"]
    page.locator("#bulk-tag summary").click()
    page.locator("#bulk-tag input").fill("beta")
    page.keyboard.press("Enter")
    for name in ("second", "fourth"):
        expect(row(page, name).locator(".chips")).to_have_text("beta")
    bar.get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_label("Bookmarked")).to_have_count(2)
    expect(count(page)).to_have_text("2 selected")
    with page.expect_download() as downloading:
        bar.get_by_text("Export").click()
        bar.get_by_role("button", name="CSV").click()
    assert len(downloading.value.path().read_text().splitlines()) == 1 + 2
    bar.get_by_label("Clear the selection").click()
    expect(bar).to_be_hidden()
    assert chosen(page) == []


def test_what_is_chosen_stays_from_page_to_page(server: Server, open_page: OpenPage) -> None:
    start_ns = time.time_ns() - 600 * SECOND_NS
    spans = [
        make_span(
            attributes=chat_attributes(f"s{number}", [("user", "Hello?")], "Hi!"),
            start_ns=start_ns - number * SECOND_NS,
        )
        for number in range(PAGE_ROWS + 2)
    ]
    server.post("/v1/traces", pack(*spans))
    server.wait_derived()
    page = open_page(live="off")
    page.get_by_label("Select all on this page").check()
    expect(count(page)).to_have_text("100 selected")
    row(page, "s7").locator("input[name=session]").uncheck()
    page.get_by_role("link", name="Next 100").click()
    expect(row(page, "s101")).to_be_visible()
    assert chosen(page) == []
    row(page, "s101").locator("input[name=session]").check()
    expect(count(page)).to_have_text("100 selected")
    page.get_by_role("button", name="Bookmark", exact=True).click()
    expect(row(page, "s101").get_by_label("Bookmarked")).to_be_visible()
    page.go_back()
    expect(row(page, "s0").get_by_label("Bookmarked")).to_be_visible()
    assert len(chosen(page)) == PAGE_ROWS - 1
    expect(page.get_by_label("Bookmarked")).to_have_count(PAGE_ROWS - 1)


def test_a_narrow_screen_has_titles_tags_and_the_bar(listed: Server, open_page: OpenPage) -> None:
    path = f"{listed.url}/api/v1/sessions/second?project={listed.project}"
    body = {"title": "A title " * 20, "tags": ["x" * 100, "b", "c", "d"], "bookmarked": True}
    assert listed.client.patch(path, json=body).status_code == 200
    page = open_page(width=360, height=800, live="off")
    expect(row(page, "second").locator(".named")).to_be_visible()
    row(page, "first").locator(".pick").click()
    page.locator("#bulk-tag summary").click()
    for part in (".bulk", "#bulk-tag input[name=tag]", "tr[data-session=second] .chips"):
        box = page.locator(part).bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 360
    assert page.evaluate("document.documentElement.scrollWidth") == 360


def test_without_scripts_rows_are_chosen_and_bookmarked(listed: Server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(Visit(listed, context, page).address())
    row(page, "first").locator("input[name=session]").check()
    row(page, "third").locator("input[name=session]").check()
    page.get_by_role("button", name="Bookmark", exact=True).click()
    expect(page.get_by_label("Bookmarked")).to_have_count(2)
    row(page, "first").locator("input[name=session]").check()
    page.locator("#bulk-tag summary").click()
    page.locator("#bulk-tag input").fill("plain")
    page.keyboard.press("Enter")
    expect(row(page, "first").locator(".chips")).to_have_text("plain")
    context.close()


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_bar_has_no_violation(listed: Server, browser: Browser, theme: Any) -> None:
    path = f"{listed.url}/api/v1/sessions/second?project={listed.project}"
    body = {"title": "Named", "tags": ["beta"], "bookmarked": True}
    assert listed.client.patch(path, json=body).status_code == 200
    context = browser.new_context(color_scheme=theme)
    page = context.new_page()
    page.goto(Visit(listed, context, page).address(live="off"))
    row(page, "second").locator("input[name=session]").check()
    page.locator("#bulk-tag summary").click()
    page.evaluate(AXE)
    assert page.evaluate(FIND, None) == []
    context.close()
