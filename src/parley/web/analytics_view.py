"""The Analytics page from what the query room answers: every number leads to its sessions."""

import math
from collections.abc import Callable, Mapping, Sequence

from msgspec import Struct, field

from parley.model import (
    Analytics,
    Bin,
    Distribution,
    Figure,
    GroupPoint,
    GroupSeries,
    GroupTotals,
    Series,
    Session,
)
from parley.query import Piece as TextPiece
from parley.query import bin_filter, group_filter, others_filter, turns_filter
from parley.web import words
from parley.web.axis import AxisLabel, axis_of
from parley.web.contexts import Problem, SummaryPage
from parley.web.plots import Flag, Key, Line, Mark, Piece, Plot, lines, nice, stack
from parley.web.state import PageState
from parley.web.summary_state import FiguresState

__all__ = ["BY_WORDS", "FIGURE_WORDS", "FiguresPage", "fill_figures"]

TONES = ("f1", "f2", "f3")
OTHERS_TONE = "f4"
LISTED = 8  # groups beside the chart; all of them are in the table
LABELS_MAX = 6
# Upper ends of a scale of time, in milliseconds: they and their halves can be said in short.
SPANS_MS = tuple(
    1000.0 * seconds
    for seconds in (
        0.02,
        0.04,
        0.1,
        0.2,
        0.4,
        1,
        2,
        4,
        10,
        20,
        40,
        60,
        120,
        240,
        600,
        1200,
        3600,
        7200,
    )
)
BY_WORDS = {
    "model": "Model",
    "user": "User",
    "environment": "Environment",
    "tag": "Tag",
    "prompt": "Prompt",
}
NOBODY = {
    "model": "no model",
    "user": "no user",
    "environment": "no environment",
    "tag": "no tag",
    "prompt": "no prompt",
}
MORE_WORDS = {
    "model": "models",
    "user": "users",
    "environment": "environments",
    "tag": "tags",
    "prompt": "versions",
}
FIGURE_WORDS: Mapping[Figure, str] = {
    "cost": "Cost",
    "tokens": "Tokens",
    "sessions": "Sessions",
    "turns": "Turns",
    "failed": "Failed turns",
}
OF_POINT: Mapping[str, Callable[[GroupPoint], float]] = {
    "cost": lambda point: point.cost_usd or 0.0,
    "tokens": lambda point: point.tokens,
    "sessions": lambda point: point.sessions,
    "turns": lambda point: point.turns,
    "failed": lambda point: point.failed_turns,
}
OF_GROUP: Mapping[str, Callable[[GroupTotals], float | None]] = {
    "cost": lambda group: group.cost_usd,
    "tokens": lambda group: group.tokens,
    "sessions": lambda group: group.sessions,
    "turns": lambda group: group.turns,
    "failed": lambda group: group.failed_turns,
}
OF_SERIES: Mapping[str, Callable[[Series], float | None]] = {
    "cost": lambda series: series.cost_usd,
    "tokens": lambda series: series.tokens,
    "sessions": lambda series: series.sessions,
    "turns": lambda series: series.turns,
    "failed": lambda series: series.failed_turns,
}


class Share(Struct, frozen=True, kw_only=True):
    """A group beside the chart. share: percent of the largest; note: why there is no value."""

    name: str
    href: str
    tone: str
    share: float
    value: str
    note: str = ""
    note_href: str = ""


class GroupRow(Struct, frozen=True, kw_only=True):
    """A line of the table of groups, in words."""

    name: str
    href: str
    sessions: str
    failed_sessions: int
    failed_href: str
    turns: str
    failed_turns: str
    tokens: str
    cost: str
    cost_note: str
    latency_p50: str
    latency_p95: str


class TopRow(Struct, frozen=True, kw_only=True):
    """A session that leads a ranked list. share: of all, "" where that says nothing."""

    first: str
    href: str
    models: str
    turns: str
    value: str
    share: str = ""


class Ranking(Struct, frozen=True, kw_only=True):
    """The sessions that lead by one number, and the list sorted by it."""

    title: str
    column: str
    href: str
    rows: list[TopRow]
    has_share: bool = False


class FiguresPage(SummaryPage, frozen=True, kw_only=True):
    """The Analytics page. `found` is whether there is anything to add up."""

    state: FiguresState
    section: str = "analytics"
    found: bool = False
    says: str = ""
    all_href: str = "/"
    course: Plot | None = None
    shares: list[Share] = field(default_factory=list)
    shares_more: str = ""
    plots: list[Plot] = field(default_factory=list)
    groups: list[GroupRow] = field(default_factory=list)
    groups_head: str = ""
    rankings: list[Ranking] = field(default_factory=list)

    @property
    def dimensions(self) -> list[tuple[str, str, bool]]:
        """What sessions can be grouped by: title, address, whether they are."""
        state = self.state
        return [(title, state.href(by=name), state.by == name) for name, title in BY_WORDS.items()]

    @property
    def figures(self) -> list[tuple[str, str, bool]]:
        """What groups can be compared by: title, address, whether they are."""
        state = self.state
        return [
            (title, state.href(metric=name), state.metric == name)
            for name, title in FIGURE_WORDS.items()
        ]


def fill_figures(
    state: FiguresState,
    answer: Analytics,
    *,
    projects: list[str],
    behind: str,
    set_aside: str,
    pieces: list[TextPiece],
    problem: Problem | None = None,
) -> FiguresPage:
    """Returns the page of an answer."""
    series = answer.totals
    return FiguresPage(
        state=state,
        title="Analytics",
        projects=projects,
        behind=behind,
        set_aside=set_aside,
        pieces=pieces,
        problem=problem,
        found=answer.sessions > 0,
        says=f"{words.plural(answer.sessions, 'session')}, {words.plural(series.turns, 'turn')}",
        all_href=state.sessions_href(),
        course=_course(state, answer),
        shares=_shares(state, answer),
        shares_more=_more(answer),
        plots=[
            _latency(series),
            _failures(state, answer),
            _session_cost(state, answer.session_cost),
            _session_turns(state, answer.session_turns),
            _turn_latency(state, answer.turn_latency),
        ],
        groups=[_group_row(state, answer, group) for group in answer.groups],
        groups_head=BY_WORDS[answer.by],
        rankings=_rankings(state, answer),
    )


def _shown(metric: str, value: float | None) -> str:
    if value is None:
        return "unknown"
    return words.money(value) if metric == "cost" else words.count(value)


def _half(metric: str, high: float) -> str:
    """Returns what the rule in the middle stands for, "" for half a turn."""
    return _shown(metric, high / 2) if metric == "cost" or (high / 2).is_integer() else ""


def _name(answer: Analytics, name: str | None) -> str:
    return name or NOBODY[answer.by]


def _leaves(answer: Analytics, series: GroupSeries) -> str:
    """Returns the filter of the sessions of a series."""
    if not series.is_others:
        return group_filter(answer.by, series.name)
    return others_filter(answer.by, [item.name for item in answer.series if not item.is_others])


def _moment(answer: Analytics, time_ns: int) -> tuple[int, int]:
    """Returns where the bucket begins and ends within the interval."""
    end_ns = time_ns + answer.totals.step_ns
    return max(time_ns, answer.totals.from_ns), min(end_ns, answer.totals.to_ns + 1)


def _course(state: FiguresState, answer: Analytics) -> Plot:
    """Returns the metric over time, the largest groups in colours."""
    metric, series = state.metric, answer.totals
    of_point = OF_POINT[metric]
    tones = [
        OTHERS_TONE if group.is_others else TONES[place]
        for place, group in enumerate(answer.series)
    ]
    others = answer.groups_total - sum(1 for group in answer.series if not group.is_others)
    names = [
        (f"{others} others" if others else "others") if g.is_others else _name(answer, g.name)
        for g in answer.series
    ]
    filters = [_leaves(answer, group) for group in answer.series]
    columns = []
    for place, total in enumerate(series.points):
        start, end = _moment(answer, total.time_ns)
        when, began = words.day_and_clock(total.time_ns), turns_filter(from_ns=start, to_ns=end)
        pieces = []
        for number, group in enumerate(answer.series):
            value = of_point(group.points[place])
            if value:
                pieces.append(
                    Piece(
                        value=value,
                        tone=tones[number],
                        title=f"{when}, {names[number]}: {_shown(metric, value)}",
                        href=state.sessions_href(filters[number], began),
                    )
                )
        columns.append(pieces)
    most = max((sum(piece.value for piece in pieces) for pieces in columns), default=0.0)
    high = nice(most)
    total_value = OF_SERIES[metric](series)
    title = FIGURE_WORDS[state.metric]  # type: ignore[index]
    return Plot(
        title=title,
        says=_with_change(_shown(metric, total_value), total_value, metric, answer.before),
        label=f"{title} over time by {answer.by}",
        high=_shown(metric, high),
        middle=_half(metric, high),
        marks=stack(columns, high),
        axis=axis_of(series),
        legend=[
            Key(text=name, tone=tone, href=state.sessions_href(leaves))
            for name, tone, leaves in zip(names, tones, filters, strict=True)
        ],
    )


def _with_change(text: str, value: float | None, metric: str, before: Series | None) -> str:
    old = OF_SERIES[metric](before) if before is not None else None
    if not old or value is None:
        return text
    change = value / old - 1
    return f"{text}, {'up' if change >= 0 else 'down'} {words.percent(abs(change))}"


def _shares(state: FiguresState, answer: Analytics) -> list[Share]:
    of_group = OF_GROUP[state.metric]
    shown = answer.groups[:LISTED]
    most = max((of_group(group) or 0.0 for group in shown), default=0.0)
    named = sum(1 for series in answer.series if not series.is_others)
    prices = f"/settings/prices?{PageState(project=state.project).href().partition('?')[2]}"
    rows = []
    for place, group in enumerate(shown):
        value = of_group(group)
        has_no_price = value is None and group.tokens > 0
        rows.append(
            Share(
                name=_name(answer, group.name),
                href=state.sessions_href(group_filter(answer.by, group.name)),
                tone=TONES[place] if place < named else OTHERS_TONE,
                share=round(100 * (value or 0.0) / most, 1) if most else 0.0,
                value="" if has_no_price else "–" if value is None else _shown(state.metric, value),
                note="no price" if has_no_price else "no usage" if value is None else "",
                note_href=prices if has_no_price else "",
            )
        )
    return rows


def _more(answer: Analytics) -> str:
    more = answer.groups_total - min(len(answer.groups), LISTED)
    return f"and {words.count(more)} more {MORE_WORDS[answer.by]}" if more > 0 else ""


def _latency(series: Series) -> Plot:
    p50 = [point.latency_ms_p50 if point.turns else None for point in series.points]
    p95 = [point.latency_ms_p95 if point.turns else None for point in series.points]
    most = max((value for value in p95 if value is not None), default=0.0)
    high = next((span for span in SPANS_MS if span >= most), nice(most))
    drawn: list[Line] = [*lines(p95, high, "l2"), *lines(p50, high, "l1")]
    return Plot(
        title="Turn latency",
        says=f"p50 {words.duration(series.latency_ms_p50)}, "
        f"p95 {words.duration(series.latency_ms_p95)}",
        label="Median and 95th percentile of turn latency over time",
        high=words.duration(high),
        middle=words.duration(high / 2),
        lines=drawn,
        axis=axis_of(series),
        legend=[Key(text="p50", tone="f1"), Key(text="p95", tone="f2")],
    )


def _failures(state: FiguresState, answer: Analytics) -> Plot:
    series = answer.totals
    most = max((point.failed_turns for point in series.points), default=0)
    high = max(nice(most), 2.0)
    columns = []
    for point in series.points:
        start, end = _moment(answer, point.time_ns)
        said = f"{point.failed_turns} of {words.plural(point.turns, 'turn')}"
        columns.append(
            [
                Piece(
                    value=point.failed_turns,
                    tone="fe",
                    title=f"{words.day_and_clock(point.time_ns)}: {said}",
                    href=state.sessions_href(turns_filter("turn.failed", from_ns=start, to_ns=end)),
                )
            ]
        )
    share = series.failed_turns / series.turns if series.turns else 0.0
    more = None
    if answer.failed_sessions:
        more = Key(
            text=f"Show the {words.plural(answer.failed_sessions, 'session')}",
            tone="",
            href=state.sessions_href(_failed_inside(answer)),
        )
    return Plot(
        title="Failed turns",
        says=f"{words.percent(share)}, {series.failed_turns:,} of {series.turns:,}",
        label="Failed turns over time",
        high=words.count(high),
        middle=_half("failed", high),
        marks=stack(columns, high),
        axis=axis_of(series),
        more=more,
    )


def _failed_inside(answer: Analytics) -> str:
    """Returns what leaves sessions with a turn that failed in the interval."""
    series = answer.totals
    return turns_filter("turn.failed", from_ns=series.from_ns, to_ns=series.to_ns + 1)


def _session_cost(state: FiguresState, spread: Distribution) -> Plot:
    says = "no session has a price"
    if spread.p50 is not None:
        says = f"half under {words.money(spread.p50)}, 1 in 20 over {words.money(spread.p95)}"
    if spread.unknown:
        says += f"; {words.count(spread.unknown)} without a price"
    return _histogram(
        "What a session costs",
        says,
        spread,
        lambda part: state.sessions_href(bin_filter("cost_usd", part)),
        edge=words.money,
        noun="session",
    )


def _session_turns(state: FiguresState, spread: Distribution) -> Plot:
    return _histogram(
        "How long they run",
        f"turns in a session, median {spread.p50:.0f}" if spread.p50 is not None else "",
        spread,
        lambda part: state.sessions_href(bin_filter("turns", part)),
        edge=lambda value: f"{value:.0f}",
        noun="session",
        is_whole=True,
    )


def _turn_latency(state: FiguresState, spread: Distribution) -> Plot:
    def href(part: Bin) -> str:
        conditions = bin_filter("turn.latency_ms", part)
        start, end = state.window
        return state.sessions_href(
            turns_filter(conditions, from_ns=start, to_ns=end if start is not None else None)
        )

    says = ""
    if spread.p50 is not None:
        says = f"half under {words.duration(spread.p50)}, 1 in 20 over {words.duration(spread.p95)}"
    return _histogram("How long a turn takes", says, spread, href, edge=words.duration, noun="turn")


def _histogram(
    title: str,
    says: str,
    spread: Distribution,
    href: Callable[[Bin], str],
    *,
    edge: Callable[[float], str],
    noun: str,
    is_whole: bool = False,
) -> Plot:
    """Returns the bins side by side. is_whole: each holds one whole number."""
    bins = spread.bins
    high = nice(max((part.count for part in bins), default=0))
    columns = []
    for part in bins:
        between = _between(part, edge, is_whole=is_whole)
        columns.append(
            [
                Piece(
                    value=part.count,
                    tone="f2",
                    title=f"{between}: {words.plural(part.count, noun)}",
                    href=href(part),
                )
            ]
        )
    marks: list[Mark] = stack(columns, high)
    return Plot(
        title=title,
        says=says,
        label=f"{title}: {says}",
        high=words.count(high),
        marks=marks,
        flags=[] if is_whole else _flags(spread),
        axis=_edges(bins, edge, is_whole=is_whole),
    )


def _between(part: Bin, edge: Callable[[float], str], *, is_whole: bool) -> str:
    if part.high is None:
        return f"{edge(part.low or 0)} and more"
    if part.low is None:
        return f"under {edge(part.high)}"
    return edge(part.low) if is_whole else f"{edge(part.low)} to {edge(part.high)}"


def _edges(bins: Sequence[Bin], edge: Callable[[float], str], *, is_whole: bool) -> list[AxisLabel]:
    """Returns some of the lower edges, where the bins begin; whole numbers in their middle."""
    step = max(math.ceil(len(bins) / LABELS_MAX), 1)
    labels = []
    for place in range(0, len(bins), step):
        part = bins[place]
        x = 100 * (place + (0.5 if is_whole else 0)) / len(bins)
        is_last = place + step >= len(bins)
        text = edge(part.low) if part.low is not None else ""
        if is_whole and part.high is None:
            text = f"{text}+"
        if text:
            anchor = "start" if place == 0 and not is_whole else "middle"
            anchor = "end" if is_last and x > 96 else anchor
            labels.append(AxisLabel(x=round(x, 2), text=text, anchor=anchor))
    return labels


def _flags(spread: Distribution) -> list[Flag]:
    """Returns where the quantiles are: between the edges of their bins."""
    found = []
    for name, value in (("p50", spread.p50), ("p95", spread.p95)):
        for place, part in enumerate(spread.bins):
            low, high = part.low or 0.0, part.high
            if value is None or value < low or (high is not None and value >= high):
                continue
            inside = (value - low) / (high - low) if high is not None else 0.5
            found.append(Flag(round(100 * (place + inside) / len(spread.bins), 2), name))
            break
    return found


def _group_row(state: FiguresState, answer: Analytics, group: GroupTotals) -> GroupRow:
    leaves = group_filter(answer.by, group.name)
    note = "at least" if group.cost_usd is not None and group.unpriced_sessions else ""
    return GroupRow(
        name=_name(answer, group.name),
        href=state.sessions_href(leaves),
        sessions=f"{group.sessions:,}",
        failed_sessions=group.failed_sessions,
        failed_href=state.sessions_href(leaves, _failed_inside(answer)),
        turns=f"{group.turns:,}",
        failed_turns=f"{group.failed_turns:,}",
        tokens=words.tokens(group.tokens),
        cost=words.money(group.cost_usd) if group.cost_usd is not None else "–",
        cost_note=note,
        latency_p50=words.duration(group.latency_ms_p50),
        latency_p95=words.duration(group.latency_ms_p95),
    )


def _rankings(state: FiguresState, answer: Analytics) -> list[Ranking]:
    total = answer.totals.cost_usd

    def ranking(
        title: str, column: str, sort: str, found: list[Session], value: Callable[[Session], str]
    ) -> Ranking:
        rows = [
            TopRow(
                first=" ".join(session.first_input.split()) or session.session_id,
                href=state.session_href(session.session_id),
                models=(session.models[0] if session.models else "–")
                + (f" +{len(session.models) - 1}" if len(session.models) > 1 else ""),
                turns=f"{session.turns:,}",
                value=value(session),
                share=words.percent(min(session.cost_usd / total, 1.0))
                if sort == "-cost_usd" and total and session.cost_usd
                else "",
            )
            for session in found
        ]
        return Ranking(
            title=title,
            column=column,
            href=state.sessions_href(sort=sort),
            rows=rows,
            has_share=any(row.share for row in rows),
        )

    priced = [found for found in answer.most_expensive if found.cost_usd is not None]
    return [
        ranking(
            "Most expensive sessions",
            "Cost",
            "-cost_usd",
            priced,
            lambda s: words.money(s.cost_usd),
        ),
        ranking(
            "Slowest sessions",
            "p95 of a turn",
            "-latency_ms_p95",
            answer.slowest,
            lambda session: words.duration(session.latency_ms_p95),
        ),
        ranking(
            "Most turns",
            "Duration",
            "-turns",
            answer.longest,
            lambda session: words.duration(session.duration_ms),
        ),
    ]
