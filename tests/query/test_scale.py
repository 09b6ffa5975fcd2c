"""A made-up project of 5,000 spans: the same SQL that `scripts/bench scale` fills 10 M spans with.

What is listed, opened and summed is compared with what the plan says by itself, and deriving
everything again with what was filled in.
"""

import time
import uuid
from collections.abc import Iterator

import pytest
from bench.scale.fill import fill_tables
from bench.scale.plan import Plan, SessionTruth

from parley.bus import Bus
from parley.derive import Deriver
from parley.model import SessionQuery, TranscriptTurn, from_iso
from parley.query import (
    BadQuery,
    compare_series,
    find_sessions,
    open_session,
    read_series,
    read_spans,
    read_stats,
    read_trace,
    read_transcript,
)
from parley.store import Store
from tests.storing import Loading


@pytest.fixture(scope="module")
def plan(store: Store) -> Plan:
    """Seventy sessions, of which one has turns of 50 spans and one 60 turns."""
    made = Plan.of_size(
        spans=5000,
        sessions=70,
        end_ns=time.time_ns() // 10**9 * 10**9,
        giants=((10, 50), (60, 0), (20, 0)),
        project=f"scale-{uuid.uuid4().hex[:8]}",
    )
    fill_tables(store, made, lambda text: None)
    return made


@pytest.fixture
def filled(store: Store, plan: Plan, loading: Loading) -> Loading:
    """The project, as other tests look at theirs."""
    return Loading(store, loading.folder, plan.project)


def every_session(store: Store, project: str) -> Iterator[object]:
    cursor: str | None = ""
    while cursor is not None:
        page = find_sessions(store, project, SessionQuery(limit=9, cursor=cursor))
        yield from page.sessions
        cursor = page.next_cursor


def test_the_list_says_what_was_planned(store: Store, plan: Plan) -> None:
    listed = [
        SessionTruth(
            session_id=session.session_id,
            turns=session.turns,
            spans=session.spans,
            llm_calls=session.llm_calls,
            errors=session.errors,
            input_tokens=session.input_tokens,
            output_tokens=session.output_tokens,
            cost_nano_usd=round((session.cost_usd or 0) * 1e9),
        )
        for session in every_session(store, plan.project)
    ]
    truth = sorted(plan.truth(), key=lambda item: item.session_id)
    assert sorted(listed, key=lambda item: item.session_id) == truth


def test_opened_sessions_have_the_turns_and_spans_that_were_planned(
    store: Store, plan: Plan
) -> None:
    for truth in list(plan.truth())[::7]:
        detail = open_session(store, plan.project, truth.session_id)
        page = read_spans(store, plan.project, truth.session_id)
        assert detail is not None
        assert page is not None
        assert len(detail.turns) == truth.turns
        assert sum(turn.spans for turn in detail.turns) == truth.spans
        assert sum(len(tree.spans) for tree in page.traces) == truth.spans
        for tree in page.traces:
            assert [span.depth for span in tree.spans].count(0) == 1


def test_totals_are_the_sums_of_what_was_planned(store: Store, plan: Plan) -> None:
    truth = list(plan.truth())
    series = read_series(store, plan.project)
    assert series.sessions == len(truth)
    assert series.turns == sum(item.turns for item in truth)
    assert series.failed_turns == sum(item.errors for item in truth)
    assert series.tokens == sum(item.input_tokens + item.output_tokens for item in truth)
    assert series.cost_usd == pytest.approx(sum(item.cost_nano_usd for item in truth) / 1e9)
    stats = read_stats(store, plan.project)
    assert (stats.sessions, stats.spans) == (len(truth), sum(item.spans for item in truth))
    assert stats.derivation_lag_ms == 0


def test_derivation_makes_the_same_of_the_spans(filled: Loading) -> None:
    before = filled.result()
    messages = read_stats(filled.store, filled.project_id).messages
    traces = {
        t for turns in before.values() for turn in turns[0]["turns"] for t in turn["trace_ids"]
    }
    filled.store.write(
        "touched",
        ["project_id", "trace_id", "touched_at", "done"],
        [[filled.project_id, bytes.fromhex(trace), time.time_ns(), 0] for trace in sorted(traces)],
    )
    deriver = Deriver(filled.store, Bus())
    assert deriver.run_once() >= len(traces)
    while deriver.run_once():
        pass
    assert deriver.failed_traces == 0
    assert filled.result() == before
    assert read_stats(filled.store, filled.project_id).messages == messages


def test_pages_of_spans_hold_every_trace_once_in_order(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = plan.id_of(plan.sessions - 1)  # 10 turns of 50 spans
    whole = read_spans(store, plan.project, session)
    assert whole is not None
    assert whole.next_cursor is None
    monkeypatch.setattr("parley.query.spans.PAGE_SPANS", 120)
    found = []
    cursor: str | None = ""
    while cursor is not None:
        page = read_spans(store, plan.project, session, cursor=cursor)
        assert page is not None
        assert 0 < sum(len(tree.spans) for tree in page.traces) <= 120
        found += page.traces
        cursor = page.next_cursor
    assert found == whole.traces
    around = read_spans(store, plan.project, session, around=found[7].trace_id)
    assert around is not None
    assert around.traces == whole.traces[7:9]
    with pytest.raises(BadQuery):
        read_spans(store, plan.project, session, cursor="0" * 32)


def test_a_trace_with_too_many_spans_is_cut_and_says_so(
    store: Store, plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    detail = open_session(store, plan.project, plan.id_of(plan.sessions - 1))
    assert detail is not None
    (trace_id,) = detail.turns[0].trace_ids
    whole = read_trace(store, plan.project, trace_id)
    assert whole is not None
    assert (whole.is_complete, len(whole.spans)) == (True, 50)
    monkeypatch.setattr("parley.query.spans.TRACE_SPANS", 20)
    cut = read_trace(store, plan.project, trace_id)
    assert cut is not None
    assert not cut.is_complete
    assert cut.spans == sorted(whole.spans, key=lambda span: span.start_ns)[:20]


def test_a_transcript_in_pieces_is_the_whole_one(store: Store, plan: Plan) -> None:
    session = plan.id_of(plan.sessions - 2)  # 60 turns
    whole = read_transcript(store, plan.project, session)
    assert whole is not None
    assert whole.next_turn is None
    assert [item.turn.turn for item in whole.turns] == list(range(1, 61))
    assert all(item.messages for item in whole.turns)
    turns: list[TranscriptTurn] = []
    following: int | None = 1
    while following is not None:
        part = read_transcript(store, plan.project, session, first_turn=following, limit=7)
        assert part is not None
        turns += part.turns
        following = part.next_turn
    assert turns == whole.turns


def test_the_period_before_is_what_it_is_by_itself(store: Store, plan: Plan) -> None:
    middle = plan.end_ns - 40 * 86_400 * 10**9
    now, before = compare_series(store, plan.project, middle, plan.end_ns)
    assert now == read_series(store, plan.project, middle, plan.end_ns)
    alone = read_series(store, plan.project, 2 * middle - plan.end_ns, middle - 1, buckets=1)
    names = ("sessions", "turns", "failed_turns", "tokens", "cost_usd", "latency_ms_p95")
    assert before.turns > 0
    assert [getattr(before, name) for name in names] == [getattr(alone, name) for name in names]
    assert now.turns == sum(point.turns for point in now.points)
    turns = [
        (session.session_id, from_iso(turn.started_at), turn.error)
        for session in every_session(store, plan.project)
        for turn in open_session(store, plan.project, session.session_id).turns
    ]
    for point in now.points:
        inside = [
            turn
            for turn in turns
            if middle <= turn[1] <= plan.end_ns
            and turn[1] // now.step_ns * now.step_ns == point.time_ns
        ]
        assert (point.sessions, point.turns, point.failed_turns, point.failed_sessions) == (
            len({turn[0] for turn in inside}),
            len(inside),
            sum(turn[2] is not None for turn in inside),
            len({turn[0] for turn in inside if turn[2] is not None}),
        )
