"""A real Chromium that reads the pages of the real server."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.chromium import BrowserMissing, launch
from tests.browser.visit import Visit
from tests.serving import Server

OpenPage = Callable[..., Page]


# Not for the whole run: while Playwright is there the thread seems to have a running event loop,
# and `asyncio.run` in the tests of other folders refuses to start.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One browser for the tests of this folder."""
    with sync_playwright() as playwright:
        try:
            opened = launch(playwright)
        except BrowserMissing as missing:
            pytest.skip(f"NOT TESTED: the pages. {missing}")
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Browser, server: Server) -> Iterator[Visit]:
    """A visit to the test's project; at its end nothing may have gone wrong."""
    context = browser.new_context()
    visited = Visit(server, context, context.new_page())
    yield visited
    visited.check()
    context.close()


@pytest.fixture
def open_page(browser: Browser, server: Server) -> Iterator[OpenPage]:
    """Opens the sessions page with a query, in a context of its own each time."""
    opened: list[Visit] = []

    def begin(*, width: int = 1280, height: int = 900, theme: Any = "light", **query: str) -> Page:
        context = browser.new_context(
            viewport={"width": width, "height": height}, color_scheme=theme
        )
        opened.append(Visit(server, context, context.new_page()))
        if query.get("live") == "off":
            opened[-1].open(**query)
        else:
            opened[-1].open_live(**query)
        return opened[-1].page

    yield begin
    for visited in opened:
        visited.check()
        visited.context.close()
