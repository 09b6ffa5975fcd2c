"""Writes docs/benchmarks.md and its picture from what `scripts/bench scale --save` kept."""

import json
from pathlib import Path
from typing import Any

from bench.scale.run import RESULTS

__all__ = ["write_page"]

DOCS = Path(__file__).parent.parent.parent / "docs"
PICTURE = "img/cost-against-size.svg"
DRAWN = {
    "list, first page, any sort": "list, any sort",
    "strip and chart, last 7 d": "strip and chart of 7 days",
    "strip and chart, all": "strip and chart of all",
    "open, 30 turns": "open 30 turns",
}
COLOURS = ("#2563eb", "#d97706", "#dc2626", "#059669")
WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 380, 60, 180, 24, 48
FOOT = Path(__file__).parent / "page_foot.md"

HEAD = """# Benchmarks

What questions cost, and how that grows with what is stored. Measured on two shared cores of an ordinary
virtual machine with the embedded engine, on which other things may run: the clock then tells more than
a question costs, its CPU does not. Milliseconds: p50 / p95 / CPU of one answer, over all threads. This
page is written by `scripts/bench page` from what the commands below the table kept.

## Cost against size

A made-up project of 90 days, filled with SQL: most sessions have 2–10 turns, some hundreds, one
1,000, one 5,000, and the widest holds a tenth of all spans in turns of 1,000 (1 M of 10 M).

![p95 of four questions against the number of spans](img/cost-against-size.svg)

"""


def write_page() -> None:
    """Writes the page and the picture."""
    results = sorted(
        (json.loads(path.read_text()) for path in RESULTS.glob("*.json")),
        key=lambda item: item["spans"],
    )
    (DOCS / PICTURE).parent.mkdir(exist_ok=True)
    (DOCS / PICTURE).write_text(picture(results))
    (DOCS / "benchmarks.md").write_text(HEAD + tables(results) + FOOT.read_text())


def timings_of(result: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Returns the timings of a result by name."""
    return {item["name"]: item for item in result["timings"]}


def tables(results: list[dict[str, Any]]) -> str:
    """Returns the table of all questions, and the commands that made it."""
    heads = [f"{item['spans'] / 1e6:.0f} M spans" for item in results]
    lines = ["| question | " + " | ".join(heads) + " | target p95 |"]
    lines.append("|---|" + "---:|" * (len(results) + 1))
    lines.append(row("sessions", [f"{item['sessions']:,}" for item in results], ""))
    lines.append(
        row(
            "bytes a span on disk, all tables",
            [f"{item['bytes'] / item['spans']:,.0f}" for item in results],
            "",
        )
    )
    for name, last in timings_of(results[-1]).items():
        cells = [cell(timings_of(item).get(name)) for item in results]
        target = f"{last['target_ms']:.0f}" if last["target_ms"] else ""
        lines.append(row(name, cells, target))
    commands = [
        f"scripts/bench scale --spans {item['spans']} --sessions {item['sessions']} --save"
        for item in results
    ]
    shown = "\n".join(commands)
    return (
        "\n".join(lines)
        + f"\n\n<!-- not run: it takes many minutes -->\n```sh\n{shown}\nscripts/bench page\n```\n"
    )


def row(name: str, cells: list[str], target: str) -> str:
    """Returns a line of the table."""
    return f"| {name} | " + " | ".join(cells) + f" | {target} |"


def cell(item: dict[str, Any] | None) -> str:
    """Returns `p50 / p95 / CPU`."""
    if item is None:
        return "–"
    if item["p50_ms"] < 0:
        return "refused"
    if item["p50_ms"] == item["p95_ms"]:
        return f"{item['p50_ms']:,.0f}"
    return f"{item['p50_ms']:,.0f} / {item['p95_ms']:,.0f} / {item['cpu_ms']:,.0f}"


def picture(results: list[dict[str, Any]]) -> str:
    """Returns the picture as SVG that is readable on light and dark pages."""
    most = max((timings_of(r)[name]["p95_ms"] for r in results for name in DRAWN), default=1.0)
    top = next(
        step for step in (50, 100, 200, 400, 800, 1600, 3200, 6400, 12800, 10**9) if most <= step
    )
    largest = results[-1]["spans"]

    def x(spans: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * spans / largest

    def y(ms: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * ms / top

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="p95 in milliseconds against millions of spans">',
        "<style>text{font:13px system-ui,sans-serif;fill:#333}.grid{stroke:#ddd}.back{fill:#fff}@media(prefers-color-scheme:dark){text{fill:#ddd}.grid{stroke:#444}.back{fill:#16181d}}</style>",
        f'<rect class="back" width="{WIDTH}" height="{HEIGHT}"/>',
    ]
    for place in range(5):
        ms = top * place / 4
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y(ms):.1f}" y2="{y(ms):.1f}"/>'
        )
        parts.append(f'<text x="{LEFT - 8}" y="{y(ms) + 4:.1f}" text-anchor="end">{ms:,.0f}</text>')
    parts += [
        f'<text x="{x(item["spans"]):.1f}" y="{HEIGHT - BOTTOM + 20}" text-anchor="middle">{item["spans"] / 1e6:.0f} M</text>'
        for item in results
    ]
    parts.append(f'<text x="{LEFT}" y="{HEIGHT - 8}">spans stored; p95 in ms</text>')
    ends = sorted(((timings_of(results[-1])[name]["p95_ms"], name) for name in DRAWN), reverse=True)
    labels: dict[str, float] = {}
    below = 0.0
    for ms, name in ends:
        labels[name] = below = max(y(ms) + 4, below + 16)
    for (name, label), colour in zip(DRAWN.items(), COLOURS, strict=True):
        points = " ".join(
            f"{x(r['spans']):.1f},{y(timings_of(r)[name]['p95_ms']):.1f}" for r in results
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2.5"/>'
        )
        parts += [
            f'<circle cx="{p.split(",")[0]}" cy="{p.split(",")[1]}" r="3.5" fill="{colour}"/>'
            for p in points.split()
        ]
        parts.append(
            f'<text x="{WIDTH - RIGHT + 10}" y="{labels[name]:.1f}" style="fill:{colour}">{label}</text>'
        )
    return "\n".join([*parts, "</svg>"]) + "\n"
