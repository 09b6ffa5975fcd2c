"""Search box and filter bar in a browser."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say
from tests.serving import Server


def talks(server: Server) -> None:
    say(server, "s-1", ("Where is my refund?", "It was sent."), ("To 東京?", "Yes."))
    say(server, "s-2", ("Hello?", "Hi! <b>refund</b>"), duration_ms=9000)


def test_words_are_searched_and_marked(server: Server, open_page: OpenPage) -> None:
    talks(server)
    page = open_page(live="off")
    page.keyboard.press("/")
    page.keyboard.type("REFUND")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=REFUND"))
    expect(page.locator(".found mark")).to_have_text(["refund", "refund"])
    assert page.locator(".found b").count() == 0
    page.fill("#q", "refund 東京")
    page.keyboard.press("Enter")
    expect(page.locator(".ledger .first")).to_have_text(["Where is my refund?"])
    expect(page.locator(".metric .val").first).to_have_text("1")
    page.go_back()
    expect(page.locator("#q")).to_have_value("REFUND")
    expect(page.locator(".ledger .first")).to_have_count(2)
    page.reload()
    expect(page.locator("#q")).to_have_value("REFUND")
    page.fill("#q", "?!")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("no letter or digit")


def test_a_filter_is_completed_by_keyboard(server: Server, open_page: OpenPage) -> None:
    talks(server)
    page = open_page(live="off")
    page.keyboard.press("f")
    page.keyboard.type("turns >= 2 and mod")
    option = page.get_by_role("option")
    expect(option).to_have_count(1)
    page.keyboard.press("ArrowDown")
    expect(option).to_have_attribute("aria-selected", "true")
    expect(page.locator("#filter")).to_have_attribute("aria-activedescendant", "option-0")
    page.keyboard.press("Enter")
    expect(page.locator("#filter")).to_have_value("turns >= 2 and model ")
    page.keyboard.type("= ")
    expect(option.locator("code")).to_have_text(["gpt-4o"])
    page.keyboard.press("Tab")
    expect(page.locator("#filter")).to_have_value('turns >= 2 and model = "gpt-4o" ')
    expect(page.locator("#complete-box")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#complete-box")).to_be_hidden()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("filter=turns"))
    expect(page.locator(".ledger .first")).to_have_text(["Where is my refund?"])
    expect(page.locator(".query__ink .q-field")).to_have_text(["turns", "model"])


def test_a_wrong_word_is_underlined_and_the_nearest_offered(
    server: Server, open_page: OpenPage
) -> None:
    talks(server)
    page = open_page(live="off", filter="failed or latncy_ms_p95 > 5s")
    expect(page.locator(".q-bad")).to_have_text("latncy_ms_p95")
    expect(page.locator(".ledger")).to_have_count(0)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("no field latncy_ms_p95")
    alert.get_by_role("link").click()
    expect(page.locator("#filter")).to_have_value("failed or latency_ms_p95 > 5s")
    expect(page.locator(".ledger .first")).to_have_text(["Hello?"])
    expect(page.locator(".q-bad")).to_have_count(0)
    page.go_back()
    expect(page.locator(".q-bad")).to_have_text("latncy_ms_p95")
    page.get_by_role("link", name="Look at all sessions").click()
    expect(page.locator("#filter")).to_have_value("")
    expect(page.locator(".ledger .first")).to_have_count(2)


def test_what_is_typed_outlives_what_arrives(server: Server, open_page: OpenPage) -> None:
    talks(server)
    page = open_page()
    page.keyboard.press("f")
    page.keyboard.type("turns > ")
    say(server, "s-3", ("Something new", "ok"), seconds_ago=1)
    expect(page.locator(".ledger .first")).to_have_count(3)
    expect(page.locator("#filter")).to_have_value("turns > ")
    expect(page.locator(".query__ink")).to_have_text("turns > ")
    expect(page.locator("#filter")).to_be_focused()


def test_nothing_found_says_so_and_keeps_the_bar(server: Server, open_page: OpenPage) -> None:
    talks(server)
    page = open_page(live="off", q="zebra", range="all", width=360)
    expect(page.locator(".statebox strong")).to_have_text("Nothing matches in this range")
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("link", name="Clear search and filter").last.click()
    expect(page.locator(".ledger .first")).to_have_count(2)
