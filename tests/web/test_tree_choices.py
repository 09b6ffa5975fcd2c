"""Which spans a tree shows, and what it says of them."""

import pytest
from msgspec.structs import replace

from parley.model import TraceTree
from parley.web.state import PageState
from parley.web.tree_choices import (
    lines_below,
    narrow_tree,
    shown_choices,
    tree_href,
    what_came,
)
from tests.web.samples import make_span

ROOT = make_span("agent", "r", kind="agent")
CALL = make_span("chat", "c", "r", kind="llm", depth=1)
TOOL = make_span("look_up", "t", "r", kind="tool", depth=1)
STEP = make_span("query", "q", "t", depth=2, failed=True)
TREE = TraceTree(trace_id="a" * 32, session_id="s", spans=[ROOT, CALL, TOOL, STEP])


@pytest.mark.parametrize(
    ("show", "names"),
    [
        ("all", ["agent", "chat", "look_up", "query"]),
        ("calls", ["agent", "chat"]),
        ("failed", ["agent", "look_up", "query"]),
    ],
)
def test_a_narrow_tree_keeps_what_stands_above(show: str, names: list[str]) -> None:
    assert [span.name for span in narrow_tree(TREE, show).spans] == names


def test_nothing_is_kept_of_a_trace_without_such_a_span() -> None:
    assert narrow_tree(replace(TREE, spans=[ROOT, CALL]), "failed").spans == []


def test_lines_below_are_counted_at_each_depth() -> None:
    assert lines_below(TREE.spans) == [3, 0, 1, 0]


def test_choices_count_what_failed_and_keep_the_place() -> None:
    state = PageState(open="s", tab="traces", span="q", panel="raw", show="failed", now_ns=1)
    assert [(c.name, c.count, c.is_current) for c in shown_choices([TREE], state)] == [
        ("All spans", "", False),
        ("Calls only", "", False),
        ("Failed", "1", True),
    ]
    assert tree_href(state, "/traces/aa?project=p", span="c") == (
        "/traces/aa?project=p&span=c&panel=raw&show=failed"
    )


@pytest.mark.parametrize(
    ("kind", "attributes", "told"),
    [
        ("llm", {"gen_ai.response.finish_reasons": ["tool_calls"]}, "asks for a tool"),
        ("llm", {"gen_ai.response.finish_reasons": ["length"]}, "cut at its limit"),
        ("llm", {"gen_ai.response.finish_reasons": ["stop"]}, ""),
        ("tool", {"gen_ai.tool.call.result": '[{"a": 1}, {"a": 2}]'}, "2 rows"),
        ("tool", {"gen_ai.tool.call.result": "[broken"}, ""),
        ("tool", {}, ""),
    ],
)
def test_a_span_says_what_came_of_it(kind: str, attributes: dict[str, str], told: str) -> None:
    assert what_came(replace(CALL, kind=kind, attributes=attributes)) == told
