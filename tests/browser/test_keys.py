"""The keyboard: everything that is read can be reached without a mouse."""

import time

import pytest
from playwright.sync_api import expect

from tests.browser.visit import Visit
from tests.serving import Server
from tests.telemetry import chat

SECOND_NS = 1_000_000_000


@pytest.fixture
def walked(server: Server, visit: Visit) -> Visit:
    """A visit to a list of three: first, second, third."""
    for age, name in enumerate(("first", "second", "third")):
        start_ns = time.time_ns() - (10 + 10 * age) * SECOND_NS
        server.post("/v1/traces", chat(name, f"What is {name}?", start_ns=start_ns))
    server.wait_derived()
    visit.open()
    assert visit.row_ids() == ["first", "second", "third"]
    return visit


def test_j_and_k_walk_the_list_and_stop_at_its_ends(walked: Visit) -> None:
    for key, row in (
        ("j", "first"),
        ("j", "second"),
        ("j", "third"),
        ("j", "third"),
        ("k", "second"),
        ("k", "first"),
        ("k", "first"),
    ):
        walked.page.keyboard.press(key)
        assert walked.focused_row() == row


def test_enter_opens_the_row_and_escape_gives_it_the_focus_back(walked: Visit) -> None:
    walked.page.keyboard.press("j")
    walked.page.keyboard.press("j")
    walked.page.keyboard.press("Enter")
    walked.wait_opened("second")
    expect(walked.opened()).to_contain_text("What is second?")
    assert walked.page.evaluate("document.getElementById('main').inert") is True
    walked.page.keyboard.press("Escape")
    walked.wait_opened(None)
    walked.page.wait_for_function("document.activeElement.closest('tr')")
    assert walked.focused_row() == "second"
    assert walked.page.evaluate("document.getElementById('main').inert") is False


def test_brackets_walk_the_list_behind_the_open_session(walked: Visit) -> None:
    walked.rows().nth(1).locator("a.first").click()
    walked.wait_opened("second")
    for key, name in (("]", "third"), ("[", "second"), ("[", "first")):
        walked.page.keyboard.press(key)
        walked.wait_opened(name)
        expect(walked.opened().locator("h1")).to_have_text(f"What is {name}?")
    walked.page.keyboard.press("Escape")
    walked.wait_opened(None)
    assert walked.focused_row() == "first"


def test_keys_are_letters_while_somebody_types(walked: Visit) -> None:
    walked.open(open="second", tab="traces")
    field = walked.page.locator("input[data-filter]").first
    field.focus()
    field.press_sequentially("jkl[]?")
    expect(field).to_have_value("jkl[]?")
    assert walked.opened_id() == "second"
    assert not walked.page.locator("dialog#keys").evaluate("dialog => dialog.open")


def test_the_question_mark_shows_the_keys_and_escape_closes_only_them(walked: Visit) -> None:
    walked.open(open="second")
    walked.page.keyboard.press("?")
    expect(walked.page.locator("dialog#keys")).to_be_visible()
    walked.page.keyboard.press("Escape")
    expect(walked.page.locator("dialog#keys")).to_be_hidden()
    assert walked.opened_id() == "second"


def test_l_turns_live_off_and_on_and_the_address_says_so(walked: Visit) -> None:
    switch = walked.page.locator("[data-live-toggle]")
    expect(switch).to_have_attribute("aria-checked", "true")
    walked.page.keyboard.press("l")
    expect(switch).to_have_attribute("aria-checked", "false")
    assert "live=off" in walked.page.url
    walked.page.keyboard.press("l")
    expect(switch).to_have_attribute("aria-checked", "true")
