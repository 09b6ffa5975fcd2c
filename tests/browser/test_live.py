"""A page that follows what happens, without disturbing who reads it."""

import os
import re
import shutil
import subprocess

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say, say_with_tools
from tests.serving import Server


def test_a_new_session_appears_by_itself_and_flashes(server: Server, open_page: OpenPage) -> None:
    say(server, "old", ("The first", "ok"))
    page = open_page()
    say(server, "new", ("The second", "ok"), seconds_ago=10)
    expect(page.locator(".ledger .first")).to_have_text(["The second", "The first"])
    expect(page.locator("tr.is-new")).to_have_count(1)


def test_live_off_stands_still_and_is_in_the_address(server: Server, open_page: OpenPage) -> None:
    say(server, "old", ("The first", "ok"))
    page = open_page()
    page.keyboard.press("l")
    expect(page).to_have_url(re.compile("live=off"))
    expect(page.get_by_role("switch", name="Live")).not_to_be_checked()
    say(server, "new", ("The second", "ok"), seconds_ago=10)
    page.wait_for_timeout(2500)
    expect(page.locator(".ledger .first")).to_have_text(["The first"])
    page.keyboard.press("l")
    expect(page.locator(".ledger .first")).to_have_text(["The second", "The first"])


def test_a_morph_keeps_what_is_open_focused_scrolled_and_selected(
    server: Server, open_page: OpenPage
) -> None:
    say_with_tools(server, "s-1")
    say(server, "s-1", *[(f"Question {n}?", "A long answer. " * 40) for n in range(6)])
    page = open_page(open="s-1", height=700)
    tool = page.locator(".turn .tool").first
    tool.locator("summary").click()
    tool.locator("summary").focus()
    body = page.locator(".drawer__body")
    body.evaluate("box => { box.scrollTop = 300; }")
    page.evaluate(
        """() => {
          const range = document.createRange();
          range.selectNodeContents(document.querySelectorAll(".turn .say.md p")[1]);
          getSelection().removeAllRanges();
          getSelection().addRange(range);
        }"""
    )
    chosen = page.evaluate("getSelection().toString()")
    assert chosen.startswith("A long answer.")
    say(server, "s-1", ("The newest question?", "The newest answer."), seconds_ago=1)
    expect(page.locator(".turn .say--user").last).to_have_text("The newest question?")
    assert tool.evaluate("tool => tool.open")
    expect(tool.locator("summary")).to_be_focused()
    assert body.evaluate("box => box.scrollTop") == 300
    assert page.evaluate("getSelection().toString()") == chosen


def test_a_scrolled_list_says_how_many_are_new(server: Server, open_page: OpenPage) -> None:
    for place in range(15):
        say(server, f"s-{place}", (f"Question {place}", "ok"))
    page = open_page(height=500)
    page.mouse.wheel(0, 600)
    page.wait_for_function("scrollY > 400")
    before = page.evaluate("scrollY")
    say(server, "newest", ("The newest", "ok"), seconds_ago=1)
    pill = page.get_by_role("button", name="1 new")
    expect(pill).to_be_visible()
    assert page.evaluate("scrollY") == before
    expect(page.locator("tr[data-session='newest']")).to_have_count(0)
    pill.click()
    expect(page.locator(".ledger .first").first).to_have_text("The newest")
    expect(pill).to_have_count(0)


def test_the_quick_start_works_and_turns_into_the_list(server: Server, open_page: OpenPage) -> None:
    if not shutil.which("curl"):
        pytest.skip("the quick start's curl was not tested: no curl")
    page = open_page()
    expect(page.locator("h1")).to_contain_text("No conversation yet.")
    expect(page.locator(".cred")).to_contain_text(server.url)
    command = page.locator(".snips pre").last.inner_text()
    environment = {**os.environ, "no_proxy": "127.0.0.1"}
    subprocess.run(["bash", "-ec", command], check=True, env=environment, timeout=30)
    expect(page.locator(".ledger .first")).to_have_text(["Hello, is anybody there?"])
    expect(page.locator(".ledger .last")).to_have_text(["Yes. Loud and clear."])


def test_an_unfinished_turn_runs(server: Server, open_page: OpenPage) -> None:
    say(server, "s-1", ("Are you there?", ""), seconds_ago=5)
    page = open_page(open="s-1")
    expect(page.locator(".dh .sign--live")).to_have_text("turn 1 running")
    expect(page.locator(".turn[aria-busy] .foot")).to_contain_text("running")
