"""Writes the pages that are generated from tables: `python -m tests.docs.generated`."""

from collections.abc import Callable
from functools import partial

from parley.conventions import DIALECTS
from parley.conventions.docs import render_docs
from parley.query.filters.docs import filters_page
from parley.settings import settings_page
from tests.docs.blocks import not_run_list
from tests.docs.guide_table import GUIDES
from tests.docs.guides import index_of, page_of
from tests.serving import ROOT

PAGES: dict[str, Callable[[], str]] = {
    "docs/settings.md": settings_page,
    "docs/conventions.md": lambda: render_docs(DIALECTS),
    "docs/filters.md": filters_page,
    "docs/clients.md": lambda: index_of(GUIDES),
    **{f"docs/clients/{item.slug}.md": partial(page_of, item) for item in GUIDES},
    "tests/docs/not_run.txt": not_run_list,  # the last: it reads the others
}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (ROOT / name).parent.mkdir(exist_ok=True)
        (ROOT / name).write_text(page())
