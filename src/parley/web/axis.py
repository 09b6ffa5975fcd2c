"""The labels under a chart over time: whole hours, days or months, where they really are."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from parley.model import Series
from parley.web import words

__all__ = ["AxisLabel", "axis_labels", "axis_of"]

LABELS_MAX = 8
MINUTE, HOUR, DAY = 60, 3600, 86_400
STEPS = (
    1, 5, 15, 30, MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR, 2 * HOUR,
    3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 5 * DAY, 10 * DAY,
)  # fmt: skip
MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
DAYS_OF_MONTH = 30.4
EDGE = 6  # percent; a label nearer to the edge starts or ends there


class AxisLabel(Struct, frozen=True, kw_only=True):
    """A label. x: percent of the width. anchor: which part of the text stands there."""

    x: float
    text: str
    anchor: str = "middle"


def axis_of(series: Series) -> list[AxisLabel]:
    """Returns the labels under the buckets of a series."""
    if not series.points:
        return []
    return axis_labels(series.points[0].time_ns, series.points[-1].time_ns + series.step_ns)


def axis_labels(from_ns: int, to_ns: int) -> list[AxisLabel]:
    """Returns at most nine labels of an interval, from first to last."""
    extent = to_ns - from_ns
    if extent <= 0:
        return []
    start, end = words.moment(from_ns), words.moment(to_ns)
    labels = []
    for then, text in _moments(start, end):
        x = 100 * (then - start) / (end - start)
        anchor = "start" if x < EDGE else "end" if x > 100 - EDGE else "middle"
        labels.append(AxisLabel(x=round(x, 2), text=text, anchor=anchor))
    return labels


def _moments(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    """Yields whole times between two, with their words."""
    seconds = (end - start).total_seconds()
    step = next((step for step in STEPS if seconds / step <= LABELS_MAX), 0)
    if not step:
        yield from _months(start, end)
        return
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if step > DAY:  # days are counted from one that is the same for every interval
        midnight -= timedelta(days=midnight.toordinal() % (step // DAY))
    then = midnight
    while then <= end:
        if then >= start:
            yield then, _words(then, step)
        then += timedelta(seconds=step)


def _words(then: datetime, step: int) -> str:
    if step >= DAY or (step >= HOUR and then.hour == 0):
        return f"{then.day} {then:%b}"
    return f"{then:%H:%M}" if step >= MINUTE else f"{then:%H:%M:%S}"


def _months(start: datetime, end: datetime) -> Iterator[tuple[datetime, str]]:
    months = (end - start).days / DAYS_OF_MONTH
    step = next((step for step in MONTH_STEPS if months / step <= LABELS_MAX), MONTH_STEPS[-1])
    number = -(-(start.year * 12 + start.month - 1) // step) * step
    while number < end.year * 12 + end.month:
        then = start.replace(
            year=number // 12, month=number % 12 + 1, day=1, hour=0, minute=0, second=0,
            microsecond=0,
        )  # fmt: skip
        if start <= then <= end:
            yield then, f"{then:%b} {then.year}" if then.month == 1 or step >= 12 else f"{then:%b}"
        number += step
