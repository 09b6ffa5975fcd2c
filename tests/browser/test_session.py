"""An open session in a browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say, say_with_tools
from tests.serving import Server

ODD_IDS = [
    "a/b/c",
    "x/transcript",
    """quo"te's <b>""",
    "line\nbreak",
    "%2F%00",
    "emoji 🚢 and عربي",
    "..",
    "?open=&x#y",
    "long-" + "x" * 10_000,
]


@pytest.mark.parametrize("session_id", ODD_IDS, ids=lambda text: text[:12])
def test_a_session_of_any_id_opens(server: Server, open_page: OpenPage, session_id: str) -> None:
    say(server, session_id, ("What is in a name?", "Nothing at all."))
    page = open_page()
    page.get_by_role("link", name="What is in a name?").click()
    expect(page.locator("#opened h1")).to_have_text("What is in a name?")
    assert page.locator("#opened").get_attribute("data-session") == session_id
    page.reload()
    expect(page.locator("#opened .md")).to_have_text("Nothing at all.")
    page.locator("#opened").get_by_role("link", name="Traces").click()
    expect(page.locator(".tree a.t")).to_have_text(["chat gpt-4o"])
    page.get_by_role("link", name="Open as a page").click()
    expect(page.locator("main #opened h1")).to_have_text("What is in a name?")
    expect(page.locator(".ledger")).to_have_count(0)


def test_the_conversation_reads_as_an_interview(server: Server, open_page: OpenPage) -> None:
    say_with_tools(server, "agent-1")
    page = open_page(open="agent-1")
    turn = page.locator(".turn")
    expect(turn).to_have_count(1)
    expect(turn.locator(".say--user")).to_have_text("Where is my order?")
    expect(turn.locator(".say.md")).to_have_text("It was sent.")
    expect(turn.locator(".tool code")).to_have_text("look_up")
    expect(turn.locator(".tool .arg")).to_have_text("order=42")
    turn.locator(".tool summary").click()
    expect(turn.locator(".tool .io")).to_contain_text('"state": "sent"')
    expect(turn.locator(".foot")).to_contain_text("200 in, 40 out")
    expect(page.locator(".rail a[aria-current]")).to_have_count(1)


def test_pauses_and_resent_history_are_marked(server: Server, open_page: OpenPage) -> None:
    say(server, "g-1", ("First?", "One."), seconds_ago=4000)
    say(server, "g-1", ("Second?", "Two."), seconds_ago=400)
    page = open_page(open="g-1")
    expect(page.locator(".gap")).to_have_text("1 h 00 min without a message")
    say(server, "h-1", ("First?", "One."), ("Second?", "Two."))
    page = open_page(open="h-1")
    expect(page.locator(".turn .say--user")).to_have_text(["First?", "Second?"])
    expect(page.locator(".turn .fold")).to_contain_text("2 earlier messages sent again")


def test_a_failed_turn_leads_to_its_span(server: Server, open_page: OpenPage) -> None:
    say_with_tools(server, "broken", fails=True)
    page = open_page()
    row = page.locator("tr[data-session='broken']")
    expect(row.locator(".last--none")).to_contain_text("No answer")
    expect(row.locator(".x-turns .err")).to_have_text("1 failed")
    row.locator(".first").click()
    expect(page.locator(".failure")).to_contain_text("No answer was given")
    page.get_by_role("link", name="Open the span").click()
    inspector = page.locator(".insp")
    expect(inspector.locator("h2")).to_contain_text("look_up")
    expect(inspector.locator(".sect").first).to_contain_text("WarehouseTimeout: no answer in 30 s")
    expect(inspector.locator(".sect").first).to_contain_text("warehouse.py, line 118")


def test_the_span_tree_shows_who_called_whom(server: Server, open_page: OpenPage) -> None:
    trace_id = say_with_tools(server, "tree-1").hex()
    page = open_page(open="tree-1", tab="traces")
    levels = page.locator(".tr[data-row]").evaluate_all(
        "rows => rows.map(row => row.querySelector('a.t').textContent + ' ' + row.ariaLevel)"
    )
    assert levels == [
        "invoke_agent helper 2",
        "chat gpt-4o 3",
        "execute_tool look_up 3",
        "chat gpt-4o 3",
    ]
    page.get_by_role("link", name="execute_tool look_up").click()
    expect(page).to_have_url(re.compile("span="))
    expect(page.locator(".insp h2")).to_contain_text("execute_tool look_up")
    page.get_by_placeholder("Search attributes").fill("tool.name")
    expect(page.locator(".insp .attrs tr:visible").first).to_contain_text("gen_ai.tool.name")
    expect(page.locator(".insp .field small")).to_have_text(re.compile("^1 of "))
    page.goto(f"{server.url}/traces/{trace_id}?project={server.project}")
    expect(page.locator("h1")).to_contain_text(trace_id)
    expect(page.locator(".tree a.t")).to_have_count(4)
    page.get_by_role("link", name="tree-1").click()
    expect(page.locator("#opened h1")).to_have_text("Where is my order?")


def test_an_unknown_session_is_looked_for_until_it_is_there(
    server: Server, open_page: OpenPage
) -> None:
    say(server, "other", ("Somebody else", "ok"))
    page = open_page(open="late")
    expect(page.locator("#opened h1")).to_have_text(f"There is no session late in {server.project}")
    assert page.request.get(page.url).status == 404
    say(server, "late", ("Here I am", "Welcome."))
    expect(page.locator("#opened h1")).to_have_text("Here I am")


def test_a_long_question_is_cut_and_unfolds(server: Server, open_page: OpenPage) -> None:
    say(server, "long", ("\n".join(f"line {n}" for n in range(40)), "Read it."))
    page = open_page(open="long")
    question = page.locator(".say--user")
    folded = question.bounding_box()
    page.get_by_role("button", name="Show all of it").click()
    unfolded = question.bounding_box()
    assert folded is not None
    assert unfolded is not None
    assert folded["height"] < 200 < unfolded["height"]


def test_the_rail_of_a_long_session_leads_to_every_turn(
    server: Server, open_page: OpenPage
) -> None:
    count, at = 130, 121
    say(server, "long", *[(f"Question {n}?", "ok") for n in range(1, count + 1)])
    page = open_page(open="long", live="off")
    marks = page.locator(".rail--long a")
    expect(marks).to_have_count(count)
    marks.first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator("#rail-name")).to_contain_text("Turn 2:")
    marks.nth(at - 1).evaluate(
        "mark => mark.dispatchEvent(new MouseEvent('click', {bubbles: true, cancelable: true}))"
    )
    expect(page.locator(f"#t{at}")).to_be_in_viewport()
    assert float(page.locator("#rail-view").get_attribute("y") or 0) > 2 * 100
    page.goto(page.url.replace("at=101", "").replace(f"#t{at}", "#t127"))
    expect(page.locator("#t127")).to_be_in_viewport()
