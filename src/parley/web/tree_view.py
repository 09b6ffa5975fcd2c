"""Span trees: lines with guides and bars, and the details of one span."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from markupsafe import Markup

from parley.conventions import understand
from parley.model import Span, TraceTree, Turn
from parley.web import words
from parley.web.contexts import Attribute, Inspector, SpanRow
from parley.web.otlp_view import Sender, curl_of, otlp_of
from parley.web.rich_text import json_html
from parley.web.state import PageState
from parley.web.tree_choices import lines_below, narrow_tree, tree_href, what_came

__all__ = [
    "BARS",
    "FRAMES",
    "ICONS",
    "extent_of",
    "inspector_of",
    "pick_span",
    "session_tree",
    "trace_rows",
    "turn_groups",
]

ICONS = {
    "llm": "i-llm",
    "tool": "i-tool",
    "agent": "i-agent",
    "workflow": "i-agent",
    "retriever": "i-retrieve",
    "rerank": "i-retrieve",
    "embedding": "i-retrieve",
    "guardrail": "i-guard",
    "evaluator": "i-guard",
}
BARS = {
    "llm": "sp-llm",
    "tool": "sp-tool",
    "retriever": "sp-ret",
    "embedding": "sp-ret",
    "rerank": "sp-ret",
}
FRAMES = ("agent", "workflow", "chain")  # what failed is inside them: their bar stays quiet
INPUT_KEYS = (
    "gen_ai.input.messages", "input.value", "ag.data.inputs", "gen_ai.tool.call.arguments",
    "gen_ai.prompt", "traceloop.entity.input", "langfuse.observation.input", "lmnr.span.input",
)  # fmt: skip
OUTPUT_KEYS = (
    "gen_ai.output.messages", "output.value", "ag.data.outputs", "gen_ai.tool.call.result",
    "gen_ai.completion", "traceloop.entity.output", "langfuse.observation.output",
    "lmnr.span.output",
)  # fmt: skip
VALUE_MAX = 20_000  # characters of one attribute that are printed


def pick_span(trees: Sequence[TraceTree], span_id: str) -> Span | None:
    """Returns the span asked for, else the innermost that failed, else the first call.

    A trace id in place of a span id asks for that choice within its trace.
    """
    trees = [tree for tree in trees if tree.trace_id == span_id] or trees
    spans = [span for tree in trees for span in tree.spans]
    for span in spans:
        if span.span_id == span_id:
            return span
    failed = [span for span in spans if span.failed]
    if failed:
        return max(failed, key=lambda span: span.depth)
    return next((span for span in spans if span.kind == "llm"), spans[0] if spans else None)


def session_tree(
    turns: Sequence[Turn], trees: Sequence[TraceTree], state: PageState, selected: Span | None
) -> list[SpanRow]:
    """Returns all turns as one tree; each has its own zero and all share one scale."""
    groups = turn_groups(turns, trees)
    extents = [extent_of(found) for _, found in groups if found]
    scale = max((end - start for start, end in extents), default=1) or 1
    rows: list[SpanRow] = []
    for group_turns, found in groups:
        shown = [narrow_tree(tree, state.show) for tree in found]
        below = sum(len(tree.spans) for tree in shown)
        if not below and state.show != "all":
            continue
        rows.append(_turn_row(group_turns, below))
        for tree in shown:
            zero = extent_of(found)[0]
            rows += trace_rows(tree, state, selected, zero=zero, scale=scale, level=2)
    return rows


def turn_groups(
    turns: Sequence[Turn], trees: Sequence[TraceTree]
) -> list[tuple[list[Turn], list[TraceTree]]]:
    """Returns each turn with its traces; several turns in one trace stand together."""
    by_id = {tree.trace_id: tree for tree in trees}
    groups: list[tuple[list[Turn], list[TraceTree]]] = []
    shown: dict[str, int] = {}
    for turn in turns:
        fresh = [by_id[t] for t in turn.trace_ids if t in by_id and t not in shown]
        if fresh or not turn.trace_ids or turn.trace_ids[0] not in shown:
            groups.append(([turn], fresh))
            shown.update({tree.trace_id: len(groups) - 1 for tree in fresh})
        else:  # several turns in one trace: its tree stands once
            groups[shown[turn.trace_ids[0]]][0].append(turn)
    return groups


def extent_of(trees: Sequence[TraceTree]) -> tuple[int, int]:
    """Returns when the first span of some traces begins and the last one ends."""
    spans = [span for tree in trees for span in tree.spans]
    return min(span.start_ns for span in spans), max(span.end_ns for span in spans)


def _turn_row(turns: Sequence[Turn], below: int) -> SpanRow:
    first, last = turns[0], turns[-1]
    costs = [turn.cost_usd for turn in turns if turn.cost_usd is not None]
    every = sum(turn.input_tokens + turn.output_tokens for turn in turns)
    return SpanRow(
        span=None,
        title=first.input or "no words from the user",
        number=str(first.turn) if first is last else f"{first.turn}–{last.turn}",
        tokens=words.tokens(every) if every else "",
        cost=words.money(sum(costs)) if costs else "",
        duration=words.duration(sum(turn.latency_ms for turn in turns)),
        is_error=any(turn.error is not None for turn in turns),
        below=below,
    )


def trace_rows(
    tree: TraceTree,
    state: PageState,
    selected: Span | None,
    *,
    zero: int,
    scale: int,
    level: int = 1,
    base: str = "",
) -> list[SpanRow]:
    """Returns the lines of one trace.

    `base`: the address of a page of one trace; without it the page is that of a session.
    """
    last = _last_of_siblings(tree.spans)
    below = lines_below(tree.spans)
    lines: list[bool] = []  # per depth: whether the line goes on below
    rows = []
    for place, span in enumerate(tree.spans):
        lines = [*lines[: span.depth], not last[span.span_id]]
        guides = ["v" if goes_on else "e" for goes_on in lines[:-1]] + ["t" if lines[-1] else "l"]
        every = (span.input_tokens or 0) + (span.output_tokens or 0)
        width = max(100 * (span.end_ns - span.start_ns) / scale, 0.3)
        is_error = span.failed
        rows.append(
            SpanRow(
                span=span,
                title=span.name or "unnamed",
                level=level + span.depth,
                guides=guides,
                icon=ICONS.get(span.kind, "i-chain"),
                bar="sp-err"
                if is_error and span.kind not in FRAMES
                else BARS.get(span.kind, "sp-agent"),
                x=round(100 * (span.start_ns - zero) / scale, 2),
                width=round(width, 2),
                wait=round(100 * (span.ttft_ms or 0) * 1e6 / scale, 2),
                tokens=words.tokens(every) if every else "",
                cost=words.money(span.cost_usd) if span.cost_usd is not None else "",
                duration=words.duration(span.duration_ms),
                is_error=is_error,
                is_selected=selected is not None and span.span_id == selected.span_id,
                href=tree_href(state, base, span=span.span_id),
                told=what_came(span),
                below=below[place],
            )
        )
    return rows


def _last_of_siblings(spans: Sequence[Span]) -> dict[str, bool]:
    """Returns for each span whether no sibling follows below."""
    last: dict[str, bool] = {}
    open_depths: set[int] = set()
    for span in reversed(spans):
        last[span.span_id] = span.depth not in open_depths
        open_depths = {depth for depth in open_depths if depth < span.depth} | {span.depth}
    return last


def inspector_of(span: Span, tree: TraceTree, sender: Sender) -> Inspector:
    """Returns the details of a span of a trace: the exception first when there is one."""
    zero = extent_of([tree])[0]
    raw = otlp_of(span)
    exception = next((e for e in reversed(span.events) if e.name == "exception"), None)
    error = ""
    if span.failed or exception is not None:
        named = exception.attributes if exception is not None else {}
        texts = [str(named.get("exception.type", "")), str(named.get("exception.message", ""))]
        error = ": ".join(text for text in texts if text) or span.error or "ended in error"
    found = understand(
        span.attributes,
        span.resource,
        has_error=span.failed,
        scope=span.scope,
        start_ns=span.start_ns,
    )
    shown_input = _payload(span.attributes, INPUT_KEYS, "input")
    shown_output = _payload(span.attributes, OUTPUT_KEYS, "output")
    usage = [
        ("model", span.model),
        ("input tokens", _number(span.input_tokens)),
        ("of these cached", _number(span.cached_tokens)),
        ("output tokens", _number(span.output_tokens)),
        ("of these reasoning", _number(span.reasoning_tokens)),
        *((name.replace("_", " "), value) for name, value in span.details.items()),
        ("cost", words.money(span.cost_usd) if span.cost_usd is not None else ""),
        ("first token", words.duration(span.ttft_ms) if span.ttft_ms is not None else ""),
        ("scope", span.scope),
        ("service", span.service),
        ("conversation", span.conversation_id),
        ("note", ", ".join(span.notes)),
    ]
    return Inspector(
        span=span,
        icon=ICONS.get(span.kind, "i-chain"),
        started=words.clock(span.start_ns),
        offset=f"+{words.duration(max(span.start_ns - zero, 0) / 1e6)}",
        duration=words.duration(span.duration_ms),
        facts=[Attribute(name, value) for name, value in usage if value],
        error=error,
        stack=str(exception.attributes.get("exception.stacktrace", "")) if exception else "",
        input_html=_html(shown_input),
        output_html=_html(shown_output),
        input_size=words.size(len(shown_input)) if shown_input else "",
        output_size=words.size(len(shown_output)) if shown_output else "",
        attributes=_attributes(span.attributes),
        resource=_attributes(span.resource),
        events=[
            (
                event.name,
                f"+{words.duration(max(event.time_ns - span.start_ns, 0) / 1e6)}",
                _attributes(event.attributes),
            )
            for event in span.events
            if event is not exception
        ],
        understood=[Attribute(name, source) for name, source in found.fields.items()],
        unclaimed=found.unclaimed,
        unread=found.unread,
        own_time=_own_time(span, tree),
        raw=raw,
        curl=curl_of(raw, sender) if raw else "",
        link=f"{sender.address}/traces/{span.trace_id}?"
        + urlencode({"project": sender.project, "span": span.span_id}),
    )


def _own_time(span: Span, tree: TraceTree) -> str:
    """Returns how long nothing below a span was at work, "" when nothing is below it."""
    below = sorted(
        (max(child.start_ns, span.start_ns), min(child.end_ns, span.end_ns))
        for child in tree.spans
        if child.parent_span_id == span.span_id
    )
    if not below:
        return ""
    covered, reached = 0, span.start_ns
    for start, end in below:
        covered += max(end - max(start, reached), 0)
        reached = max(reached, end)
    return words.duration((span.end_ns - span.start_ns - covered) / 1e6)


def _number(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _payload(attributes: Mapping[str, Any], keys: Sequence[str], side: str) -> str:
    """Returns what went in or came out, as the client wrote it; "" when it wrote nothing."""
    for key in keys:
        if attributes.get(key) not in (None, ""):
            return _text(attributes[key])
    prefixes = [f"{key}." for key in keys] + [f"llm.{side}_messages."]
    family = {k: v for k, v in attributes.items() if any(k.startswith(p) for p in prefixes)}
    return json.dumps(family, ensure_ascii=False, default=str) if family else ""


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _html(text: str) -> Markup:
    return json_html(text) if text else Markup()


def _attributes(values: Mapping[str, Any]) -> list[Attribute]:
    return [Attribute(name, _text(values[name])[:VALUE_MAX]) for name in sorted(values)]
