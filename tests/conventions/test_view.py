"""The rendered view is pinned: a change of a table shows as a change of SQL in the diff.

Rewrite the snapshot with `PARLEY_REWRITE=1 pytest tests/conventions`.
"""

import os
from pathlib import Path

from parley.conventions import DIALECTS, render_view
from parley.conventions.docs import render_docs

SNAPSHOT = Path(__file__).parent / "understand_spans.sql"
DOCS = Path(__file__).parents[2] / "docs" / "conventions.md"


def compare(path: Path, text: str) -> None:
    if os.environ.get("PARLEY_REWRITE"):
        path.write_text(text, encoding="utf-8")
    assert path.read_text(encoding="utf-8") == text


def test_view_is_what_the_snapshot_says() -> None:
    compare(SNAPSHOT, render_view(DIALECTS) + "\n")


def test_docs_are_what_the_tables_say() -> None:
    compare(DOCS, render_docs(DIALECTS))
