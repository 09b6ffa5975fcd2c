"""Writes docs/conventions.md from the tables: `python -m parley.conventions.docs`."""

import sys
from collections.abc import Sequence

from parley.conventions.dialects import DIALECTS
from parley.conventions.precedence import SESSION_KEYS
from parley.conventions.table import Dialect, Payload

__all__ = ["render_docs"]

HEAD = """# Conventions: which attribute means what

Generated from the tables in `src/parley/conventions` by `python -m parley.conventions.docs`; a test
compares. A new client is one table: see docs/adding-a-client.md.

## Which session a span belongs to

The first non-empty of these attributes, in this order, on any span of the trace; the best rank of
the trace wins, then the earliest span. A project's own keys come before. One layer of JSON quotes
is taken off, `[Scrubbed due to …` counts as empty, lists and maps are no ids.

| rank | attribute | written by |
|---|---|---|
"""


def render_docs(dialects: Sequence[Dialect]) -> str:
    """Returns the page."""
    lines = [
        f"| {rank} | `{item.key}` | {item.client} |" for rank, item in enumerate(SESSION_KEYS, 1)
    ]
    text = HEAD + "\n".join(lines) + "\n"
    text += "\n## Dialects\n\nWhere two dialects fill one column of a span, the earlier wins.\n"
    for dialect in dialects:
        text += _dialect(dialect)
    return text


def _dialect(dialect: Dialect) -> str:
    text = f"\n### {dialect.title}\n\nSource: <{dialect.source}>\n"
    if dialect.remarks:
        text += f"\n{dialect.remarks}\n"
    text += "\n| column | attributes, first non-empty; → a place in its JSON |\n|---|---|\n"
    for column, fields in dialect.fields.items():
        shown = []
        for item in fields:
            where = " (resource)" if item.where == "resource" else ""
            path = f" → `{'.'.join(item.path)}`" if item.path else ""
            plus = f" + {' + '.join(item.plus)}" if item.plus else ""
            factor = f" × {item.factor:g}" if item.factor != 1 else ""
            words = ", ".join(f"{theirs} → {ours}" for theirs, ours in item.values.items())
            meant = f" ({words})" if words else ""
            units = [f"{scope}: × {unit:g}" for scope, unit in item.scopes.items()]
            scopes = f" (only of scopes {', '.join(units)})" if units else ""
            since = " (a time; since the span's start)" if item.is_time else ""
            unknown = " (not 0)" if item.is_never_0 else ""
            shown.append(f"`{item.key}`{path}{where}{factor}{plus}{meant}{scopes}{since}{unknown}")
        text += f"| {column} | {'; '.join(shown)} |\n"
    for name, payloads in (
        ("system prompt", dialect.system),
        ("input messages", dialect.inputs),
        ("output messages", dialect.outputs),
    ):
        if payloads:
            text += f"| {name} | {'; '.join(map(_payload, payloads))} |\n"
    for name, keys in (
        ("tags", dialect.tags),
        ("metadata", dialect.metadata),
        ("known, unused", dialect.unused),
    ):
        if keys:
            shown = [f"`{key}*`" if key.endswith(".") else f"`{key}`" for key in keys]
            text += f"| {name} | {'; '.join(shown)} |\n"
    return text


def _payload(payload: Payload) -> str:
    if payload.shape == "pieces":
        return " + ".join(f"`{name}`" for name in payload.names)
    endings = {"value": "", "events": "[…]", "indexed": ".0.…", "fields": ".<name>"}
    return f"`{payload.key}{endings[payload.shape]}`"


if __name__ == "__main__":
    sys.stdout.write(render_docs(DIALECTS))
