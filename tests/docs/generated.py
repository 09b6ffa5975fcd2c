"""Writes the pages that are generated from tables: `python -m tests.docs.generated`."""

from collections.abc import Callable

from parley.conventions import DIALECTS
from parley.conventions.docs import render_docs
from parley.query.filters.docs import filters_page
from parley.settings import settings_page
from tests.serving import ROOT

PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/conventions.md": lambda: render_docs(DIALECTS),
    "docs/filters.md": filters_page,
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / name).write_text(page())
