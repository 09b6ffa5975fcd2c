"""Totals of an interval and how they went over time."""

import time
from collections.abc import Sequence
from typing import Any

from parley.model import Series, SeriesPoint
from parley.query.errors import BadQuery
from parley.query.narrowing import EVERYTHING, Narrowing
from parley.query.sessions import as_float
from parley.store import Store

__all__ = ["compare_series", "read_series"]

BUCKETS_MAX = 500
STEPS_SECONDS = (
    10,
    30,
    60,
    300,
    900,
    1800,
    3600,
    10_800,
    21_600,
    43_200,
    86_400,
    604_800,
    2_592_000,
)
SECOND_NS = 1_000_000_000
NOTHING: tuple[Any, ...] = (0, 0, 0, 0, 0, 0, 0, 0, 0, None, (0.0, 0.0))


def read_series(
    store: Store,
    project_id: str,
    from_ns: int | None = None,
    to_ns: int | None = None,
    *,
    buckets: int = 72,
    narrowing: Narrowing = EVERYTHING,
) -> Series:
    """Returns totals over the turns that start in an interval, and at most `buckets` points.

    Without an interval it is all that the project has. Sessions are counted where they have a
    turn; costs that are not known count nothing. `narrowing`: only turns of the sessions that it
    leaves.

    Raises:
        BadQuery: buckets out of range, or an interval that ends before it begins.
    """
    if not 1 <= buckets <= BUCKETS_MAX:
        raise BadQuery("buckets", f"{buckets} is not between 1 and {BUCKETS_MAX}")
    if from_ns is None or to_ns is None:
        first, last = store.read("sessions.extent", project_id=project_id)[0]
        from_ns = from_ns if from_ns is not None else (first or time.time_ns())
        to_ns = to_ns if to_ns is not None else max(last or 0, from_ns + SECOND_NS)
    if from_ns > to_ns:
        raise BadQuery("from", "is after `to`")
    return _read(store, project_id, (from_ns, from_ns, to_ns), buckets, narrowing)[0]


def compare_series(
    store: Store,
    project_id: str,
    from_ns: int,
    to_ns: int,
    *,
    buckets: int = 72,
    narrowing: Narrowing = EVERYTHING,
) -> tuple[Series, Series]:
    """Returns the series of an interval, and the totals of the equally long one before it."""
    before_ns = 2 * from_ns - to_ns
    return _read(store, project_id, (before_ns, from_ns, to_ns), buckets, narrowing)


def _read(
    store: Store,
    project_id: str,
    times_ns: tuple[int, int, int],
    buckets: int,
    narrowing: Narrowing,
) -> tuple[Series, Series]:
    """Returns the series of [from, to] and of [before, from), the latter without points."""
    before_ns, from_ns, to_ns = times_ns
    step = _step(to_ns - from_ns, buckets)
    start = from_ns // step * step
    rows = store.read(
        "sessions.series",
        project_id=project_id,
        fragments={"narrowed": narrowing.sql(interval="{{in_series}}")},
        before_ns=before_ns,
        from_ns=from_ns,
        to_ns=to_ns,
        step_ns=step,
        **narrowing.values,
    )
    found = {row[2]: row for row in rows if row[0] == 0 and not row[1]}
    whole = {bool(row[1]): row for row in rows if row[0] == 1}
    points = []
    for moment in range(start, to_ns + 1, step):
        row = found.get(moment, NOTHING)
        points.append(
            SeriesPoint(
                time_ns=moment,
                sessions=row[3],
                failed_sessions=row[4],
                turns=row[5],
                failed_turns=row[6],
                tokens=row[7],
                cost_usd=as_float(row[9]) or 0.0,
                latency_ms_p50=row[10][0],
                latency_ms_p95=row[10][1],
            )
        )
    now = _series(whole.get(False, NOTHING), from_ns, to_ns, step, points)
    return now, _series(whole.get(True, NOTHING), before_ns, from_ns, from_ns - before_ns, [])


def _series(
    whole: Sequence[Any], from_ns: int, to_ns: int, step_ns: int, points: list[SeriesPoint]
) -> Series:
    turns = whole[5]
    return Series(
        from_ns=from_ns,
        to_ns=to_ns,
        step_ns=step_ns,
        sessions=whole[3],
        turns=turns,
        failed_turns=whole[6],
        tokens=whole[7],
        cached_tokens=whole[8],
        cost_usd=as_float(whole[9]),
        latency_ms_p50=whole[10][0] if turns else None,
        latency_ms_p95=whole[10][1] if turns else None,
        points=points,
    )


def _step(extent_ns: int, buckets: int) -> int:
    """Returns the shortest readable step that needs no more than `buckets` points."""
    for seconds in STEPS_SECONDS:
        if extent_ns <= seconds * SECOND_NS * (buckets - 1):
            return seconds * SECOND_NS
    days = extent_ns // (86_400 * SECOND_NS) // max(buckets - 1, 1) + 1
    return days * 86_400 * SECOND_NS
