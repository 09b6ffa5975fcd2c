"""docs/adding-a-client.md is done: its table is added, and gives what the page says."""

import re
from pathlib import Path
from typing import Any

from parley.conventions import DIALECTS, render_view
from parley.conventions.docs import render_docs
from parley.conventions.table import Dialect
from tests.storing import Loading
from tests.telemetry import make_span, pack

PAGE = Path(__file__).parents[2] / "docs" / "adding-a-client.md"
VIEW = re.compile(r"CREATE MATERIALIZED VIEW understand_spans TO understood_spans AS\n")


def test_the_client_of_the_page_is_understood(loading: Loading) -> None:
    table, case = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    written: dict[str, Any] = {"CASES": {}}
    exec(table + case, written)
    dialect: Dialect = written["DIALECT"]
    attributes, want = written["CASES"]["Parrot"]
    assert "### Parrot" in render_docs([*DIALECTS, dialect])

    engine = loading.store._engine
    received = f"parrot_{loading.project_id.replace('-', '_')}"
    engine.command(f"CREATE TABLE {received} AS received_spans ENGINE = Memory")
    engine.command(
        f"CREATE MATERIALIZED VIEW {received}_view TO {received} AS SELECT * FROM received_spans"
    )
    loading.load([pack(make_span(attributes=attributes))])
    engine.command(f"DROP VIEW {received}_view")
    view = VIEW.sub("", render_view([dialect, *DIALECTS])).replace("received_spans", received)
    (row,) = engine.query(f"SELECT {', '.join(want)} FROM ({view})", {})
    engine.command(f"DROP TABLE {received}")
    assert dict(zip(want, row, strict=True)) == want


def test_the_page_is_short() -> None:
    assert len(PAGE.read_text().splitlines()) < 60
