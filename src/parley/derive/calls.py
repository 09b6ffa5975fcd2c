"""Which spans of a trace are its LLM calls, each once, however many tracers told it. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from msgspec import structs

from parley.derive.spans import SpanFacts

__all__ = ["Tree", "calls_a_model", "llm_calls"]

# What a second telling of a call may add to the first.
GAPS = (
    "request_model",
    "response_model",
    "provider",
    "response_id",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "cost_usd",
    "ttft_ms",
    "details",
    "inputs",
    "outputs",
)
# Spans that say to be calls and only make a request ready: LlamaIndex's, by OpenInference.
PREPARATIONS = ("._prepare_chat_with_tools",)
EMPTY: tuple[Any, ...] = (None, "", [], {})
COUNTS = (
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)


class Tree:
    """Parents and children of one trace's spans; tolerant of missing parents and cycles."""

    def __init__(self, spans: Sequence[SpanFacts]) -> None:
        self.by_id = {span.span_id: span for span in spans}
        self.roots = [span for span in spans if self.parent(span) is None]

    def parent(self, span: SpanFacts) -> SpanFacts | None:
        """Returns the parent when it is there."""
        found = self.by_id.get(span.parent_span_id)
        return None if found is span else found

    def ancestors(self, span: SpanFacts) -> list[SpanFacts]:
        """Returns the spans above, nearest first."""
        found: list[SpanFacts] = []
        seen = {span.span_id}
        above = self.parent(span)
        while above is not None and above.span_id not in seen:
            found.append(above)
            seen.add(above.span_id)
            above = self.parent(above)
        return found


def calls_a_model(span: SpanFacts) -> bool:
    """Whether a span tells a call of a model, perhaps one that another span tells, too."""
    if span.kind == "llm":
        return not span.name.endswith(PREPARATIONS)
    return not span.kind and bool(span.request_model or span.response_model)


def llm_calls(spans: Sequence[SpanFacts], tree: Tree) -> list[SpanFacts]:
    """Returns the LLM calls in order: leaves, each once, with all that was told of it.

    A call is told twice when a silent span stands below one that has the words, or beside it and
    within its time, when two spans have one response id, or when a call without an answer is told
    again with it.
    """
    candidates = [span for span in spans if calls_a_model(span)]
    if len(candidates) < 2:
        return candidates
    ids = {span.span_id for span in candidates}
    outer = {
        span.span_id: [above for above in tree.ancestors(span) if above.span_id in ids]
        for span in candidates
    }
    above = {item.span_id for items in outer.values() for item in items}
    leaves = [span for span in candidates if span.span_id not in above]
    calls = _with_words(leaves, outer) if above else leaves
    return _answered_later(_by_response(_without_echoes(calls)))


def _talks(span: SpanFacts) -> bool:
    return bool(span.inputs or span.outputs)


def _told_by(spans: Iterable[SpanFacts]) -> SpanFacts:
    """Returns the first span, its gaps filled by the others."""
    first, *others = spans
    if not others:
        return first
    found = {}
    for name in GAPS:
        if getattr(first, name) in EMPTY:
            values = (getattr(other, name) for other in others)
            value = next((value for value in values if value not in EMPTY), None)
            if value is not None:
                found[name] = value
    return structs.replace(first, **found) if found else first


def _with_words(leaves: Sequence[SpanFacts], outer: dict[str, list[SpanFacts]]) -> list[SpanFacts]:
    """Returns calls where silent spans below one that talks are told by that one.

    Several attempts below are one call, as long as at most one of them went well.
    """
    below: dict[str, list[SpanFacts]] = defaultdict(list)
    speaker: dict[str, SpanFacts] = {}
    for leaf in leaves:
        talking = next((span for span in outer[leaf.span_id] if _talks(span)), None)
        if talking is not None:
            speaker[talking.span_id] = talking
            below[talking.span_id].append(leaf)
    calls = {leaf.span_id: leaf for leaf in leaves}
    for span_id, found in below.items():
        went_well = [leaf for leaf in found if not leaf.failed]
        if len(went_well) <= 1 and not any(_talks(leaf) for leaf in found):
            for leaf in found:
                del calls[leaf.span_id]
            calls[span_id] = _told_by([speaker[span_id], *went_well, *found])
    return sorted(calls.values(), key=lambda span: (span.start_ns, span.end_ns, span.span_id))


def _without_echoes(calls: Sequence[SpanFacts]) -> list[SpanFacts]:
    """Returns calls where one that talks tells the silent spans beside it and within its time.

    A tracer that does not make its span the current one leaves another's beside it. A call has
    one echo that went well, and any number of attempts that failed.
    """
    echoes: dict[str, list[SpanFacts]] = defaultdict(list)
    talking = sorted(filter(_talks, calls), key=lambda call: call.start_ns, reverse=True)
    alone: list[SpanFacts] = []
    for call in calls:
        free = (
            item for item in talking if call.failed or all(e.failed for e in echoes[item.span_id])
        )
        source = (
            None if _talks(call) else next((item for item in free if _echoes(call, item)), None)
        )
        (echoes[source.span_id] if source else alone).append(call)
    return [_as_counted(call, echoes[call.span_id]) for call in alone]


def _echoes(call: SpanFacts, source: SpanFacts) -> bool:
    return (
        call.parent_span_id == source.parent_span_id
        and source.start_ns <= call.start_ns
        and call.end_ns <= source.end_ns
        and (call.model == source.model or not call.model)
        and (
            call.response_id == source.response_id or not (call.response_id and source.response_id)
        )
    )


def _as_counted(call: SpanFacts, echoes: Sequence[SpanFacts]) -> SpanFacts:
    """Returns a call with the usage of its echo, which is nearer to the wire, where that has it."""
    counted = next((item for item in echoes if item.output_tokens is not None), None)
    if counted is None:
        return _told_by([call, *echoes])
    usage = {name: getattr(counted, name) for name in COUNTS}
    told = {name: value for name, value in usage.items() if value is not None}
    return _told_by([structs.replace(call, **told), *echoes])


def _by_response(calls: Sequence[SpanFacts]) -> list[SpanFacts]:
    """Returns calls without the second telling of one response; the one with words stays.

    An id that an application gives to all its answers is none: then the counts differ.
    """
    told: dict[str, list[SpanFacts]] = defaultdict(list)
    for call in calls:
        same = told.get(call.response_id, []) if call.response_id else []
        counts = {item.output_tokens for item in [*same, call]} - {None}
        fresh = not call.response_id or len(counts) > 1
        told[f"span {call.span_id}" if fresh else call.response_id].append(call)
    if len(told) == len(calls):
        return list(calls)
    return [_told_by(sorted(same, key=lambda call: not _talks(call))) for same in told.values()]


def _answered_later(calls: Sequence[SpanFacts]) -> list[SpanFacts]:
    """Returns calls where one without answer or usage gives way to its sibling that has them.

    Logfire tells a streamed call when it starts, and again when its answer is complete.
    """
    found: list[SpanFacts] = []
    for place, call in enumerate(calls):
        is_open = call.inputs and not (call.outputs or call.has_usage or call.failed)
        if is_open and any(_answers(later, call) for later in calls[place + 1 :]):
            continue
        found.append(call)
    return found


def _answers(later: SpanFacts, call: SpanFacts) -> bool:
    return (
        later.parent_span_id == call.parent_span_id
        and bool(later.outputs or later.has_usage)
        and [item.hash for item in later.inputs] == [item.hash for item in call.inputs]
    )
