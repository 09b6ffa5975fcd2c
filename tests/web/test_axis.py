"""Labels under a chart stand at whole times."""

from datetime import UTC, datetime, timedelta

import pytest

from parley.web.axis import axis_labels


def labels(start: datetime, length: timedelta) -> list[tuple[float, str]]:
    from_ns = int(start.timestamp()) * 10**9
    return [
        (label.x, label.text)
        for label in axis_labels(from_ns, from_ns + int(length.total_seconds()) * 10**9)
    ]


def test_days_stand_where_they_begin() -> None:
    start = datetime(2026, 11, 16, 12, tzinfo=UTC)
    assert labels(start, timedelta(days=7)) == [
        (7.14, "17 Nov"), (21.43, "18 Nov"), (35.71, "19 Nov"), (50.0, "20 Nov"),
        (64.29, "21 Nov"), (78.57, "22 Nov"), (92.86, "23 Nov"),
    ]  # fmt: skip


def test_a_day_has_hours_and_names_the_day_at_midnight() -> None:
    start = datetime(2026, 11, 16, 10, 30, tzinfo=UTC)
    texts = [text for _, text in labels(start, timedelta(days=1))]
    assert texts == ["12:00", "15:00", "18:00", "21:00", "17 Nov", "03:00", "06:00", "09:00"]


def test_two_intervals_a_day_apart_label_the_same_days() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    first, second = (
        {text for _, text in labels(start + timedelta(days=day), timedelta(days=12))}
        for day in (0, 1)
    )
    assert len(first & second) >= 5


@pytest.mark.parametrize(
    ("length", "some"),
    [
        (timedelta(seconds=4), "10:30:01"),
        (timedelta(minutes=30), "10:35"),
        (timedelta(hours=3), "11:00"),
        (timedelta(days=200), "Dec"),
        (timedelta(days=3000), "Jan 2028"),
        (timedelta(days=80_000), "Jan 2040"),
    ],
)
def test_every_length_has_a_few(length: timedelta, some: str) -> None:
    found = labels(datetime(2026, 11, 16, 10, 30, tzinfo=UTC), length)
    assert 3 <= len(found) <= 24
    assert some in [text for _, text in found]
    assert all(0 <= x <= 100 for x, _ in found)


def test_nothing_has_none() -> None:
    assert axis_labels(5, 5) == []
