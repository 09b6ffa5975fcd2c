"""Ways to look at a span tree: which spans it shows, and which details of one."""

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from msgspec.structs import replace

from parley.model import Span, TraceTree
from parley.web import words
from parley.web.contexts import Choice, Inspector
from parley.web.state import DEFAULTS, PageState

__all__ = ["lines_below", "narrow_tree", "shown_choices", "tree_href", "what_came", "with_panel"]

RESULT_MAX = 20_000  # characters of a result that are read to count its rows
PLACES = ("span", "panel", "show")
FINISHED = (
    ("tool", "asks for a tool"),
    ("length", "cut at its limit"),
    ("max_tokens", "cut at its limit"),
    ("content_filter", "stopped by a filter"),
    ("refus", "refused"),
)
RESULT_KEYS = ("gen_ai.tool.call.result", "output.value", "ag.data.outputs")


def tree_href(state: PageState, base: str = "", **changes: str) -> str:
    """Returns the address of a tree with some of span, panel and show changed.

    `base`: the address of a page of one trace; without it the tree is that of the open session.
    """
    if not base:
        return state.href(tab="traces", **changes)
    values = {name: changes.get(name, getattr(state, name)) for name in PLACES}
    told = {name: value for name, value in values.items() if value != DEFAULTS[name]}
    return f"{base}&{urlencode(told)}" if told else base


def narrow_tree(tree: TraceTree, show: str) -> TraceTree:
    """Returns a trace with the spans that are asked for, and those above them."""
    if show == "all":
        return tree
    above = {span.span_id: span.parent_span_id for span in tree.spans}
    kept: set[str] = set()
    for span in tree.spans:
        if span.failed if show == "failed" else span.kind == "llm":
            at = span.span_id
            while at in above and at not in kept:
                kept.add(at)
                at = above[at]
    return replace(tree, spans=[span for span in tree.spans if span.span_id in kept])


def shown_choices(trees: Sequence[TraceTree], state: PageState, base: str = "") -> list[Choice]:
    """Returns what a tree can show, with how many spans of these traces failed."""
    failed = sum(span.failed for tree in trees for span in tree.spans)
    counts = {"failed": str(failed)} if failed else {}
    names = (("all", "All spans"), ("calls", "Calls only"), ("failed", "Failed"))
    return [
        Choice(
            name=title,
            href=tree_href(state, base, show=name),
            count=counts.get(name, ""),
            is_current=state.show == name,
        )
        for name, title in names
    ]


def with_panel(seen: Inspector, state: PageState, base: str = "") -> Inspector:
    """Returns the details of a span with the panels that they are divided into."""
    counts = {"attributes": len(seen.attributes), "events": len(seen.events)}
    names = ("details", "attributes", "events", "raw")
    panels = [
        Choice(
            name=name.capitalize(),
            href=tree_href(state, base, span=seen.span.span_id, panel=name),
            count=str(counts[name]) if counts.get(name) else "",
            is_current=state.panel == name,
        )
        for name in names
    ]
    return replace(seen, panel=state.panel, panels=panels)


def lines_below(spans: Sequence[Span]) -> list[int]:
    """Returns for each span, in the order of the tree, how many stand below it."""
    counts = [0] * len(spans)
    above: list[int] = []  # places of the spans that the current one stands under
    for place, span in enumerate(spans):
        del above[span.depth :]
        for upper in above:
            counts[upper] += 1
        above.append(place)
    return counts


def what_came(span: Span) -> str:
    """Returns what came of a span in a word or two, "" when it says nothing of it."""
    if span.failed:
        return ""
    if span.kind == "llm":
        said = json.dumps(span.attributes.get("gen_ai.response.finish_reasons", "")).lower()
        return next((told for part, told in FINISHED if part in said), "")
    if span.kind in ("tool", "retriever"):
        return _rows(next((span.attributes[k] for k in RESULT_KEYS if k in span.attributes), None))
    return ""


def _rows(result: Any) -> str:
    if isinstance(result, str) and result[:1] == "[" and len(result) <= RESULT_MAX:
        try:
            result = json.loads(result)
        except (ValueError, RecursionError):
            return ""
    return words.plural(len(result), "row") if isinstance(result, list) else ""
