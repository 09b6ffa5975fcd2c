"""Signing in to a server with a token."""

from playwright.sync_api import Browser, expect

from tests.serving import Start


def test_the_form_lets_in_who_has_the_token(browser: Browser, start: Start) -> None:
    server = start("--token", "open-sesame")
    page = browser.new_context().new_page()
    page.goto(f"{server.url}/?range=30d")
    expect(page.locator("h1")).to_have_text("Sign in to Parley")
    page.get_by_label("Token").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert")).to_have_text("That is not the token of this server.")
    page.get_by_label("Token").fill("open-sesame")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/?range=30d")
    expect(page.locator("h1")).to_contain_text("No conversation yet.")
    expect(page.locator(".snips")).to_contain_text("Bearer YOUR_TOKEN")
    cookie = next(c for c in page.context.cookies() if c["name"] == "parley_token")
    assert cookie["httpOnly"]
    assert cookie["sameSite"] in ("Lax", "Strict")
    page.context.close()


def test_the_form_leads_nowhere_else(browser: Browser, start: Start) -> None:
    server = start("--token", "open-sesame")
    page = browser.new_context().new_page()
    page.goto(f"{server.url}/sign-in?next=//attacker.example/")
    page.get_by_label("Token").fill("open-sesame")
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(f"{server.url}/")
    page.context.close()
