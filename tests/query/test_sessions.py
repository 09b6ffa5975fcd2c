"""The list: every sort on the server, pages that neither skip nor repeat, overlapping intervals."""

import pytest

from parley.model import SessionQuery, from_iso
from parley.query import SORTS, BadQuery, find_sessions, read_series, read_stats
from tests.derive.test_conversation import SECOND, START, Script, said
from tests.storing import Loading

LENGTHS = [3, 1, 4, 1, 5, 2, 2]


@pytest.fixture
def listed(loading: Loading) -> Loading:
    """Seven sessions of 1 to 5 turns, some of equal length, one failed."""
    script = Script(loading)
    bodies = []
    number = 0
    for place, turns in enumerate(LENGTHS):
        for turn in range(turns):
            number += 1
            usage = {"gen_ai.usage.input_tokens": 10 * place, "gen_ai.usage.output_tokens": turn}
            failed = (
                {"error": "HTTP 500"}
                if place == 2 and turn == 1
                else {"output": said("assistant", "a")}
            )
            call = {
                "input": [said("user", f"q{turn}")],
                "attributes": usage,
                "for": 1 + place % 3,
                **failed,
            }
            bodies.append(script.trace(number, call, session=f"session-{place}"))
    script.send(*bodies)
    return loading


@pytest.mark.parametrize("sort", [sign + name for name in sorted(SORTS) for sign in ("", "-")])
def test_pages_of_every_sort_hold_each_session_once_in_order(sort: str, listed: Loading) -> None:
    found: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = find_sessions(
            listed.store, listed.project_id, SessionQuery(limit=2, sort=sort, cursor=cursor)
        )
        assert page.total == len(LENGTHS)
        found += [session.session_id for session in page.sessions]
        cursor = page.next_cursor
    whole = find_sessions(listed.store, listed.project_id, SessionQuery(limit=500, sort=sort))
    assert found == [session.session_id for session in whole.sessions]
    assert sorted(found) == sorted({f"session-{place}" for place in range(len(LENGTHS))})
    name = sort.removeprefix("-")
    values = [getattr(session, name) for session in whole.sessions]
    known = [value for value in values if value is not None]
    assert known == sorted(known, reverse=sort.startswith("-"))


def test_an_interval_takes_every_session_that_lived_in_it(listed: Loading) -> None:
    every = find_sessions(listed.store, listed.project_id, SessionQuery(limit=500)).sessions
    for session in every:
        middle = (from_iso(session.started_at) + from_iso(session.last_activity_at)) // 2
        found = find_sessions(
            listed.store, listed.project_id, SessionQuery(from_ns=middle, to_ns=middle)
        )
        want = [
            s.session_id
            for s in every
            if from_iso(s.started_at) <= middle <= from_iso(s.last_activity_at)
        ]
        assert sorted(s.session_id for s in found.sessions) == sorted(want)
        assert found.total == len(want)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        (SessionQuery(limit=0), "limit"),
        (SessionQuery(limit=501), "limit"),
        (SessionQuery(sort="price"), "sort"),
        (SessionQuery(cursor="nonsense"), "cursor"),
        (SessionQuery(cursor="WyJ0dXJucyIsMSwicyJd", sort="errors"), "cursor"),
        (SessionQuery(from_ns=2, to_ns=1), "from"),
    ],
)
def test_a_bad_question_names_its_field(query: SessionQuery, field: str, loading: Loading) -> None:
    with pytest.raises(BadQuery) as caught:
        find_sessions(loading.store, loading.project_id, query)
    assert caught.value.field == field


def test_series_and_totals_agree_with_the_list(listed: Loading) -> None:
    series = read_series(listed.store, listed.project_id, START - SECOND, START + 10_000 * SECOND)
    assert series.turns == sum(LENGTHS) == sum(point.turns for point in series.points)
    assert series.sessions == len(LENGTHS)
    assert series.failed_turns == 1 == sum(point.failed_turns for point in series.points)
    every = find_sessions(listed.store, listed.project_id, SessionQuery(limit=500)).sessions
    assert series.tokens == sum(session.total_tokens for session in every)
    assert read_stats(listed.store, listed.project_id).sessions == len(LENGTHS)


def test_another_project_sees_nothing(listed: Loading) -> None:
    assert find_sessions(listed.store, "someone-else", SessionQuery()).sessions == []
    assert read_stats(listed.store, "someone-else").spans == 0
