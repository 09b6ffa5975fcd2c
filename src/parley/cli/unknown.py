"""`parley doctor unknown`: what a running server did not understand."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from parley.cli.client import Client
from parley.cli.sessions import DEFAULT_URL, AsJson, Project, Token, Url, print_json
from parley.cli.tables import plain

__all__ = ["unknown"]


def unknown(
    *, url: Url = DEFAULT_URL, project: Project = "", token: Token = "", as_json: AsJson = False
) -> None:
    """Show what a running server did not understand: attributes, models, odd spans, failures."""
    found = Client(url=url, project=project, token=token).get("/api/v1/unknown", {})
    if as_json:
        print_json(found)
        return
    console = Console()
    sample = found["sample"]
    part = "all" if sample["is_all"] else "the latest"
    console.print(
        f"Looked at {part} {sample['sessions']:,} sessions with {sample['spans']:,} spans, "
        f"and at spans of the last 30 days without a session."
    )
    models = [
        (
            item["model"] or "(no model)",
            item["unpriced_calls"],
            item["last_session"],
            item["provider"],
        )
        for item in found["models"]
    ]
    clamped = [(i["model"], i["calls"], i["last_session"], i["provider"]) for i in found["clamped"]]
    payloads = [(i["name"], i["spans"], i["trace_id"], "") for i in found["payloads"]]
    failed = [(i["reason"], 1, i["trace_id"], i["noted_at"]) for i in found["failed"]]
    for title, what, rows in (
        ("Attributes that nothing maps", "spans", examples(found["attributes"])),
        ("Models without a price", "calls", models),
        ("Usage that cannot be, cut", "calls", clamped),
        ("Messages that could not be read", "spans", payloads),
        ("Odd spans", "spans", examples(found["notes"])),
        ("Traces that could not be derived", "traces", failed),
    ):
        console.print(section(title, what, rows) if rows else f"{title}: none")
    console.print(f"{len(found['unused'])} more names are known, and nothing is made of them.")


def examples(items: Sequence[dict[str, Any]]) -> list[tuple[str, int, str, str]]:
    """Returns (name, count, trace, client) of what has an example."""
    return [
        (i["name"], i["spans"], i["trace_id"], " · ".join(filter(None, (i["service"], i["scope"]))))
        for i in items
    ]


def section(title: str, what: str, rows: Sequence[tuple[str, int, str, str]]) -> Table:
    """Returns a table of findings."""
    table = Table(box=None, header_style="bold", pad_edge=False, title=title, title_justify="left")
    table.add_column("what", overflow="fold")
    table.add_column(what, justify="right", no_wrap=True)
    table.add_column("example", overflow="fold", min_width=32)
    table.add_column("from")
    for name, count, example, client in rows:
        table.add_row(plain(name), f"{count:,}", plain(example), plain(client))
    return table
