"""What tables print: units that fit, and nothing that a client sent as a command."""

from datetime import UTC, datetime, timedelta

import pytest

from parley.cli.tables import ago, cost, duration, plain, tokens, visible


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (999, "999 ms"),
        (1500, "1.5 s"),
        (61_000, "1 min 1 s"),
        (3_660_000, "1 h 1 min"),
        (90_000_000, "1 d 1 h"),
    ],
)
def test_durations_have_the_unit_that_fits(milliseconds: float, text: str) -> None:
    assert duration(milliseconds) == text


def test_control_characters_are_written_out() -> None:
    assert visible("\x1b[2J\x07\x9b31m") == r"\x1b[2J\x07\x9b31m"
    assert visible("東京 🦜\ttab\nline") == "東京 🦜\ttab\nline"
    assert str(plain("two\n  lines [bold]")) == "two lines [bold]"


def test_unknown_and_incomplete_numbers_say_so() -> None:
    assert cost({"cost_usd": None, "cost_complete": False}) == "unknown"
    assert cost({"cost_usd": 0.0, "cost_complete": True}) == "$0.0000"
    assert cost({"cost_usd": 0.5, "cost_complete": False}) == "$0.5000+"
    row = {"input_tokens": 1200, "output_tokens": 34, "usage_complete": False}
    assert tokens(row) == "1,234+"


def test_moments_are_told_from_now() -> None:
    before = datetime.now(UTC) - timedelta(minutes=5)
    assert ago(before.isoformat()) == "5 min ago"
