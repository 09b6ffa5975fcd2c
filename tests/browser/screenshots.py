"""Takes the pictures of the documentation: `scripts/screenshots`."""

import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import launch
from tests.serving import ROOT, Server, ServerFailed, start_server

FOLDER = ROOT / "docs" / "img"
WIDE = {"width": 1440, "height": 1000}
NARROW = {"width": 380, "height": 800}
MARK = "demo-history"  # the demo writes "complete" into it once its past is sent
HISTORY_SECONDS = 180.0
TURNS_SHOWN = range(4, 11)  # a conversation that fills a picture and is not too long for it


def wait_history(server: Server) -> None:
    """Returns once the conversations of the last days can be read."""
    deadline = time.monotonic() + HISTORY_SECONDS
    mark = server.data / MARK
    while time.monotonic() < deadline:
        if mark.exists() and mark.read_text() == "complete":
            server.wait_derived(seconds=HISTORY_SECONDS)
            return
        time.sleep(0.2)
    raise ServerFailed(f"no conversations after {HISTORY_SECONDS} s\n{server.log.read_text()}")


def telling_session(server: Server) -> str:
    """Returns the dearest conversation of a fitting length in which something failed."""
    for sort in ("-errors", "-cost_usd"):
        query = urlencode({"sort": sort, "limit": 100})
        for session in server.get_json(f"/api/v1/sessions?{query}")["sessions"]:
            if session["turns"] in TURNS_SHOWN:
                return str(session["session_id"])
    raise ServerFailed("the demo has no conversation of a fitting length")


def take(browser: Browser, server: Server, name: str, look: dict[str, Any], **query: str) -> None:
    """Writes one picture."""
    context = browser.new_context(reduced_motion="reduce", **look)
    page = context.new_page()
    page.goto(f"{server.url}/?{urlencode(query)}")
    page.locator("html[data-ready]").wait_for(state="attached")
    page.locator("#opened" if "open" in query else "tr[data-session]").first.wait_for()
    page.evaluate("document.fonts.ready")
    path = FOLDER / f"{name}.png"
    page.screenshot(path=path, animations="disabled")
    print(path.relative_to(ROOT))
    context.close()


def take_all(server: Server) -> None:
    """Writes every picture."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    light = {"viewport": WIDE, "color_scheme": "light"}
    dark = {"viewport": WIDE, "color_scheme": "dark"}
    narrow = {"viewport": NARROW, "color_scheme": "light"}
    session = telling_session(server)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        take(browser, server, "sessions-light", light)
        take(browser, server, "sessions-dark", dark)
        take(browser, server, "session-light", light, open=session)
        take(browser, server, "session-dark", dark, open=session)
        take(browser, server, "traces-light", light, open=session, tab="traces")
        take(browser, server, "sessions-narrow", narrow)
        browser.close()


def main() -> int:
    """Starts a demo, takes the pictures, ends it."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder) / "data", name="demo")
        try:
            wait_history(server)
            take_all(server)
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
