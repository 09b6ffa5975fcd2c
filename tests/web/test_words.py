"""Numbers and times as people read them."""

import pytest

from parley.model import from_iso
from parley.web import words

SECOND = 1_000_000_000
NOON = from_iso("2026-11-22T12:00:00Z")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1.0 k"),
        (9_840, "9.8 k"),
        (44_120, "44.1 k"),
        (412_000, "412 k"),
        (999_940, "1.0 M"),
        (184_000_000, "184 M"),
        (2_500_000_000, "2.5 G"),
    ],
)
def test_tokens_have_three_digits_and_a_unit(value: int, text: str) -> None:
    assert words.tokens(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (8_214, "8,214"), (9_999, "9,999"), (41_700, "41.7 k")]
)
def test_counts_are_exact_below_ten_thousand(value: int, text: str) -> None:
    assert words.count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "unknown"),
        (0.0, "$0"),
        (0.000012, "$0.000012"),
        (0.0012, "$0.0012"),
        (0.184, "$0.184"),
        (1.94, "$1.94"),
        (1234.5, "$1,234.50"),
    ],
)
def test_money_is_never_a_silent_zero(value: float | None, text: str) -> None:
    assert words.money(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (None, "–"),
        (0.4, "0.4 ms"),
        (41, "41 ms"),
        (610, "0.61 s"),
        (2_800, "2.8 s"),
        (59_940, "59.9 s"),
        (59_960, "1 min"),
        (6 * 60_000, "6 min"),
        (64 * 60_000, "1 h 04 min"),
        (51 * 3_600_000, "2 d 3 h"),
    ],
)
def test_durations_keep_what_matters(milliseconds: float | None, text: str) -> None:
    assert words.duration(milliseconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (2, "now"),
        (12, "12 s ago"),
        (200, "3 min ago"),
        (5 * 3600, "5 h ago"),
        (2 * 86_400, "2 d ago"),
        (40 * 86_400, "13 Oct 2026"),
        (-5, "now"),
    ],
)
def test_times_are_told_from_now(seconds: int, text: str) -> None:
    assert words.ago(NOON - seconds * SECOND, now_ns=NOON) == text


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        ("2026-11-22T09:37:12Z", "today 09:37:12"),
        ("2026-11-21T11:00:00Z", "yesterday 11:00:00"),
        ("2026-11-14T11:00:00Z", "14 Nov 11:00:00"),
        ("2025-11-14T11:00:00Z", "14 Nov 2025 11:00:00"),
    ],
)
def test_days_have_names_while_they_are_near(moment: str, text: str) -> None:
    assert words.day_and_clock(from_iso(moment), now_ns=NOON) == text


def test_shares_sizes_and_plurals() -> None:
    assert [words.percent(x) for x in (0, 0.0231, 0.64, 1)] == ["0 %", "2.31 %", "64 %", "100 %"]
    assert [words.size(x) for x in (96, 2_400)] == ["96 B", "2.4 kB"]
    assert [words.plural(x, "call") for x in (0, 1, 2)] == ["0 calls", "1 call", "2 calls"]
