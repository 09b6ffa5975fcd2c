"""The sessions list in a browser."""

import re
import time

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say
from tests.serving import Server
from tests.telemetry import chat

HELLO = ("Hello?", "Hi!")


def first_messages(page: Page) -> list[str]:
    return page.locator(".ledger .first").all_inner_texts()


def test_the_list_shows_what_a_session_said_and_cost(server: Server, open_page: OpenPage) -> None:
    say(server, "s-1", ("Where is my parcel?", "In the depot."), ("And now?", "On its way."))
    page = open_page()
    row = page.locator("tr[data-session='s-1']")
    expect(row.locator(".first")).to_have_text("Where is my parcel?")
    expect(row.locator(".last")).to_have_text("On its way.")
    expect(row.locator(".x-turns .one")).to_have_text("2")
    expect(row.locator(".x-tok .one")).to_have_text("200")
    expect(row.locator(".x-cost .one")).to_have_text(re.compile(r"^\$0\.\d+$"))
    expect(row.locator(".x-model .one")).to_have_text("gpt-4o")
    expect(page.locator(".tablehead strong")).to_have_text("1 session")


def test_both_lines_of_a_header_sort_on_the_server(server: Server, open_page: OpenPage) -> None:
    say(server, "few", ("few", "ok"), duration_ms=3000)
    say(server, "many", *[(f"many {n}", "ok") for n in range(3)], duration_ms=100)
    say(server, "some", ("some", "ok"), ("some more", "ok"), duration_ms=1000)
    page = open_page()
    page.get_by_role("link", name="Turns").click()
    expect(page).to_have_url(re.compile("sort=-turns"))
    assert first_messages(page) == ["many 0", "some", "few"]
    page.get_by_role("link", name="Turns").click()
    expect(page).to_have_url(re.compile("sort=turns"))
    expect(page.locator(".ledger .first").first).to_have_text("few")
    page.get_by_role("link", name="p95", exact=True).click()
    expect(page).to_have_url(re.compile("sort=-latency_ms_p95"))
    expect(page.locator(".ledger .first").first).to_have_text("few")
    page.go_back()
    expect(page).to_have_url(re.compile("sort=turns"))
    page.reload()
    assert first_messages(page) == ["few", "some", "many 0"]


def test_a_range_shows_the_sessions_that_lived_in_it(server: Server, open_page: OpenPage) -> None:
    say(server, "old", ("from the day before", "ok"), seconds_ago=2 * 86_400)
    say(server, "new", ("from just now", "ok"))
    page = open_page()
    expect(page.locator(".ledger .first")).to_have_count(2)
    page.get_by_role("link", name="3 h", exact=True).click()
    expect(page.locator(".ledger .first")).to_have_text(["from just now"])
    expect(page).to_have_url(re.compile("range=3h"))


def test_the_keyboard_walks_opens_and_closes(server: Server, open_page: OpenPage) -> None:
    for place in range(3):
        say(server, f"k-{place}", (f"question {place}", "ok"), seconds_ago=100 * (place + 1))
    page = open_page(live="off")
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("tr[data-session='k-1'] .first")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#opened h1")).to_have_text("question 1")
    expect(page).to_have_url(re.compile("open=k-1"))
    page.keyboard.press("]")
    expect(page.locator("#opened h1")).to_have_text("question 2")
    page.keyboard.press("[")
    expect(page.locator("#opened h1")).to_have_text("question 1")
    page.keyboard.press("Escape")
    expect(page.locator("#opened")).to_have_count(0)
    expect(page.locator("tr[data-session='k-1'] .first")).to_be_focused()
    page.go_back()
    expect(page.locator("#opened h1")).to_have_text("question 1")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#keys")).to_be_hidden()
    expect(page.locator("#opened")).to_have_count(1)


def test_a_click_anywhere_in_a_row_opens_it(server: Server, open_page: OpenPage) -> None:
    say(server, "s-1", HELLO)
    page = open_page()
    page.locator("tr[data-session='s-1'] .x-turns").click()
    expect(page.locator("#opened h1")).to_have_text("Hello?")
    page.mouse.click(20, 400)  # beside the drawer
    expect(page.locator("#opened")).to_have_count(0)


def test_more_than_a_page_of_sessions_goes_on_after_it(server: Server, open_page: OpenPage) -> None:
    for place in range(101):
        body = (f"question {place}", "ok")
        say_quietly(server, f"p-{place}", body, seconds_ago=1000 - place)
    server.wait_derived()
    page = open_page(live="off")
    expect(page.locator(".ledger .first")).to_have_count(100)
    expect(page.locator(".tablehead strong")).to_have_text("101 sessions")
    page.get_by_role("link", name="Next 100").click()
    expect(page.locator(".ledger .first")).to_have_text(["question 0"])
    page.get_by_role("link", name="First page").click()
    expect(page.locator(".ledger .first").first).to_have_text("question 100")


def say_quietly(server: Server, session_id: str, said: tuple[str, str], seconds_ago: int) -> None:

    start = time.time_ns() - seconds_ago * 10**9
    assert server.post("/v1/traces", chat(session_id, *said, start_ns=start)).status_code == 200


def test_nothing_scrolls_sideways_on_a_narrow_screen(server: Server, open_page: OpenPage) -> None:
    said = "word " * 60 + "averyveryverylongwordwithoutanyplacetobreakit" * 4
    say(server, "n-" + "x" * 300, (said, f"{said}\n\n```\n{said}\n```"))
    for query in ({}, {"open": "n-" + "x" * 300}, {"open": "n-" + "x" * 300, "tab": "traces"}):
        page = open_page(width=360, height=800, **query)
        wide = "document.documentElement.scrollWidth"
        assert page.evaluate(wide) == 360, query
        box = page.locator(".drawer")
        if box.count():
            assert box.evaluate("box => box.scrollWidth") <= 360, query


def test_the_page_is_dark_where_the_reader_wants_it(server: Server, open_page: OpenPage) -> None:
    say(server, "s-1", HELLO)
    lightness = (
        "Number(getComputedStyle(document.documentElement).backgroundColor.match(/[\\d.]+/))"
    )
    assert open_page(theme="light").evaluate(lightness) > 0.9
    page = open_page(theme="dark")
    assert page.evaluate(lightness) < 0.3
    page.get_by_role("button", name="Switch light and dark").click()
    assert page.evaluate(lightness) > 0.9
    page.reload()
    assert page.evaluate(lightness) > 0.9


def test_a_page_that_is_not_there_says_so(server: Server, open_page: OpenPage) -> None:
    page = open_page()
    answer = page.goto(f"{server.url}/nothing/here")
    assert answer is not None
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is no such page")


def test_the_chart_chooses_a_range_by_keyboard_and_mouse(
    server: Server, open_page: OpenPage
) -> None:
    say(server, "s-1", HELLO)
    page = open_page(range="24h", live="off")
    chart, label = page.locator("[data-brush]"), page.locator("#brush-label")
    chart.focus()
    page.keyboard.press("ArrowLeft")
    expect(label).to_be_visible()
    page.keyboard.press("Escape")
    expect(label).to_be_hidden()
    assert "from=" not in page.url
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=.*&to="))
    expect(page.locator(".ledger .first")).to_have_text(HELLO[0])
    page.get_by_role("link", name="24 h").click()
    expect(page).not_to_have_url(re.compile("from="))
    box = chart.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 5, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 100, box["y"] + 20, steps=3)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=.*&to="))
    expect(page.locator(".statebox")).to_contain_text("Nothing in this range")


def test_columns_are_hidden_and_rows_are_set_on_one_line(
    server: Server, open_page: OpenPage
) -> None:
    say(server, "s-1", HELLO)
    page = open_page(live="off")
    page.get_by_text("Columns", exact=True).click()
    page.get_by_role("switch", name="Tokens").click()
    expect(page.locator(".ledger th.x-tok")).to_have_count(0)
    expect(page.locator(".ledger td.x-tok")).to_have_count(0)
    expect(page.locator(".ledger td.x-cost")).to_have_count(1)
    page.get_by_role("switch", name="One line").click()
    expect(page).to_have_url(re.compile("cols=.*density=compact"))
    expect(page.locator(".ledger .last")).to_be_hidden()


def test_a_filter_that_means_nothing_leaves_the_session_open(
    server: Server, open_page: OpenPage
) -> None:
    say(server, "s-1", HELLO)
    page = open_page(open="s-1", filter="trns > 1", live="off")
    expect(page.locator("#opened")).to_contain_text(HELLO[1])
    expect(page.locator("#filter-problem")).to_contain_text("did you mean")
