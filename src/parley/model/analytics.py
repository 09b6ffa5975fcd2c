"""What sessions have in common: totals and their course by model, user, environment and more."""

from typing import Literal

from msgspec import Struct

from parley.model.session import Session
from parley.model.stats import Series

__all__ = [
    "Analytics",
    "AnalyticsQuery",
    "Bin",
    "Dimension",
    "Distribution",
    "Figure",
    "GroupPoint",
    "GroupSeries",
    "GroupTotals",
    "User",
    "UserPage",
    "UserQuery",
]

Dimension = Literal["model", "user", "environment", "tag", "prompt"]
Figure = Literal["cost", "tokens", "sessions", "turns", "failed"]


class AnalyticsQuery(Struct, frozen=True, kw_only=True):
    """What to add up. `metric`: what groups are ranked by; the rest is as in SessionQuery."""

    from_ns: int | None = None
    to_ns: int | None = None
    q: str = ""
    filter: str = ""
    now_ns: int | None = None
    by: Dimension = "model"
    metric: Figure = "cost"
    buckets: int = 48


class GroupTotals(Struct, frozen=True, kw_only=True):
    """The sessions of one group in an interval; a session with several values is in several.

    `name` is None for sessions without a value. Sessions are those of the list; turns, tokens,
    cost and latency are of their turns that start in the interval. `cost_usd` is None when no
    turn has a price; in `unpriced_sessions` some call has none, so that the cost is a minimum.
    """

    name: str | None
    sessions: int
    failed_sessions: int  # with a turn that failed in the interval
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float | None
    unpriced_sessions: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None


class GroupPoint(Struct, frozen=True, kw_only=True):
    """One bucket of time of one group. Turns are counted where they start."""

    time_ns: int
    sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float | None
    latency_ms_p50: float | None
    latency_ms_p95: float | None


class GroupSeries(Struct, frozen=True, kw_only=True):
    """A group over time. is_others: the sessions that are in none of the named groups."""

    name: str | None
    is_others: bool
    points: list[GroupPoint]


class Bin(Struct, frozen=True, kw_only=True):
    """How many are at least `low` and below `high`; None: without a limit."""

    low: float | None
    high: float | None
    count: int


class Distribution(Struct, frozen=True, kw_only=True):
    """How a number is spread. `unknown`: how many have none."""

    bins: list[Bin]
    p50: float | None
    p95: float | None
    unknown: int = 0


class Analytics(Struct, frozen=True, kw_only=True):
    """An interval in numbers.

    `totals` counts every session and turn once; groups may overlap, so their sums may be more.
    `groups` are the largest by the metric, `groups_total` is how many there are.
    """

    by: Dimension
    metric: Figure
    sessions: int  # as many as the list has
    failed_sessions: int
    unpriced_sessions: int
    totals: Series
    before: Series | None  # the equally long interval before, without points
    groups: list[GroupTotals]
    groups_total: int
    series: list[GroupSeries]
    session_cost: Distribution
    session_turns: Distribution
    turn_latency: Distribution
    most_expensive: list[Session]
    slowest: list[Session]
    longest: list[Session]


class UserQuery(Struct, frozen=True, kw_only=True):
    """Which users to list: those of the sessions that a SessionQuery with the same values finds.

    `search` is a part of the user's id. `sort` is one of `parley.query.USER_SORTS`, "-" in front
    for descending.
    """

    from_ns: int | None = None
    to_ns: int | None = None
    q: str = ""
    filter: str = ""
    now_ns: int | None = None
    search: str = ""
    sort: str = "-last_activity_at"
    limit: int = 100
    cursor: str = ""


class User(Struct, frozen=True, kw_only=True):
    """A user's sessions added up, each of them as a whole. `cost_usd` as in GroupTotals."""

    user: str
    sessions: int
    failed_sessions: int
    turns: int
    errors: int  # turns that failed
    total_tokens: int
    cost_usd: float | None
    unpriced_sessions: int
    first_activity_at: str
    last_activity_at: str


class UserPage(Struct, frozen=True, kw_only=True):
    """One page of users; `total` counts all of them."""

    users: list[User]
    next_cursor: str | None
    total: int
