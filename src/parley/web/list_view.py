"""The sessions page from what the query room answers."""

from collections.abc import Callable, Mapping, Sequence

from parley.model import Match, Series, SeriesPoint, Session, from_iso
from parley.web import words
from parley.web.contexts import Bar, Metric, Row
from parley.web.label_view import shown_tags
from parley.web.rich_text import one_line
from parley.web.state import PageState, element_key

__all__ = ["LIVE_SECONDS", "RUNNING_SECONDS", "bars_of", "metrics_of", "row_of"]

SECOND_NS = 1_000_000_000
LIVE_SECONDS = 60  # a session that said something less long ago is marked as going on
RUNNING_SECONDS = 120  # a turn without an answer is taken as running that long
SPARK_WIDTH, SPARK_HEIGHT = 90, 22
CHART_WIDTH, CHART_HEIGHT = 1000, 72
CHARTED: Mapping[str, Callable[[SeriesPoint], float]] = {
    "sessions": lambda point: point.sessions,
    "cost": lambda point: point.cost_usd,
    "latency": lambda point: point.latency_ms_p95 if point.turns else 0.0,
}


def spark(values: Sequence[float]) -> str:
    """Returns an SVG path of values, "" when there is nothing to see."""
    if len(values) < 2 or max(values) == min(values):
        return ""
    low, high = min(values), max(values)
    step = (SPARK_WIDTH - 2) / (len(values) - 1)
    rise = (SPARK_HEIGHT - 5) / (high - low)
    points = [
        f"{place * step:.1f} {SPARK_HEIGHT - 2 - (value - low) * rise:.1f}"
        for place, value in enumerate(values)
    ]
    return "M" + " ".join(points)


def change(now: float | None, before: float | None) -> tuple[str, float]:
    """Returns (`+6.1 %`, share) against the period before, ("", 0) when that had nothing."""
    if not now or not before:
        return "", 0.0
    share = now / before - 1
    return f"{share * 100:+.1f} %".replace("-", "−"), share


def metrics_of(series: Series, before: Series | None) -> list[Metric]:
    """Returns the strip: totals of the range, their course, the change against the range before."""
    points = series.points
    old = before if before is not None and before.turns else None
    failed = series.failed_turns / series.turns if series.turns else 0.0
    cost_change, cost_share = change(series.cost_usd, old.cost_usd if old else None)
    p95_change, p95_share = change(series.latency_ms_p95, old.latency_ms_p95 if old else None)
    old_failed = old.failed_turns / old.turns if old else 0.0
    points_apart = (failed - old_failed) * 100 if old else 0.0
    cached = series.cached_tokens / series.tokens if series.tokens else 0.0
    a_session = series.cost_usd / series.sessions if series.cost_usd and series.sessions else None
    return [
        Metric(
            name="Sessions",
            value=words.count(series.sessions),
            exact=f"{series.sessions:,}",
            spark=spark([p.sessions for p in points]),
            delta=change(series.sessions, old.sessions if old else None)[0],
            note="with a turn in this range",
        ),
        Metric(
            name="Turns",
            value=words.count(series.turns),
            exact=f"{series.turns:,}",
            spark=spark([p.turns for p in points]),
            delta=change(series.turns, old.turns if old else None)[0],
            note=f"{series.turns / series.sessions:.1f} a session" if series.sessions else "",
        ),
        Metric(
            name="Cost",
            value=words.money(series.cost_usd),
            exact="" if series.cost_usd is None else f"${series.cost_usd:,.6f}",
            spark=spark([p.cost_usd for p in points]),
            delta=cost_change,
            note=f"{words.money(a_session)} a session" if a_session else "no call has a price",
            tone="is-bad" if cost_share > 0.1 else "",
        ),
        Metric(
            name="Tokens",
            value=words.tokens(series.tokens),
            exact=f"{series.tokens:,}",
            spark=spark([p.tokens for p in points]),
            delta=change(series.tokens, old.tokens if old else None)[0],
            note=f"{words.percent(cached)} cached",
        ),
        Metric(
            name="Turn latency p50",
            value=words.duration(series.latency_ms_p50),
            spark=spark([p.latency_ms_p50 for p in points if p.turns]),
            delta=change(series.latency_ms_p50, old.latency_ms_p50 if old else None)[0],
            note="half are faster",
        ),
        Metric(
            name="Turn latency p95",
            value=words.duration(series.latency_ms_p95),
            spark=spark([p.latency_ms_p95 for p in points if p.turns]),
            delta=p95_change,
            note="slower" if p95_share > 0.1 else "1 in 20 is slower",
            tone="is-bad" if p95_share > 0.1 else "",
        ),
        Metric(
            name="Failed turns",
            value=words.percent(failed),
            exact=f"{series.failed_turns:,} of {series.turns:,}",
            spark=spark([p.failed_turns for p in points]),
            delta=f"{points_apart:+.2f} pt".replace("-", "−") if old else "",
            note=words.plural(series.failed_turns, "turn"),
            tone="is-bad" if points_apart > 0.5 else "",
        ),
    ]


def bars_of(series: Series, chart: str = "sessions") -> tuple[list[Bar], str]:
    """Returns the bars of a chart (one of CHARTS), and in words how high the highest is."""
    heights = [CHARTED[chart](point) for point in series.points]
    most = max(heights, default=0)
    if not most:
        return [], ""
    step = CHART_WIDTH / len(series.points)
    bars = [
        _bar(point, chart, place * step, step, (CHART_HEIGHT - 6) / most)
        for place, point in enumerate(series.points)
    ]
    return bars, _charted(chart, most)


def _bar(point: SeriesPoint, chart: str, x: float, step: float, scale: float) -> Bar:
    value = CHARTED[chart](point)
    failed = point.failed_sessions if chart == "sessions" else 0
    bad, good = failed * scale, (value - failed) * scale
    said = (
        words.plural(point.sessions, "session") if chart == "sessions" else _charted(chart, value)
    )
    return Bar(
        x=round(x + step * 0.08, 2),
        width=round(step * 0.84, 2),
        y=round(CHART_HEIGHT - good - bad, 2),
        height=round(good, 2),
        bad_y=round(CHART_HEIGHT - bad, 2),
        bad_height=round(bad, 2),
        title=f"{words.day_and_clock(point.time_ns)}: {said}"
        + (f", {failed} with a failed turn" if failed else ""),
    )


def _charted(chart: str, value: float) -> str:
    if chart == "sessions":
        return str(int(value))
    return words.money(value) if chart == "cost" else words.duration(value)


def row_of(
    session: Session,
    state: PageState,
    *,
    dearest: float,
    slow_ms: float,
    match: Match | None = None,
) -> Row:
    """Returns a line of the list. `slow_ms`: a p95 above it is marked."""
    last_ns = from_iso(session.last_activity_at)
    quiet = (state.now_ns - last_ns) / SECOND_NS
    models = session.models
    tags, tags_more = shown_tags(session)
    where = [", ".join(session.environments[:2]), session.session_source]
    note, title = _cost_words(session)
    return Row(
        session=session,
        key=element_key(session.session_id),
        href=state.session_href(session.session_id),
        first=" ".join(session.first_input.split()),
        last=one_line(session.last_output),
        where=" · ".join(text for text in where if text),
        tokens_in=words.tokens(session.input_tokens),
        tokens_out=words.tokens(session.output_tokens),
        cost=words.money(session.cost_usd),
        cost_note=note,
        cost_title=title,
        cost_share=round(100 * (session.cost_usd or 0) / dearest, 1) if dearest else 0.0,
        model=(models[0] + (f" +{len(models) - 1}" if len(models) > 1 else "")) if models else "–",
        user=", ".join(session.users[:2]) or "–",
        latency_p50=words.duration(session.latency_ms_p50),
        latency_p95=words.duration(session.latency_ms_p95),
        is_slow=session.latency_ms_p95 > slow_ms > 0,
        is_live=quiet < LIVE_SECONDS,
        is_running=quiet < RUNNING_SECONDS and not session.last_output and not session.last_error,
        when=words.ago(last_ns, now_ns=state.now_ns),
        when_exact=session.last_activity_at,
        duration=words.duration(session.duration_ms),
        found=match.excerpt if match else [],
        found_in=match.role if match else "",
        tags=tags,
        tags_more=tags_more,
    )


def _cost_words(session: Session) -> tuple[str, str]:
    """Returns what stands under a cost, and what its title says: never a bare dash."""
    if session.cost_usd is None:
        if session.total_tokens:
            named = ", ".join(session.models[:3])
            told = f"No price is known for {named}" if named else "No call named its model"
            return "no price", told
        failed = session.errors >= session.turns
        return "no usage", "No call reported tokens" + (": every turn failed" if failed else "")
    exact = f"${session.cost_usd:.9f}"
    if session.cost_complete:
        return "", exact
    return "at least", f"{exact}; some calls have no price, or reported no tokens"
