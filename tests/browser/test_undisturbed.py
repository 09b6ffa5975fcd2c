"""Live changes, and what a reader must not notice of them."""

import time

from playwright.sync_api import Route, expect

from tests.browser.talk import say
from tests.browser.visit import EVENTS, Visit
from tests.serving import Server
from tests.telemetry import chat

QUESTION = ("Where is the dinosaur?", "In the hall.")
NEXT = ("And the café?", "Behind it.")


def test_what_changed_before_the_page_listened_is_shown(server: Server, visit: Visit) -> None:
    say(server, "old", QUESTION)

    def change_first(route: Route) -> None:
        say(server, "new", QUESTION)
        route.continue_()

    visit.page.route(f"**{EVENTS}*", change_first)
    visit.open_live()
    expect(visit.rows()).to_have_count(2)


def test_a_part_that_was_folded_again_stays_folded(server: Server, visit: Visit) -> None:
    say(server, "tour", QUESTION, NEXT)
    visit.open_live(open="tour")
    fold = visit.opened().locator("details.fold").first
    fold.locator("summary").click()
    fold.locator("summary").click()
    say(server, "tour", QUESTION, NEXT, ("And the exit?", "There."))
    expect(visit.opened()).to_contain_text("And the exit?")
    assert not fold.evaluate("part => part.open")
    assert not visit.was_reloaded()


def test_words_in_a_field_and_its_focus_stay(server: Server, visit: Visit) -> None:
    say(server, "tour", QUESTION)
    visit.open_live(open="tour", tab="traces")
    field = visit.page.locator("input[data-filter]").first
    field.fill("request.model")
    say(server, "tour", NEXT)
    expect(visit.opened().locator(".tree a.t")).to_have_count(2)
    expect(field).to_have_value("request.model")
    expect(field).to_be_focused()
    expect(visit.page.locator(".insp table[id^=attrs-]").first.locator("tr:visible")).to_have_count(
        1
    )


def test_many_changes_are_asked_for_once_a_second(server: Server, visit: Visit) -> None:
    visit.open_live()
    seen, begun = len(visit.requests), time.monotonic()
    for number in range(20):
        server.post("/v1/traces", chat(f"s{number}"))
    expect(visit.rows()).to_have_count(20)
    asked = [url for url in visit.requests[seen:] if EVENTS not in url]
    assert 1 <= len(asked) <= time.monotonic() - begun + 1


def test_a_hidden_page_listens_no_more_and_catches_up(server: Server, visit: Visit) -> None:
    say(server, "old", QUESTION)
    visit.open_live()
    become_visible(visit, is_visible=False)
    say(server, "new", QUESTION)
    assert visit.row_ids() == ["old"]
    become_visible(visit, is_visible=True)
    expect(visit.rows()).to_have_count(2)


def become_visible(visit: Visit, *, is_visible: bool) -> None:
    """Lets the page think that its tab was switched to or away from: Chromium without a window
    never hides one."""
    visit.page.evaluate(
        """(hidden) => {
          Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
          document.dispatchEvent(new Event("visibilitychange"));
        }""",
        not is_visible,
    )
