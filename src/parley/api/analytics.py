"""/api/v1/analytics and /api/v1/users: sessions added up."""

import asyncio
from typing import Annotated, Literal

from litestar import get
from litestar.params import QueryParameter
from msgspec import Struct

from parley.api.answers import SeriesAnswer, same_fields, series_answer
from parley.api.errors import BadRequest
from parley.api.parameters import Filter, Words, time_parameter
from parley.model import (
    Analytics,
    AnalyticsQuery,
    Distribution,
    GroupPoint,
    GroupTotals,
    ProjectId,
    Session,
    UserPage,
    UserQuery,
    to_iso,
)
from parley.query import (
    DIMENSIONS,
    FIGURES,
    USER_SORTS,
    find_users,
    group_filter,
    others_filter,
    read_analytics,
)
from parley.store import Store

__all__ = ["ANALYTICS_ROUTES"]

MAX_LIMIT = 500
BY_HELP = "What sessions are grouped by: " + ", ".join(DIMENSIONS) + "."
METRIC_HELP = "What groups are ranked by: " + ", ".join(FIGURES) + "."
FROM_HELP = "ISO-8601 time; without it the first activity of the project."
TO_HELP = "ISO-8601 time; without it the last activity of the project."
SORT_HELP = "One of " + ", ".join(sorted(USER_SORTS)) + "; `-` in front for descending."


class GroupAnswer(Struct, frozen=True, kw_only=True):
    """A group: see parley.model.GroupTotals. filter: leaves its sessions in any list."""

    name: str | None
    filter: str
    sessions: int
    failed_sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float | None
    unpriced_sessions: int
    latency_ms_p50: float | None
    latency_ms_p95: float | None


class GroupPointAnswer(Struct, frozen=True, kw_only=True):
    """One bucket of a group: see parley.model.GroupPoint."""

    started_at: str
    sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float | None
    latency_ms_p50: float | None
    latency_ms_p95: float | None


class GroupSeriesAnswer(Struct, frozen=True, kw_only=True):
    """A group over time. is_others: the sessions that are in none of the named groups."""

    name: str | None
    is_others: bool
    filter: str
    points: list[GroupPointAnswer]


class AnalyticsAnswer(Struct, frozen=True, kw_only=True):
    """An interval in numbers: see parley.model.Analytics."""

    by: Literal["model", "user", "environment", "tag", "prompt"]
    metric: Literal["cost", "tokens", "sessions", "turns", "failed"]
    sessions: int
    failed_sessions: int
    unpriced_sessions: int
    totals: SeriesAnswer
    before: SeriesAnswer | None
    groups: list[GroupAnswer]
    groups_total: int
    series: list[GroupSeriesAnswer]
    session_cost: Distribution
    session_turns: Distribution
    turn_latency: Distribution
    most_expensive: list[Session]
    slowest: list[Session]
    longest: list[Session]


@get(
    "/api/v1/analytics",
    summary="Totals by model, user, tag, environment, prompt",
    tags=["series"],
)
async def show_analytics(
    *,
    store: Store,
    project_id: ProjectId,
    from_time: Annotated[str | None, QueryParameter(name="from", description=FROM_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=TO_HELP)] = None,
    q: Words = "",
    filter_text: Filter = "",
    by: Annotated[
        Literal["model", "user", "environment", "tag", "prompt"],
        QueryParameter(name="by", description=BY_HELP),
    ] = "model",
    metric: Annotated[
        Literal["cost", "tokens", "sessions", "turns", "failed"],
        QueryParameter(name="metric", description=METRIC_HELP),
    ] = "cost",
    buckets: Annotated[int, QueryParameter(name="buckets", ge=1, le=500)] = 48,
) -> AnalyticsAnswer:
    """What the sessions of an interval add up to: in all, by group and over time, how cost, length
    and latency are spread, and which sessions lead.

    A session with several models, users, environments or tags is in the group of each.
    """
    query = AnalyticsQuery(
        from_ns=time_parameter("from", from_time),
        to_ns=time_parameter("to", to_time),
        q=q,
        filter=filter_text,
        by=by,
        metric=metric,
        buckets=buckets,
    )
    if query.from_ns is not None and query.to_ns is not None and query.from_ns >= query.to_ns:
        raise BadRequest("from: must be before `to`", field="from")
    return await asyncio.to_thread(
        lambda: analytics_answer(read_analytics(store, project_id, query))
    )


@get("/api/v1/users", summary="List users", tags=["users"])
async def list_users(
    *,
    store: Store,
    project_id: ProjectId,
    from_time: Annotated[str | None, QueryParameter(name="from", description=FROM_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=TO_HELP)] = None,
    q: Words = "",
    filter_text: Filter = "",
    search: Annotated[
        str, QueryParameter(name="search", description="A part of the user's id.")
    ] = "",
    sort: Annotated[str, QueryParameter(name="sort", description=SORT_HELP)] = "-last_activity_at",
    limit: Annotated[int, QueryParameter(name="limit", ge=1, le=MAX_LIMIT)] = 100,
    cursor: Annotated[
        str, QueryParameter(name="cursor", description="`next_cursor` of the page before.")
    ] = "",
) -> UserPage:
    """One page of the users of the sessions that the interval, q and filter leave.

    Sessions are added up as they are, with what lies outside the interval as well.
    """
    query = UserQuery(
        from_ns=time_parameter("from", from_time),
        to_ns=time_parameter("to", to_time),
        q=q,
        filter=filter_text,
        search=search,
        sort=sort,
        limit=limit,
        cursor=cursor,
    )
    return await asyncio.to_thread(find_users, store, project_id, query)


def analytics_answer(found: Analytics) -> AnalyticsAnswer:
    """Returns the numbers of an interval with their times in words."""
    fields = same_fields(found, AnalyticsAnswer)
    names = [series.name for series in found.series if not series.is_others]
    fields.update(
        totals=series_answer(found.totals),
        before=series_answer(found.before) if found.before is not None else None,
        groups=[group_answer(found, group) for group in found.groups],
        series=[
            GroupSeriesAnswer(
                name=series.name,
                is_others=series.is_others,
                filter=others_filter(found.by, names)
                if series.is_others
                else group_filter(found.by, series.name),
                points=[point_answer(point) for point in series.points],
            )
            for series in found.series
        ],
    )
    return AnalyticsAnswer(**fields)


def group_answer(found: Analytics, group: GroupTotals) -> GroupAnswer:
    """Returns a group with the filter that leaves its sessions."""
    leaves = group_filter(found.by, group.name)
    return GroupAnswer(**same_fields(group, GroupAnswer), filter=leaves)


def point_answer(point: GroupPoint) -> GroupPointAnswer:
    """Returns a bucket with its start in words."""
    return GroupPointAnswer(
        **same_fields(point, GroupPointAnswer), started_at=to_iso(point.time_ns)
    )


ANALYTICS_ROUTES = [show_analytics, list_users]
