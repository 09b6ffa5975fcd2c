"""News of a list: what is new waits for its reader, and the line to the server is kept."""

import re

from playwright.sync_api import Route, expect

from tests.browser.talk import say
from tests.browser.visit import EVENTS, Visit
from tests.serving import Server
from tests.telemetry import chat_attributes, make_span, pack

PAGE = 100
AGE_NS = 10**12


def send_sessions(server: Server, count: int) -> None:
    """Sends sessions of one question each, s-0 the newest, all some minutes old."""
    now = make_span().start_time_unix_nano
    spans = [
        make_span(
            start_ns=now - AGE_NS - place * 10**9,
            attributes=chat_attributes(f"s-{place}", [("user", f"Question {place}")], "ok"),
        )
        for place in range(count)
    ]
    assert server.post("/v1/traces", pack(*spans)).status_code == 200
    server.wait_derived()


def test_a_later_page_stands_still_and_says_what_is_new(server: Server, visit: Visit) -> None:
    send_sessions(server, PAGE + 2)
    visit.open_live()
    visit.page.get_by_role("link", name="Next 100").click()
    expect(visit.rows()).to_have_count(2)
    say(server, "newest", ("The newest", "ok"), seconds_ago=1)
    pill = visit.page.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    assert visit.row_ids() == ["s-100", "s-101"]
    pill.click()
    expect(visit.rows().first).to_have_attribute("data-session", "newest")
    expect(visit.rows().first).to_have_class(re.compile("is-new"))
    expect(visit.page.locator("tr.is-new")).to_have_count(1)
    assert "cursor" not in visit.page.url
    assert not visit.was_reloaded()


def test_a_row_that_would_move_waits_while_the_list_is_scrolled(
    server: Server, visit: Visit
) -> None:
    send_sessions(server, 15)
    visit.page.set_viewport_size({"width": 1280, "height": 500})
    visit.open_live()
    visit.page.mouse.wheel(0, 600)
    visit.page.wait_for_function("scrollY > 400")
    order = visit.row_ids()
    say(server, "s-12", ("And then?", "Then this."), seconds_ago=1)
    pill = visit.page.get_by_role("button", name="1 changed")
    expect(pill).to_be_visible()
    assert visit.row_ids() == order
    pill.click()
    expect(visit.rows().first).to_have_attribute("data-session", "s-12")
    expect(visit.rows().first).to_have_class(re.compile("is-new"))


def test_a_stream_that_was_refused_is_asked_for_again(server: Server, visit: Visit) -> None:
    asked = []

    def refuse_once(route: Route) -> None:
        asked.append(route)
        if len(asked) == 1:
            route.fulfill(status=503)
        else:
            route.continue_()

    visit.page.route(f"**{EVENTS}*", refuse_once)
    visit.open()
    lost = visit.page.get_by_text("no connection")
    expect(lost).to_be_visible()
    say(server, "new", ("Hello?", "Hi!"), seconds_ago=1)
    expect(visit.rows()).to_have_count(1, timeout=15_000)
    expect(lost).to_be_hidden()


def test_a_change_does_not_call_back_who_is_on_the_way(server: Server, visit: Visit) -> None:
    say(server, "one", ("Hello?", "Hi!"))
    visit.open_live()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visit.page.route("**open=one*", hold)
    visit.rows().first.locator("a.first").click()
    visit.page.wait_for_timeout(100)
    say(server, "two", ("Hello again?", "Hi!"), seconds_ago=1)
    with visit.page.expect_response(lambda answer: EVENTS in answer.url):
        visit.page.evaluate("dispatchEvent(new Event('online'))")
    visit.page.wait_for_timeout(1200)
    assert len(held) == 1
    held[0].continue_()
    visit.wait_opened("one")


def test_columns_are_remembered_and_an_address_wins(server: Server, visit: Visit) -> None:
    say(server, "one", ("Hello?", "Hi!"))
    visit.open(live="off")
    visit.page.get_by_text("Columns", exact=True).click()
    visit.page.get_by_role("switch", name="Tokens").click()
    cells = visit.page.locator(".ledger td.x-tok")
    expect(cells).to_have_count(0)
    visit.open()
    expect(visit.page.locator(".ledger td.x-cost")).to_have_count(1)
    expect(cells).to_have_count(0)
    visit.open(cols="tok", live="off")
    expect(cells).to_have_count(1)
    visit.page.get_by_role("link", name="All sessions").click()
    expect(visit.page.locator(".ledger td.x-cost")).to_have_count(1)
    expect(cells).to_have_count(0)
