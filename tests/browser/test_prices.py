"""Prices on the page: found, set with a mistake, set rightly, removed."""

from playwright.sync_api import expect

from tests.api.test_prices import send, wait_priced
from tests.browser.visit import Visit


def test_a_price_is_set_where_it_is_missing(visit: Visit) -> None:
    server, page = visit.server, visit.page
    send(server, "s", "acme/large")
    send(server, "t", "gpt-4o")
    server.wait_derived()
    visit.open()
    page.get_by_role("link", name="Settings").click()
    rows = page.get_by_role("table", name="Models in use").locator("tbody tr")
    expect(rows.first).to_contain_text("acme/large")
    expect(rows.first).to_contain_text("no price")
    rows.first.get_by_role("link", name="Set price").click()
    expect(page.get_by_label("Model", exact=True)).to_have_value("acme/large")
    page.get_by_label("Input", exact=True).fill("cheap")
    page.get_by_role("button", name="Set the price").click()
    wrong = page.locator("#hint-input")
    expect(wrong).to_contain_text("expected dollars for a million tokens")
    expect(page.locator("#hint-output")).to_contain_text("is required")
    expect(page.get_by_label("Input", exact=True)).to_have_value("cheap")
    visit.errors.clear()  # the browser says that the answer was 400
    page.get_by_label("Input", exact=True).fill("1")
    page.get_by_label("Output", exact=True).fill("2")
    page.get_by_label("Tiers").fill('[{"above": 50, "input": 4}]')
    page.get_by_role("button", name="Set the price").click()
    expect(page.get_by_role("status").first).to_contain_text("The price is set.")
    wait_priced(server)
    visit.open("/settings/prices")
    mine = page.get_by_role("row").filter(has_text="acme/large")
    expect(mine.first).to_contain_text("$0.0004")
    expect(mine.first).to_contain_text("set here")
    page.get_by_role("link", name="Change").click()
    expect(page.get_by_label("Tiers")).to_have_value('[{"above":50,"input":4}]')
    page.get_by_label("From").fill("2026-01-01")
    page.get_by_role("button", name="Save").click()
    table = page.get_by_role("table", name="Prices set here").locator("tbody tr")
    expect(table).to_have_count(1)
    expect(table).to_contain_text("from 2026-01-01")
    page.get_by_role("link", name="Remove…").click()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No price is set.")).to_be_visible()
    wait_priced(server)
    visit.open(open="s", range="all")
    expect(page.locator(".dh .facts")).to_contain_text("unknown")
    assert "no price is known" in (
        page.locator(".dh .facts [title]").last.get_attribute("title") or ""
    )
    visit.check()


def test_what_was_not_understood_leads_to_its_span(visit: Visit) -> None:
    server, page = visit.server, visit.page
    send(server, "s", "acme/large", **{"acme.<b>plan": "pro"})
    server.wait_derived()
    visit.open("/settings/unknown")
    row = page.get_by_role("row").filter(has_text="acme.<b>plan")
    expect(row).to_contain_text("tests")
    row.get_by_role("link", name="span").click()
    expect(page.locator(".insp")).to_contain_text("not mapped")
    page.locator(".insp").get_by_role("link", name="Attributes").click()
    expect(page.locator(".insp")).to_contain_text("genai: gen_ai.request.model")
    visit.check()
