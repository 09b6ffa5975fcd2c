"""The timeline: pauses are folded, everything else keeps its scale."""

import pytest
from msgspec.structs import replace

from parley.model import Span, TraceTree, Turn, to_iso
from parley.query import BadQuery
from parley.web.state import PageState, read_state
from parley.web.timeline_view import LINES_MAX, timeline_of
from tests.web.samples import START_NS, make_span, make_turn

SECOND = 10**9
STATE = PageState(open="s-1", tab="timeline")


def talk(*starts: int, spans: int = 1) -> tuple[list[Turn], list[TraceTree]]:
    """Returns turns of 2 s that begin so many seconds after the first."""
    turns, trees = [], []
    for number, second in enumerate(starts, 1):
        trace_id, start_ns = f"{number:032x}", START_NS + second * SECOND
        made: list[Span] = [
            replace(
                make_span("call", f"{number:08x}{place:08x}", kind="llm"),
                trace_id=trace_id,
                start_ns=start_ns,
                end_ns=start_ns + 2 * SECOND,
            )
            for place in range(spans)
        ]
        turn = make_turn(number, trace_ids=[trace_id])
        turns.append(replace(turn, started_at=to_iso(start_ns), latency_ms=2000))
        trees.append(TraceTree(trace_id=trace_id, session_id="s-1", spans=made))
    return turns, trees


def test_a_pause_is_folded_and_work_keeps_one_scale() -> None:
    found = timeline_of(*talk(0, 2, 3600), STATE)
    assert found is not None
    assert [column.length for column in found.columns] == ["1 h 00 min"]
    turns = [line.bar for line in found.lines if line.number]
    assert turns[0].width == turns[1].width == turns[2].width > 30
    assert turns[2].x + turns[2].width == pytest.approx(100, abs=0.05)
    assert found.told.startswith("6.0 s of work in 1 h 00 min; 99")


def test_at_true_scale_nothing_is_folded() -> None:
    found = timeline_of(*talk(0, 3600), replace(STATE, scale="true"))
    assert found is not None
    assert found.columns == []
    assert found.lines[0].bar.width < 1


def test_a_zoom_shows_some_turns_and_the_strip_all() -> None:
    found = timeline_of(*talk(0, 60, 120, 180), replace(STATE, zoom="2-3"))
    assert found is not None
    assert [line.number for line in found.lines if line.number] == ["2", "3"]
    assert [segment.is_shown for segment in found.segments] == [False, True, True, False]
    assert "zoom=3" in found.segments[2].href
    assert "zoom" not in found.fit_href


def test_what_does_not_fit_is_behind_a_link() -> None:
    found = timeline_of(*talk(*range(0, 300, 3), spans=9), STATE)
    assert found is not None
    assert len(found.lines) <= LINES_MAX
    assert found.rest == "60 more turns"
    assert "zoom=41-100" in found.rest_href


def test_spans_that_do_not_fit_are_behind_a_link_to_the_traces() -> None:
    found = timeline_of(*talk(0, spans=250), STATE)
    assert found is not None
    assert found.lines[-1].title == "50 more spans among the traces"
    assert "tab=traces" in found.lines[-1].href


def test_turns_that_stand_close_together_are_one_segment() -> None:
    found = timeline_of(*talk(0, 3, 100_000), STATE)
    assert found is not None
    assert [segment.label for segment in found.segments] == ["1–2", "3"]


@pytest.mark.parametrize("zoom", ["0", "3-2", "three", "1-", "-1"])
def test_a_zoom_that_means_nothing_is_refused(zoom: str) -> None:
    with pytest.raises(BadQuery, match="zoom"):
        read_state({"zoom": zoom}, "default")
