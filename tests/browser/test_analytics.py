"""Analytics and users: every number leads to its sessions."""

from playwright.sync_api import expect

from tests.browser.talk import say, say_with_tools, send
from tests.browser.visit import Visit
from tests.serving import Server
from tests.telemetry import make_span, pack


def of_user(session: str, user: str, model: str = "gpt-4o") -> bytes:
    attributes = {
        "session.id": session,
        "user.id": user,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 1000,
        "gen_ai.usage.output_tokens": 100,
    }
    return pack(make_span(attributes=attributes))


def test_numbers_lead_to_their_sessions(server: Server, visit: Visit) -> None:
    say_with_tools(server, "failed one", fails=True)
    send(server, of_user("dear", "ada"))
    send(server, of_user("cheap", "ada", "gpt-4o-mini"))
    server.wait_derived()
    visit.open("/analytics", range="24h")
    page = visit.page
    expect(page.locator(".pagehead .muted")).to_contain_text("3 sessions")
    page.get_by_role("link", name="User", exact=True).click()
    expect(page).to_have_url(visit.address("/analytics", range="24h", by="user"))
    page.locator("#groups").get_by_role("link", name="ada").click()
    expect(visit.rows()).to_have_count(2)
    page.go_back()
    page.get_by_role("link", name="Show the 1 session").click()
    expect(visit.rows()).to_have_count(1)
    page.go_back()
    page.locator(".fig").filter(has_text="How long they run").locator("svg a").first.click()
    expect(visit.rows().first).to_be_visible()
    page.go_back()
    page.locator(".fig").filter(has_text="Most expensive").locator("td.q a").first.click()
    assert visit.opened_id() == "dear"


def test_the_filter_and_the_keyboard_work_as_over_the_list(server: Server, visit: Visit) -> None:
    send(server, of_user("s-1", "ada"))
    send(server, of_user("s-2", "bob"))
    server.wait_derived()
    visit.open("/analytics")
    page = visit.page
    page.keyboard.press("f")
    page.keyboard.type('user = "bob"')
    page.keyboard.press("Enter")
    expect(page.locator(".pagehead .muted")).to_contain_text("1 session,")
    assert "/analytics?" in page.url
    page.keyboard.press("f")
    page.keyboard.press("Control+a")
    page.keyboard.type("tunrs > 3")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("turns")


def test_users_are_sorted_and_found(server: Server, visit: Visit) -> None:
    for place in range(3):
        send(server, of_user(f"a-{place}", "ada"))
    send(server, of_user("b", "<b>bob"))
    say(server, "nobody's", ("Who?", "me"))
    server.wait_derived()
    visit.page.set_viewport_size({"width": 360, "height": 800})
    visit.open("/users")
    page = visit.page
    names = page.locator("td.name")
    page.get_by_role("link", name="Sessions", exact=True).nth(1).click()
    expect(names).to_have_text(["ada", "<b>bob"])
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_placeholder("Part of the user's id").fill("BOB")
    page.keyboard.press("Enter")
    expect(names).to_have_text(["<b>bob"])
    names.get_by_role("link").click()
    expect(visit.rows()).to_have_count(1)
