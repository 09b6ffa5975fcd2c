"""Rows, strip and chart of the list."""

from parley.model import Series, SeriesPoint, from_iso
from parley.web.list_view import bars_of, metrics_of, row_of
from parley.web.state import PageState, element_key
from tests.web.samples import HOUR_NS, SESSION, make_session

STATE = PageState(now_ns=from_iso(SESSION.last_activity_at) + HOUR_NS)


def make_series(*sessions: int, failed: int = 0, cost: float | None = 1.0) -> Series:
    points = [
        SeriesPoint(
            time_ns=place * HOUR_NS,
            sessions=count,
            failed_sessions=failed,
            turns=count,
            failed_turns=failed,
            tokens=100 * count,
            cost_usd=0.1,
            latency_ms_p50=1000,
            latency_ms_p95=2000,
        )
        for place, count in enumerate(sessions)
    ]
    return Series(
        from_ns=0,
        to_ns=len(sessions) * HOUR_NS,
        step_ns=HOUR_NS,
        sessions=sum(sessions),
        turns=sum(sessions),
        failed_turns=failed * len(sessions),
        tokens=100 * sum(sessions),
        cached_tokens=0,
        cost_usd=cost,
        latency_ms_p50=1000,
        latency_ms_p95=2000,
        points=points,
    )


def test_a_row_says_what_is_known_and_what_is_not() -> None:
    row = row_of(make_session(), STATE, dearest=0.0242, slow_ms=2000)
    assert (row.cost, row.cost_note, row.cost_share) == ("$0.012", "", 50.0)
    assert (row.model, row.user) == ("gpt-4.1 +1", "u-1")
    assert row.is_slow
    assert not row.is_live
    assert row.when == "1 h ago"
    assert row.where == "production · session.id"
    row = row_of(make_session(cost_usd=None), STATE, dearest=0, slow_ms=0)
    assert (row.cost, row.cost_note, row.cost_share) == ("unknown", "no price", 0.0)
    assert row.cost_title == "No price is known for gpt-4.1, gpt-4.1-mini"


def test_a_session_is_live_for_a_minute_and_runs_without_an_answer_for_two() -> None:
    last_ns = from_iso(SESSION.last_activity_at)

    def look(seconds: int, **changes: object) -> tuple[bool, bool]:
        state = PageState(now_ns=last_ns + seconds * 10**9)
        row = row_of(make_session(**changes), state, dearest=1, slow_ms=1)
        return row.is_live, row.is_running

    assert look(30) == (True, False)
    assert look(90) == (False, False)
    assert look(90, last_output="") == (False, True)
    assert look(150, last_output="") == (False, False)
    assert look(30, last_output="", last_error="boom") == (True, False)


def test_the_strip_compares_with_the_period_before() -> None:
    strip = {m.name: m for m in metrics_of(make_series(4, 6, cost=2.0), make_series(5, cost=1.0))}
    assert (strip["Sessions"].value, strip["Sessions"].delta) == ("10", "+100.0 %")
    assert (strip["Cost"].delta, strip["Cost"].tone) == ("+100.0 %", "is-bad")
    strip = {m.name: m for m in metrics_of(make_series(4, 6, cost=None), None)}
    assert (strip["Cost"].value, strip["Cost"].note) == ("unknown", "no call has a price")
    assert strip["Sessions"].delta == ""


def test_bars_share_one_scale_and_failures_stand_below() -> None:
    bars, most = bars_of(make_series(2, 4, failed=1))
    assert most == "4"
    assert [round(bar.height + bar.bad_height) for bar in bars] == [33, 66]
    assert all(bar.y + bar.height + bar.bad_height == 72 for bar in bars)
    assert bars_of(make_series(0, 0)) == ([], "")


def test_a_key_of_any_id_is_short_and_its_own() -> None:
    ids = ["", "a", "a/b", "x" * 10_000, "\ud800", "a b", "é"]
    keys = [element_key(session_id) for session_id in ids]
    assert len(set(keys)) == len(ids)
    assert all(key.isalnum() and len(key) == 16 for key in keys)
