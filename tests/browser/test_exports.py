"""What the page shows can be downloaded."""

import csv
import json

from playwright.sync_api import expect

from tests.browser.conftest import OpenPage
from tests.browser.talk import say
from tests.serving import Server


def test_the_list_and_a_session_are_downloaded(server: Server, open_page: OpenPage) -> None:
    say(server, "s/1", ("Where is my parcel?", "In the depot."), ("And now?", "On its way."))
    say(server, "s-2", ("Hello?", "Hi!"))
    page = open_page(filter="turns > 1")
    menu = page.locator("#export")
    menu.locator("summary").click()
    page.keyboard.press("Escape")
    expect(menu.get_by_role("link", name="CSV")).to_be_hidden()
    menu.locator("summary").click()
    with page.expect_download() as download:
        menu.get_by_role("link", name="CSV").click()
    with download.value.path().open(newline="") as file:
        assert [row["session_id"] for row in csv.DictReader(file)] == ["s/1"]
    expect(menu.get_by_role("link", name="CSV")).to_be_hidden()
    page.locator("tr[data-session='s/1'] .first").click()
    menu = page.locator("#export-session")
    menu.locator("summary").click()
    with page.expect_download() as download:
        menu.get_by_role("link", name="JSON").click()
    assert download.value.suggested_filename == "session-s-1.json"
    document = json.loads(download.value.path().read_text())
    assert [turn["input"] for turn in document["turns"]] == ["Where is my parcel?", "And now?"]
