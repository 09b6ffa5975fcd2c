"""Starts the Chromium of this machine: it makes no request of its own and keeps nothing."""

import shutil

from playwright.sync_api import Browser, Playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


class BrowserMissing(Exception):
    """There is no Chromium here, so the pages cannot be tested."""


def launch(playwright: Playwright) -> Browser:
    """Returns a running Chromium.

    Raises:
        BrowserMissing: none of its names is a program here.
    """
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise BrowserMissing(f"none of {', '.join(NAMES)} is here; scripts/browser installs it")
    return playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
