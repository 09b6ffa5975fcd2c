"""Takes the pictures of the documentation: `scripts/screenshots [name…]`, all without a name."""

import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from playwright.sync_api import Browser, ViewportSize, sync_playwright

from tests.browser.chromium import launch
from tests.prompts.conftest import send
from tests.serving import ROOT, Server, ServerFailed, start_server

FOLDER = ROOT / "docs" / "img"
WIDE: ViewportSize = {"width": 1440, "height": 1000}
LOW: ViewportSize = {"width": 1440, "height": 640}
NARROW: ViewportSize = {"width": 380, "height": 800}
CREATED, NOT_FOUND = 201, 404
MARK = "demo-history"  # the demo writes "complete" into it once its past is sent
HISTORY_SECONDS = 180.0
TURNS_SHOWN = range(4, 11)  # a conversation that fills a picture and is not too long for it


@dataclass(frozen=True)
class Screen:
    """One picture: of which page, how large and in which theme. whole: as long as the page is."""

    name: str
    path: str = "/"
    size: ViewportSize = field(default_factory=lambda: WIDE)
    theme: Literal["light", "dark"] = "light"
    query: dict[str, str] = field(default_factory=dict)
    whole: bool = False


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


def write_prompt(server: Server) -> None:
    """Writes an application of two versions, the first one deployed: its pages are pictures too."""
    first = "You answer questions about orders. Be {{tone}}. Never promise a date."
    second = f"{first.replace('Never', 'Do not')} Name the order by its number."
    send(server, "POST", "/api/v1/prompts", {"slug": "support", "name": "Support desk"})
    for text, more in ((first, {"deploy_to": "production"}), (second, {"note": "names the order"})):
        messages = [{"role": "system", "content": text}, {"role": "history"}]
        prompt = {"model": "openai:gpt-4.1-mini", "messages": messages}
        body = {"prompt": prompt, **more}
        made = send(server, "POST", "/api/v1/prompts/support/versions", body)
        if made.status_code != CREATED:
            raise ServerFailed(made.text)


def screens(session: str) -> list[Screen]:
    """Returns every picture that is taken."""
    opened = {"open": session}
    trace = {**opened, "tab": "traces", "full": "1"}
    return [
        Screen("sessions-light"),
        Screen("sessions-dark", theme="dark"),
        Screen("sessions-narrow", size=NARROW),
        Screen("session-light", query=opened),
        Screen("session-dark", theme="dark", query=opened),
        Screen("session-narrow", size=NARROW, query=opened),
        Screen("traces-light", query=trace),
        Screen("traces-dark", theme="dark", query=trace),
        Screen("timeline-light", query={**opened, "tab": "timeline", "full": "1"}),
        Screen("trace-list-light", "/traces"),
        Screen("analytics-light", "/analytics"),
        Screen("users-light", "/users"),
        Screen("prompts-light", "/prompts", size=LOW),
        Screen("prompt-light", "/prompts/support", size=LOW),
        Screen("prompt-edit-light", "/prompts/support/edit"),
        Screen("prompt-diff-light", "/prompts/support/diff"),
        Screen("playground-light", "/prompts/support/playground", size=LOW),
        Screen("prices-light", "/settings/prices"),
        Screen("provider-keys-light", "/settings/provider-keys", size=LOW),
        Screen("not-understood-light", "/settings/unknown"),
        Screen("set-aside-light", "/quarantine", size=LOW),
        Screen("empty-light", query={"project": "new"}),
        Screen("lost-light", size=LOW, query={"open": session[:-1] + "x"}),
        Screen("patterns-light", "/-/patterns", whole=True),
        Screen("patterns-dark", "/-/patterns", theme="dark", whole=True),
    ]


def take(browser: Browser, server: Server, screen: Screen) -> None:
    """Writes one picture; says so where there is no such page."""
    context = browser.new_context(
        reduced_motion="reduce", viewport=screen.size, color_scheme=screen.theme
    )
    page = context.new_page()
    answer = page.goto(f"{server.url}{screen.path}?{urlencode(screen.query)}")
    if answer is None or (answer.status == NOT_FOUND and screen.path != "/"):
        print(f"NOT TAKEN: {screen.name}, there is no {screen.path}")
        context.close()
        return
    page.locator("html[data-ready]").wait_for(state="attached")
    page.evaluate("document.fonts.ready")
    path = FOLDER / f"{screen.name}.png"
    page.screenshot(path=path, animations="disabled", full_page=screen.whole)
    print(path.relative_to(ROOT))
    context.close()


def take_all(server: Server, names: list[str]) -> None:
    """Writes every picture, or those of these names."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    session = telling_session(server)
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for screen in screens(session):
            if not names or screen.name in names:
                take(browser, server, screen)
        browser.close()


def main() -> int:
    """Starts a demo, takes the pictures, ends it."""
    with tempfile.TemporaryDirectory() as folder:
        server = start_server(Path(folder) / "data", name="demo")
        try:
            wait_history(server)
            write_prompt(server)
            take_all(server, sys.argv[1:])
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
