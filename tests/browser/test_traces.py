"""Traces: the list, the timeline of a session, and the details of a span."""

import json
import time

from playwright.sync_api import expect

from tests.browser.talk import SECOND, say, say_with_tools, send
from tests.browser.visit import Visit
from tests.serving import Server
from tests.telemetry import make_span, pack


def test_the_timeline_zooms_and_the_address_keeps_it(server: Server, visit: Visit) -> None:
    say(server, "s", ("One?", "1"), seconds_ago=3000)
    say(server, "s", ("Two?", "2"), seconds_ago=600)
    server.wait_derived()
    visit.open(open="s", tab="timeline")
    turns = visit.opened().locator(".wf__row--turn")
    expect(turns).to_have_count(2)
    expect(visit.opened().locator(".gaplab")).to_have_text("40 min")
    visit.opened().get_by_role("link", name="Turn 2: Two?").click()
    expect(turns).to_have_count(1)
    visit.page.reload()
    expect(turns).to_contain_text("Two?")
    visit.page.go_back()
    expect(turns).to_have_count(2)
    turns.filter(has_text="Two?").locator("a.name").click()
    expect(visit.opened().locator("#t2")).to_be_in_viewport()


def test_the_list_shows_a_trace_without_a_session_as_it_arrives(
    server: Server, visit: Visit
) -> None:
    say(server, "s", ("One?", "1"))
    server.wait_derived()
    visit.open_live("/traces")
    rows = visit.page.locator("tr[data-row]")
    expect(rows).to_have_count(1)
    send(server, pack(make_span(name="nightly sync", error="queue is full")))
    expect(rows).to_have_count(2)
    assert not visit.was_reloaded()
    visit.page.get_by_role("link", name="Without session").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("queue is full")
    visit.page.keyboard.press("j")
    visit.page.keyboard.press("Enter")
    expect(visit.page.get_by_role("heading", level=1)).to_contain_text("Trace")
    expect(visit.page.locator(".insp .stack")).to_contain_text("queue is full")


def test_arrows_walk_the_tree_and_a_span_is_copied_as_it_was_sent(
    server: Server, visit: Visit
) -> None:
    trace_id = say_with_tools(server, "s", fails=True)
    server.wait_derived()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=server.url)
    visit.open(f"/traces/{trace_id.hex()}", live="off")
    root, first = visit.page.locator(".tree a.t").all()[:2]
    root.focus()
    visit.page.keyboard.press("ArrowRight")
    expect(first).to_be_focused()
    visit.page.keyboard.press("ArrowLeft")
    expect(root).to_be_focused()
    visit.page.keyboard.press("End")
    visit.page.keyboard.press("Enter")
    expect(visit.page.locator(".insp h2")).to_contain_text("execute_tool look_up")
    visit.page.get_by_role("link", name="Raw").click()
    visit.page.wait_for_url("**panel=raw**")
    copied = visit.page.get_by_role("button", name="Copy as JSON")
    copied.click()
    expect(copied.or_(visit.page.get_by_text("Copied"))).to_have_text("Copied")
    request = json.loads(visit.page.evaluate("navigator.clipboard.readText()"))
    span = request["resourceSpans"][0]["scopeSpans"][0]["spans"][0]
    assert (span["traceId"], span["name"]) == (trace_id.hex(), "execute_tool look_up")
    assert int(span["startTimeUnixNano"]) > time.time_ns() - 700 * SECOND


def test_spans_fold_by_mouse_and_by_arrows_and_stay_so_while_turns_arrive(
    server: Server, visit: Visit
) -> None:
    say_with_tools(server, "s")
    server.wait_derived()
    visit.open_live(open="s", tab="traces")
    tree = visit.opened().locator(".tree")
    turn, agent = tree.locator("#turn-1"), tree.locator(".tr[aria-level='2']").first
    below = tree.locator(".tr[aria-level='3']")
    expect(below.first).to_be_visible()
    agent.locator("a.t").focus()
    visit.page.keyboard.press("ArrowLeft")
    expect(agent).to_have_attribute("aria-expanded", "false")
    expect(below.first).to_be_hidden()
    say(server, "s", ("And now?", "It is there."), seconds_ago=5)
    expect(tree.locator("#turn-2")).to_be_visible()
    expect(below.first).to_be_hidden()
    visit.page.keyboard.press("ArrowRight")
    expect(below.first).to_be_visible()
    visit.page.keyboard.press("ArrowRight")
    expect(below.first.locator("a.t")).to_be_focused()
    turn.locator("[data-twist]").click()
    expect(agent).to_be_hidden()
    expect(tree.locator("#turn-2")).to_be_visible()


def test_the_tree_shows_failed_spans_alone_and_the_address_says_so(
    server: Server, visit: Visit
) -> None:
    say(server, "s", ("One?", "1"))
    say_with_tools(server, "s", fails=True)
    server.wait_derived()
    visit.open(open="s", tab="traces", live="off")
    spans = visit.opened().locator(".tree a.t")
    everything = spans.count()
    visit.opened().get_by_role("link", name="Failed").click()
    visit.page.wait_for_url("**show=failed**")
    expect(visit.opened().locator(".tr--turn")).to_have_count(1)
    assert 0 < spans.count() < everything
    visit.opened().get_by_role("link", name="Attributes").click()
    visit.page.wait_for_url("**panel=attributes**")
    expect(visit.opened().locator(".insp")).to_contain_text("Resource")
    visit.page.reload()
    expect(visit.opened().locator(".insp")).to_contain_text("Resource")
    expect(visit.opened().locator(".tr--turn")).to_have_count(1)
