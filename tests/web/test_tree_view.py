"""Span trees as lines."""

from msgspec.structs import replace

from parley.model import SpanEvent, TraceTree
from parley.web.otlp_view import Sender
from parley.web.state import PageState
from parley.web.tree_view import inspector_of, pick_span, session_tree, trace_rows
from tests.web.samples import START_NS, make_span, make_turn

STATE = PageState(open="s-1", tab="traces")
SENDER = Sender(address="http://127.0.0.1:4318", project="it's", needs_token=True)
AGENT = make_span("agent", "a" * 16, kind="agent", depth=0)
CALL = make_span("call", "b" * 16, "a" * 16, kind="llm", depth=1, ttft_ms=250, input_tokens=1000)
TOOL = make_span("tool", "c" * 16, "a" * 16, kind="tool", depth=1, status="error", failed=True)
LOOK = make_span("look", "d" * 16, "c" * 16, depth=2, status="error", failed=True)
TREE = TraceTree(trace_id="a" * 32, session_id="s-1", spans=[AGENT, CALL, TOOL, LOOK])


def test_lines_lead_from_parents_to_children() -> None:
    rows = trace_rows(TREE, STATE, None, zero=START_NS, scale=10**9)
    assert [row.guides for row in rows] == [["l"], ["e", "t"], ["e", "l"], ["e", "e", "l"]]
    assert [row.level for row in rows] == [1, 2, 2, 3]


def test_bars_have_kind_share_and_wait() -> None:
    rows = trace_rows(TREE, STATE, None, zero=START_NS, scale=2 * 10**9)
    assert [row.bar for row in rows] == ["sp-agent", "sp-llm", "sp-err", "sp-err"]
    assert {row.width for row in rows} == {50.0}
    assert rows[1].wait == 12.5
    assert rows[1].tokens == "1.0 k"


def test_what_failed_deepest_is_looked_at_first() -> None:
    assert pick_span([TREE], "") is LOOK
    assert pick_span([TREE], "b" * 16) is CALL
    fine = TraceTree(trace_id="b" * 32, session_id="s-1", spans=[AGENT, CALL])
    assert pick_span([fine], "") is CALL
    assert pick_span([TREE, fine], "b" * 32) is CALL
    assert pick_span([], "") is None


def test_each_turn_heads_its_traces_and_none_stands_twice() -> None:
    one = make_turn(1, trace_ids=["a" * 32])
    two = make_turn(2, trace_ids=["a" * 32])
    rows = session_tree([one, two], [TREE], STATE, CALL)
    assert [row.number for row in rows if row.span is None] == ["1–2"]
    assert [row.title for row in rows if row.is_selected] == ["call"]
    assert len(rows) == 5


def test_the_exception_comes_before_all_else() -> None:
    event = SpanEvent(
        time_ns=START_NS,
        name="exception",
        attributes={"exception.type": "Timeout", "exception.message": "30 s"},
    )
    seen = inspector_of(replace(TOOL, events=[event]), TREE, SENDER)
    assert seen.error == "Timeout: 30 s"
    assert seen.events == []
    assert inspector_of(replace(TOOL, error="gave up"), TREE, SENDER).error == "gave up"
    assert inspector_of(CALL, TREE, SENDER).error == ""


def test_payloads_are_found_whatever_the_client_calls_them() -> None:
    for attributes in (
        {"gen_ai.input.messages": [{"role": "user"}]},
        {"input.value": '[{"role": "user"}]'},
        {"llm.input_messages.0.message.role": "user"},
    ):
        seen = inspector_of(replace(CALL, attributes=attributes), TREE, SENDER)
        assert "user" in seen.input_html
        assert seen.output_html == ""


def test_hostile_attributes_stay_text() -> None:
    attack = "<script>alert(1)</script>"
    seen = inspector_of(
        replace(CALL, attributes={"input.value": attack, attack: attack}), TREE, SENDER
    )
    assert "<script" not in seen.input_html


def test_own_time_is_what_no_child_covers() -> None:
    long = replace(AGENT, end_ns=START_NS + 4 * 10**9)
    tree = replace(TREE, spans=[long, CALL, replace(TOOL, end_ns=START_NS + 3 * 10**9)])
    assert inspector_of(long, tree, SENDER).own_time == "1.0 s"
    assert inspector_of(CALL, tree, SENDER).own_time == ""
