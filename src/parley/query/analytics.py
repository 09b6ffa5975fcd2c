"""Sessions added up by model, user, environment or tag, and how their numbers are spread."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from parley.model import (
    Analytics,
    AnalyticsQuery,
    Bin,
    Dimension,
    Distribution,
    Figure,
    GroupPoint,
    GroupSeries,
    GroupTotals,
    Series,
    Session,
)
from parley.query.at_once import at_once
from parley.query.errors import BadQuery
from parley.query.narrowing import Narrowing, narrow
from parley.query.series import compare_series, read_series
from parley.query.sessions import SORTS, TIME_MAX_NS, TIME_MIN_NS, as_float, rows_of
from parley.store import Store

__all__ = ["COST_EDGES", "DIMENSIONS", "FIGURES", "read_analytics"]

NAMED = 3  # groups that have a series of their own
GROUPS_MAX = 20
RANKED_MAX = 5
# Name in the address -> what a session has of it. A run of a managed prompt notes its version.
DIMENSIONS: Mapping[Dimension, str] = {
    "model": "models",
    "user": "users",
    "environment": "environments",
    "tag": "tags",
    "prompt": "arrayFilter(one -> one != '', [metadata['prompt_version']])",
}
# What groups are ranked by -> column of analytics.groups.
FIGURES: Mapping[Figure, str] = {
    "cost": "cost",
    "tokens": "tokens",
    "sessions": "count()",
    "turns": "turns",
    "failed": "failed",
}
COST_EDGES = [float(f"{digit}e{power}") for power in range(-4, 3) for digit in (1, 2, 5)]
TURN_EDGES = [float(number) for number in range(1, 22)]
LATENCY_EDGES = [
    *(float(digit * 10**power) for power in (2, 3) for digit in (1, 1.5, 2, 3, 5, 7)),
    *(1000.0 * seconds for seconds in (10, 15, 20, 30, 60, 120, 300, 600)),
]
EDGES = {"cost_edges": COST_EDGES, "turn_edges": TURN_EDGES, "latency_edges": LATENCY_EDGES}
NOTHING = (0, 0, 0, 0, 0, 0, None, (None, None))
RANKED = {"most_expensive": "cost_usd", "slowest": "latency_ms_p95", "longest": "turns"}


def read_analytics(store: Store, project_id: str, query: AnalyticsQuery) -> Analytics:
    """Returns the numbers of an interval: in all, by group over time, spread, and who leads.

    Raises:
        BadQuery: dimension, metric, buckets, interval, q or filter is wrong; names the field.
    """
    if query.by not in DIMENSIONS:
        raise BadQuery("by", f"{query.by[:40]!r} is none of {', '.join(DIMENSIONS)}")
    if query.metric not in FIGURES:
        raise BadQuery("metric", f"{query.metric[:40]!r} is none of {', '.join(FIGURES)}")
    narrowing = narrow(query.q, query.filter, now_ns=query.now_ns)
    asked = _Asked(store, project_id, query, narrowing)
    ((totals, before), ((groups, count), series)), (spread, ranked) = at_once(
        lambda: _over_time(asked),
        lambda: at_once(lambda: asked.read("spread", values=EDGES), lambda: _ranked(asked)),
    )
    sessions, failed, unpriced, unknown, costs, cost, turns, turn, waits, wait = spread[0]
    return Analytics(
        by=query.by,
        metric=query.metric,
        sessions=sessions,
        failed_sessions=failed,
        unpriced_sessions=unpriced,
        totals=totals,
        before=before,
        groups=groups,
        groups_total=count,
        series=series,
        session_cost=replace(
            _spread(costs, cost, COST_EDGES, has=sessions > unknown), unknown=unknown
        ),
        session_turns=_spread(turns, turn, TURN_EDGES, has=bool(sessions)),
        turn_latency=_spread(waits, wait, LATENCY_EDGES, has=bool(totals.turns)),
        **ranked,
    )


class _Asked:
    """A question, and how its SQL is asked."""

    def __init__(
        self, store: Store, project_id: str, query: AnalyticsQuery, narrowing: Narrowing
    ) -> None:
        self.store = store
        self.project_id = project_id
        self.query = query
        self.narrowing = narrowing
        self.narrowed = narrowing.sql(interval="{{in_interval}}")
        self.values = {
            "from_ns": TIME_MIN_NS if query.from_ns is None else query.from_ns,
            "to_ns": TIME_MAX_NS if query.to_ns is None else query.to_ns,
            **narrowing.values,
        }

    def read(
        self, question: str, *, values: Mapping[str, Any], rank: str = ""
    ) -> list[tuple[Any, ...]]:
        """Returns the rows of `analytics.<question>`."""
        fragments = {
            "dimension": DIMENSIONS[self.query.by],
            "narrowed": self.narrowed,
            "rank": rank,
        }
        return self.store.read(
            f"analytics.{question}",
            project_id=self.project_id,
            fragments=fragments,
            **{**self.values, **values},
        )


Totals = tuple[Series, Series | None]
Groups = tuple[list[GroupTotals], int]


def _over_time(asked: _Asked) -> tuple[Totals, tuple[Groups, list[GroupSeries]]]:
    """Returns the totals with their course, the groups, and the course of the largest."""
    totals, groups = at_once(lambda: _totals(asked), lambda: _groups(asked))
    return totals, (groups, _group_series(asked, groups, totals[0]))


def _totals(asked: _Asked) -> Totals:
    query = asked.query
    of = {"buckets": query.buckets, "narrowing": asked.narrowing}
    from_ns, to_ns = query.from_ns, query.to_ns
    if from_ns is None or to_ns is None:
        return read_series(asked.store, asked.project_id, from_ns, to_ns, **of), None  # type: ignore[arg-type]
    if from_ns >= to_ns:
        raise BadQuery("from", "is not before `to`")
    return compare_series(asked.store, asked.project_id, from_ns, to_ns, **of)  # type: ignore[arg-type]


def _groups(asked: _Asked) -> Groups:
    rows = asked.read("groups", rank=FIGURES[asked.query.metric], values={"most": GROUPS_MAX})
    groups = [
        GroupTotals(
            name=row[0] or None,
            sessions=row[1],
            failed_sessions=row[2],
            turns=row[3],
            failed_turns=row[4],
            tokens=row[5],
            cost_usd=as_float(row[6]),
            unpriced_sessions=row[7],
            latency_ms_p50=row[8][0] if row[3] else None,
            latency_ms_p95=row[8][1] if row[3] else None,
        )
        for row in rows
    ]
    return groups, int(rows[0][9]) if rows else 0


def _group_series(asked: _Asked, groups: Groups, totals: Series) -> list[GroupSeries]:
    """Returns the series of the largest groups, and of the sessions in none of them if any."""
    named = [group.name for group in groups[0][:NAMED]]
    values = {"names": [name or "" for name in named], "step_ns": totals.step_ns}
    rows = asked.read("series", values=values)
    found = {(row[0], row[1]): row for row in rows}
    moments = [point.time_ns for point in totals.points]
    series = [
        GroupSeries(
            name=named[place - 1] if place else None,
            is_others=place == 0,
            points=[_point(moment, found.get((place, moment))) for moment in moments],
        )
        for place in (*range(1, len(named) + 1), 0)
    ]
    has_others = any(row[0] == 0 for row in rows)
    return series if has_others else series[:-1]


def _point(moment: int, row: Sequence[Any] | None) -> GroupPoint:
    _, _, sessions, turns, failed, tokens, cost, latency = row or NOTHING
    return GroupPoint(
        time_ns=moment,
        sessions=sessions,
        turns=turns,
        failed_turns=failed,
        tokens=tokens,
        cost_usd=as_float(cost),
        latency_ms_p50=latency[0],
        latency_ms_p95=latency[1],
    )


def _spread(
    counted: tuple[Sequence[int], Sequence[int]],
    quantiles: Sequence[float],
    edges: Sequence[float],
    *,
    has: bool,
) -> Distribution:
    """Returns the bins from the first to the last that hold something."""
    counts = {place: count for place, count in zip(*counted, strict=True) if count}
    places = range(min(counts), max(counts) + 1) if counts else ()
    limits = [None, *edges, None]
    return Distribution(
        bins=[
            Bin(low=limits[place], high=limits[place + 1], count=counts.get(place, 0))
            for place in places
        ],
        p50=quantiles[0] if has else None,
        p95=quantiles[1] if has else None,
    )


def _ranked(asked: _Asked) -> dict[str, list[Session]]:
    """Returns the sessions that lead each ranked list."""
    lead = f"groupArraySorted({RANKED_MAX})((-({{}}), session_id))"
    leads = ", ".join(lead.format(SORTS[metric]) for metric in RANKED.values())
    found = asked.store.read(
        "sessions.leading",
        project_id=asked.project_id,
        fragments={"leads": leads, "narrowed": asked.narrowed},
        **asked.values,
    )[0]
    ids = {name: [row[1] for row in leading] for name, leading in zip(RANKED, found, strict=True)}
    every = list(dict.fromkeys(one for leading in ids.values() for one in leading))
    rows = rows_of(asked.store, asked.project_id, every)
    return {name: [rows[one] for one in leading if one in rows] for name, leading in ids.items()}
