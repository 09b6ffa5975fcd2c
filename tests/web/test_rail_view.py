"""The rail of a long session: all its turns in one drawing."""

from parley.query import TurnMark
from parley.web.rail_view import Rail, rail_of
from parley.web.state import PageState

STATE = PageState(open="s", now_ns=1)


def rail(count: int, *, failed: int = 0, shown: range = range(1, 101)) -> Rail | None:
    turns = [
        TurnMark(number, 1000.0 + number, number == failed, 0.01) for number in range(1, count + 1)
    ]
    return rail_of(turns, STATE, shown=shown, page_turns=100, slow_ms=1e9)


def test_a_short_session_has_a_line_of_words_a_turn() -> None:
    assert rail(60) is None
    assert rail(61) is not None


def test_marks_lead_to_turns_here_and_on_other_pages() -> None:
    found = rail(214, failed=131)
    assert found is not None
    assert len(found.marks) == 214
    assert (found.marks[30].href, found.marks[30].is_here) == ("#t31", True)
    mark = found.marks[130]
    assert (mark.href, mark.is_here, mark.look) == ("/?open=s&at=101#t131", False, "bad")
    assert mark.label == "Turn 131: 1.1 s, $0.010, failed"
    assert [number for number, _ in found.ticks] == [1, 50, 100, 150, 200]
    assert max(found.marks, key=lambda one: one.latency).latency == 100


def test_turns_share_a_mark_where_there_are_thousands_and_a_failure_is_not_lost() -> None:
    found = rail(3000, failed=1234)
    assert found is not None
    assert found.turns_a_mark == 8
    assert len(found.marks) == 375
    bad = [mark for mark in found.marks if mark.is_failed]
    assert [mark.label for mark in bad] == ["Turn 1234 of 1233–1240: 2.2 s, $0.010, failed"]
    assert bad[0].href == "/?open=s&at=1201#t1234"
