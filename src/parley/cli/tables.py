"""Sessions and turns as terminal tables. What clients sent is shown as text, never as markup."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from rich.panel import Panel
from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from parley.load import SetAside

__all__ = [
    "ago",
    "plain",
    "quarantine_table",
    "session_panel",
    "sessions_table",
    "transcript_lines",
    "turns_table",
]

ROLE_STYLES = {"user": "bold cyan", "assistant": "bold green", "tool": "yellow", "system": "dim"}


def sessions_table(page: dict[str, Any]) -> tuple[Table, Text]:
    """Returns a page of sessions as a table, and how many there are."""
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    table.add_column("session", no_wrap=True, max_width=24)
    table.add_column("last activity", no_wrap=True)
    for name in ("turns", "length", "tokens", "cost", "errors"):
        table.add_column(name, justify="right", no_wrap=True)
    found = page.get("matches") or {}
    table.add_column("found" if found else "first input", no_wrap=True, ratio=1)
    for session in page["sessions"]:
        match = found.get(session["session_id"])
        table.add_row(
            plain(session["session_id"]),
            ago(session["last_activity_at"]),
            str(session["turns"]),
            duration(session["duration_ms"]),
            tokens(session),
            cost(session),
            Text(str(session["errors"]), style="red" if session["errors"] else "dim"),
            excerpt(match) if match else plain(session.get("title") or session["first_input"]),
        )
    total = f"{page['total']:,}" + ("+" if page["total_capped"] else "")
    foot = f"{len(page['sessions'])} of {total} sessions"
    if page["next_cursor"]:
        foot += f"; the next ones: --cursor {page['next_cursor']}"
    return table, Text(foot, style="dim")


def excerpt(match: dict[str, Any]) -> Text:
    """Returns where a search found something, with it underlined."""
    text = Text(overflow="ellipsis")
    for piece in match["excerpt"]:
        style = "bold underline" if piece.get("is_match") else ""
        text.append(visible(piece["text"]).replace("\n", " "), style=style)
    return text


def session_panel(session: dict[str, Any]) -> Panel:
    """Returns a session's own numbers."""
    table = Table.grid(padding=(0, 2))
    usage = f"{session['input_tokens']:,} in, {session['output_tokens']:,} out"
    if session["cached_tokens"]:
        usage += f" ({session['cached_tokens']:,} cached)"
    latency = (
        f"p50 {duration(session['latency_ms_p50'])}, p95 {duration(session['latency_ms_p95'])}"
    )
    rows = {
        "title": session.get("title") or "",
        "bookmarked": "yes" if session.get("bookmarked") else "",
        "project": session["project"],
        "started": f"{session['started_at']} ({duration(session['duration_ms'])})",
        "turns": f"{session['turns']}, {session['errors']} failed; {latency}",
        "calls": f"{session['llm_calls']} of models, {session['tool_calls']} of tools",
        "tokens": usage + ("" if session["usage_complete"] else ", at least"),
        "cost": cost(session),
        "models": ", ".join(session["models"]),
        "users": ", ".join(session["users"]),
        "environments": ", ".join(session["environments"]),
        "tags": ", ".join(session["tags"]),
        "id comes from": session["session_source"],
        "last error": session["last_error"],
    }
    for name, value in rows.items():
        if value:
            table.add_row(Text(name, style="dim"), plain(value))
    return Panel(table, title=plain(session["session_id"]), title_align="left")


def turns_table(turns: list[dict[str, Any]]) -> Table:
    """Returns the turns of a session in order."""
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    table.add_column("turn", justify="right")
    table.add_column("latency", justify="right", no_wrap=True)
    table.add_column("tokens", justify="right", no_wrap=True)
    table.add_column("cost", justify="right", no_wrap=True)
    table.add_column("input", ratio=1, no_wrap=True)
    table.add_column("output", ratio=1, no_wrap=True)
    for turn in turns:
        failed = turn["error"] is not None
        output = Text(visible(turn["error"]), style="red") if failed else plain(turn["output"])
        table.add_row(
            str(turn["turn"]),
            duration(turn["latency_ms"]),
            tokens(turn),
            cost(turn),
            plain(turn["input"]),
            output,
        )
    return table


def quarantine_table(entries: list["SetAside"]) -> Table:
    """Returns what was set aside, the newest first; ids are never cut, they are typed again."""
    table = Table(box=None, header_style="bold", pad_edge=False, expand=True)
    table.add_column("id", no_wrap=True, min_width=40)
    table.add_column("when", no_wrap=True)
    table.add_column("project", max_width=20, no_wrap=True)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("cause", no_wrap=True)
    table.add_column("reason", ratio=1, no_wrap=True)
    for entry in entries:
        table.add_row(
            entry.id,
            ago(datetime.fromtimestamp(entry.quarantined_ns / 1e9, UTC).isoformat()),
            plain(entry.project),
            f"{entry.size_bytes:,} B",
            entry.cause,
            plain(entry.reason),
        )
    return table


def transcript_lines(transcript: dict[str, Any]) -> Iterator[Text]:
    """Yields what was said, one paragraph for each message."""
    for item in transcript["turns"]:
        yield Text(f"── turn {item['turn']['turn']} ", style="dim")
        for message in item["messages"]:
            style = "dim" if message["folded"] else ROLE_STYLES.get(message["role"], "")
            calls = [part["name"] for part in message["parts"] if part["kind"] == "tool_call"]
            said = Text.assemble((f"{message['role']}: ", style), visible(message["text"]))
            if calls:
                said.append(visible(f" [calls {', '.join(calls)}]"), style="yellow")
            yield said


def plain(text: str) -> Text:
    """Returns text on one line, without markup and without what moves a terminal's cursor."""
    return Text(" ".join(visible(text).split()), overflow="ellipsis")


def visible(text: str) -> str:
    """Returns the text with control characters, but line feeds and tabs, written out."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() or char in "\n\t" or ord(char) > 0x9F else repr(char)[1:-1]
        for char in text
    )


def tokens(row: dict[str, Any]) -> str:
    """Returns input and output tokens."""
    total = row["input_tokens"] + row["output_tokens"]
    return f"{total:,}" + ("" if row["usage_complete"] else "+")


def cost(row: dict[str, Any]) -> str:
    """Returns dollars; an unknown cost is not 0."""
    if row["cost_usd"] is None:
        return "unknown"
    return f"${row['cost_usd']:.4f}" + ("" if row["cost_complete"] else "+")


def duration(milliseconds: float) -> str:
    """Returns a duration in the unit that fits."""
    seconds = milliseconds / 1000
    if seconds < 1:
        return f"{milliseconds:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds) // 60} min {int(seconds) % 60} s"
    if seconds < 86_400:
        return f"{int(seconds) // 3600} h {int(seconds) % 3600 // 60} min"
    return f"{int(seconds) // 86_400} d {int(seconds) % 86_400 // 3600} h"


def ago(moment: str) -> str:
    """Returns how long ago an ISO-8601 moment was, in the unit that fits."""
    seconds = (datetime.now(UTC) - datetime.fromisoformat(moment)).total_seconds()
    for size, unit in ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size:
            return f"{int(seconds // size)} {unit} ago"
    return "now"
