"""One visit to the server's pages, and everything that went wrong during it."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request

from tests.serving import Server

EVENTS = "/api/v1/events"
ATTACKED = "attacked"  # the global that every attack of the tests tries to set


@dataclass
class Visit:
    """A page of a context of its own, watched from its first request on."""

    server: Server
    context: BrowserContext
    page: Page
    requests: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", self._note_request)
        self.page.on("console", self._note_console)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("dialog", self._note_dialog)

    def _note_request(self, request: Request) -> None:
        self.requests.append(request.url)

    def _note_console(self, message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            self.violations.append(message.text)

    def _note_dialog(self, dialog: Any) -> None:
        self.errors.append(f"a dialog opened: {dialog.message}")
        dialog.dismiss()

    def address(self, path: str = "/", **query: str) -> str:
        """Returns the address of a page of the test's project."""
        return f"{self.server.url}{path}?{urlencode({'project': self.server.project, **query})}"

    def open(self, path: str = "/", **query: str) -> None:
        """Opens a page; returns once its scripts have started."""
        self.page.goto(self.address(path, **query))
        self.page.locator("html[data-ready]").wait_for(state="attached")

    def open_live(self, path: str = "/", **query: str) -> None:
        """Opens a page; returns once it listens for changes."""
        with self.page.expect_response(lambda answer: EVENTS in answer.url):
            self.open(path, **query)
        self.page.evaluate("window.kept = true")  # a reload would lose it

    def was_reloaded(self) -> bool:
        """Returns whether the page is another one than `open_live` opened."""
        return self.page.evaluate("window.kept !== true")

    def rows(self) -> Locator:
        """Returns the sessions of the list."""
        return self.page.locator("table.ledger tr[data-session]")

    def row_ids(self) -> list[str]:
        """Returns the ids of the listed sessions, in their order."""
        return self.rows().evaluate_all("rows => rows.map(row => row.dataset.session)")

    def opened(self) -> Locator:
        """Returns the open session."""
        return self.page.locator("#opened")

    def opened_id(self) -> str | None:
        """Returns the id of the open session, None when there is none."""
        return self.page.evaluate("document.getElementById('opened')?.dataset.session ?? null")

    def wait_opened(self, session_id: str | None) -> None:
        """Returns once this session is open; None waits until none is."""
        self.page.wait_for_function(
            "id => (document.getElementById('opened')?.dataset.session ?? null) === id",
            arg=session_id,
        )

    def focused_row(self) -> str | None:
        """Returns the id of the session whose row has the focus."""
        return self.page.evaluate(
            "document.activeElement?.closest('tr[data-session]')?.dataset.session ?? null"
        )

    def check(self) -> None:
        """Fails when anything ran, broke or left the server that should not have."""
        home = (f"{self.server.url}/", "data:")
        assert [url for url in self.requests if not url.startswith(home)] == []
        assert self.violations == []
        assert self.errors == []
        for page in self.context.pages:
            assert page.evaluate(f"window.{ATTACKED}") is None
