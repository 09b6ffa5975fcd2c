"""How long the questions of the page take on a filled store: p50 and p95, in the process and by HTTP."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from tests.serving import Server, start_server

from bench.scale.plan import Plan
from bench.stages import cpu_of_threads, resident_bytes
from parley.model import SessionQuery
from parley.query import (
    SORTS,
    compare_series,
    find_sessions,
    list_projects,
    narrow,
    open_session,
    read_lag_ms,
    read_series,
    read_spans,
    read_stats,
    read_trace,
    read_transcript,
)
from parley.store import Store, StoreError

__all__ = ["Timing", "ask_server", "ask_store", "table"]

DAY_NS = 86_400 * 10**9
REPEATS = 9
PAGES_DEEP = 20
Question = Callable[[int], Any]


class Timing(Struct, frozen=True, kw_only=True):
    """One question. detail says why there is no time, or how large the answer was.

    cpu_ms: CPU of one answer, all threads of the engine together; it tells more than the clock does
    on a machine that does other things.
    """

    name: str
    p50_ms: float
    p95_ms: float
    cpu_ms: float = 0.0
    target_ms: float | None = None
    detail: str = ""


def timing(
    name: str,
    ask: Question,
    *,
    repeats: int = REPEATS,
    target_ms: float | None = None,
    cpu_seconds: Callable[[], float] = time.process_time,
) -> Timing:
    """Returns how long a question takes; the first time is not counted."""
    try:
        found = ask(0)
        samples = []
        spent = cpu_seconds()
        for place in range(1, repeats + 1):
            began = time.perf_counter()
            found = ask(place)
            samples.append((time.perf_counter() - began) * 1000)
        spent = cpu_seconds() - spent
    except (StoreError, AssertionError) as error:
        return Timing(name=name, p50_ms=-1, p95_ms=-1, target_ms=target_ms, detail=str(error)[:150])
    samples.sort()
    return Timing(
        name=name,
        p50_ms=statistics.median(samples),
        p95_ms=samples[min(int(len(samples) * 0.95), len(samples) - 1)],
        cpu_ms=spent / repeats * 1000,
        target_ms=target_ms,
        detail=found if isinstance(found, str) else "",
    )


def sessions_with(plan: Plan, low: int, high: int, most: int = 30) -> list[str]:
    """Returns ids of sessions with between `low` and `high` turns, from all over the range."""
    found = [s for s in range(plan.ordinary) if low <= plan.turns_of(s) <= high]
    return [plan.id_of(s) for s in found[:: max(len(found) // most, 1)][:most]]


def ask_store(store: Store, plan: Plan) -> Iterator[Timing]:
    """Times every question of the query room."""
    project = plan.project
    sorts = [sign + name for name in sorted(SORTS) for sign in ("", "-")]

    def listed(**options: Any) -> Any:
        return find_sessions(store, project, SessionQuery(**options))

    yield timing(
        "list, first page, any sort",
        lambda n: listed(sort=sorts[n % len(sorts)]),
        repeats=2 * len(sorts),
        target_ms=80,
    )
    yield timing("list, first page, last activity", lambda n: listed(), target_ms=80)
    for days in (1, 7, 30):
        start = plan.end_ns - days * DAY_NS
        yield timing(
            f"list, last {days} d", lambda n, start=start: listed(from_ns=start), target_ms=80
        )
    cursor = ""
    for _ in range(PAGES_DEEP):
        cursor = listed(cursor=cursor).next_cursor
    yield timing(f"list, page {PAGES_DEEP + 1}", lambda n: listed(cursor=cursor), target_ms=80)
    cursor = ""
    for _ in range(PAGES_DEEP):
        cursor = listed(cursor=cursor, sort="-cost_usd").next_cursor
    yield timing(
        f"list by cost, page {PAGES_DEEP + 1}",
        lambda n: listed(cursor=cursor, sort="-cost_usd"),
        target_ms=80,
    )
    for days in (1, 7, 30, 0):
        start, name = (plan.end_ns - days * DAY_NS, f"last {days} d") if days else (None, "all")
        end = plan.end_ns if days else None
        yield timing(
            f"strip and chart, {name}",
            lambda n, start=start, end=end: read_series(store, project, start, end),
        )
    yield timing("stats", lambda n: read_stats(store, project))
    yield timing("lag", lambda n: read_lag_ms(store, project))
    yield timing("projects", lambda n: list_projects(store))
    yield from ask_narrowed(store, plan)
    yield from ask_sessions(store, plan)


NARROWED = (
    ("a rare word", "ref{n}", ""),
    ("a common word", "refund", ""),
    ("two common words", "refund parcel", ""),
    ("東京", "東京", ""),
    ("cost and turns", "", "cost_usd > 0.0{n} and turns >= 10"),
    ("model, user, tag", "", 'model ~ "gpt" and user ~ "{n}" and not tag = "beta"'),
    ("any slow turn", "", "any(turn.latency_ms > {n}s)"),
    ("turns by their words", "", 'turns > 5 and any(turn.output ~ "refund")'),
    ("spans of long sessions", "", 'turns > 30 and count(span.kind = "tool") > {n}'),
    ("any span's error", "", "any(span.error)"),
    ("spans by their names", "", 'turns > 5 and count(span.name ~ "look_up") > {n}'),
)


def ask_narrowed(store: Store, plan: Plan) -> Iterator[Timing]:
    """Times searched and filtered lists, and the strip of the same page."""
    week = plan.end_ns - 7 * DAY_NS
    for name, q, text in NARROWED:
        for span, start in (("all", None), ("last 7 d", week)):
            yield timing(
                f"list, {name}, {span}",
                lambda n, q=q, text=text, start=start: find_sessions(
                    store,
                    plan.project,
                    SessionQuery(
                        from_ns=start,
                        q=q.replace("{n}", str(n + 1)),
                        filter=text.replace("{n}", str(n % 9 + 1)),
                    ),
                ),
                target_ms=400,
            )
        yield timing(
            f"strip and chart, {name}, last 7 d",
            lambda n, q=q, text=text: compare_series(
                store,
                plan.project,
                week,
                plan.end_ns,
                narrowing=narrow(q.replace("{n}", "1"), text.replace("{n}", "1")),
            ),
            repeats=3,
        )


def ask_sessions(store: Store, plan: Plan) -> Iterator[Timing]:
    """Times opening sessions of every size."""
    project = plan.project
    thirty = sessions_with(plan, 28, 32)
    long = plan.id_of(plan.sessions - 1 - 2)
    longest = plan.id_of(plan.sessions - 1 - 1)
    widest = plan.id_of(plan.sessions - 1)

    def opened(session_id: str) -> None:
        assert open_session(store, project, session_id)

    def told(session_id: str) -> None:
        assert read_transcript(store, project, session_id)

    def drawn(session_id: str) -> None:
        assert read_spans(store, project, session_id)

    yield timing(
        "open, 30 turns", lambda n: opened(thirty[n % len(thirty)]), repeats=60, target_ms=50
    )
    yield timing(
        "transcript, 30 turns", lambda n: told(thirty[n % len(thirty)]), repeats=60, target_ms=50
    )
    yield timing("spans, 30 turns", lambda n: drawn(thirty[n % len(thirty)]), repeats=30)
    for name, session_id in (
        ("1,000 turns", long),
        ("5,000 turns", longest),
        ("widest session", widest),
    ):
        yield timing(f"open, {name}", lambda n, s=session_id: opened(s), repeats=3)
        yield timing(
            f"transcript, {name}", lambda n, s=session_id: told(s), repeats=3, target_ms=300
        )
        yield timing(f"spans, {name}", lambda n, s=session_id: drawn(s), repeats=3)
    detail = open_session(store, project, widest)
    trace_id = detail.turns[0].trace_ids[0] if detail else ""
    yield timing("trace of 1,000 spans", lambda n: read_trace(store, project, trace_id), repeats=5)


def ask_server(folder: Path, plan: Plan) -> Iterator[Timing]:
    """Times the same by HTTP, of a server that holds the folder; pages of the web, too."""
    server = start_server(folder).in_project(plan.project)
    try:
        yield from ask_pages(server, plan)
        memory = resident_bytes(server.process.pid) / 1e6
        yield Timing(name="server's memory, MB", p50_ms=memory, p95_ms=memory)
    finally:
        server.stop(30)


def ask_pages(server: Server, plan: Plan) -> Iterator[Timing]:
    """Times requests of the API and of the page."""
    cpu = lambda: sum(cpu_of_threads(server.process.pid).values())  # noqa: E731
    thirty = sessions_with(plan, 28, 32)
    long, longest, widest = (plan.id_of(plan.sessions - 1 - place) for place in (2, 1, 0))

    def got(path: str) -> str:
        answer = server.get(path)
        assert answer.status_code == 200, f"{answer.status_code} {answer.text[:200]}"
        return f"{len(answer.content) / 1000:,.0f} kB"

    sorts = [
        sign + name for name in ("cost_usd", "started_at", "turns", "errors") for sign in ("", "-")
    ]
    for name, path, target in (
        ("GET /api/v1/stats", "/api/v1/stats", None),
        ("GET /metrics", "/metrics", None),
        ("page, last 24 h", f"/?project={plan.project}&range=24h", 300),
        ("page, last 7 d", f"/?project={plan.project}&range=7d", 300),
        ("page, all", f"/?project={plan.project}&range=all", 300),
        ("page, 1,000 turns open", f"/?project={plan.project}&range=24h&full=1&open={long}", 300),
        (
            "page, 5,000 turns open",
            f"/?project={plan.project}&range=24h&full=1&open={longest}",
            None,
        ),
        (
            "page, widest session open",
            f"/?project={plan.project}&range=24h&full=1&open={widest}",
            None,
        ),
        (
            "page, spans of the widest",
            f"/?project={plan.project}&range=24h&full=1&tab=traces&open={widest}",
            None,
        ),
        ("GET transcript, 5,000 turns", f"/api/v1/sessions/{longest}/transcript", None),
        ("GET spans, widest session", f"/api/v1/sessions/{widest}/spans", None),
    ):
        yield timing(
            name,
            lambda n, path=path: got(path),
            repeats=7 if target else 3,
            target_ms=target,
            cpu_seconds=cpu,
        )
    yield timing(
        "GET /api/v1/sessions, any sort",
        lambda n: got(f"/api/v1/sessions?sort={sorts[n % len(sorts)]}"),
        repeats=24,
        target_ms=80,
        cpu_seconds=cpu,
    )
    yield timing(
        "GET /api/v1/sessions/{30 turns}",
        lambda n: got(f"/api/v1/sessions/{quote(thirty[n % len(thirty)])}"),
        repeats=40,
        target_ms=50,
        cpu_seconds=cpu,
    )


def table(timings: list[Timing]) -> str:
    """Returns the timings as lines of text."""
    lines = [f"{'':34}{'p50 ms':>10}{'p95 ms':>10}{'CPU ms':>10}{'target':>8}"]
    for item in timings:
        target = f"{item.target_ms:8.0f}" if item.target_ms else " " * 8
        lines.append(
            f"{item.name:34}{item.p50_ms:10.1f}{item.p95_ms:10.1f}{item.cpu_ms:10.1f}{target}  {item.detail}"
        )
    return "\n".join(lines)
