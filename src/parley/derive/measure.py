"""What a turn cost and how it went, from the spans of its pieces. Pure."""

from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct, field

from parley.derive.calls import calls_a_model
from parley.derive.session import TurnPiece
from parley.derive.spans import SpanFacts
from parley.pricing import PriceBook, Tokens, tier_of

__all__ = ["ModelKey", "ModelUse", "Usage", "failure_of", "usage_of"]

AGGREGATE_KINDS = ("agent", "workflow", "chain", "")
NANO = Decimal("1e-9")
CLIENT_COST_MAX = 1_000_000.0  # dollars of one call; what a client says beyond is nonsense


class ModelUse(Struct):
    """What the calls of one model used. A key is who was asked, and whose price it is."""

    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    cost_usd: Decimal | None = None


# provider, asked model, answering model when it is another, source of the price, reason
ModelKey = tuple[str, str, str, str, str]


class Usage(Struct):
    """Tokens and cost of some calls. cost None: no call could be priced."""

    input_tokens: int = 0
    output_tokens: int = 0
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0
    complete: bool = True
    cost_usd: Decimal | None = None
    cost_complete: bool = True
    models: dict[ModelKey, ModelUse] = field(default_factory=dict)

    def add(self, span: SpanFacts, prices: PriceBook) -> None:
        """Adds what one span reports."""
        used = (
            span.input_tokens or 0,
            span.output_tokens or 0,
            span.cached_tokens or 0,
            span.cache_write_tokens or 0,
            span.reasoning_tokens or 0,
        )
        self.input_tokens += used[0]
        self.output_tokens += used[1]
        self.cached_tokens += used[2]
        self.cache_write_tokens += used[3]
        self.reasoning_tokens += used[4]
        if not span.has_usage and not span.failed:
            self.complete = False
        cost, source, reason = _cost(span, used, prices)
        if cost is not None:
            self.cost_usd = cost if self.cost_usd is None else self.cost_usd + cost
        elif not span.failed:
            self.cost_complete = False
        answered = span.response_model if span.response_model != span.model else ""
        key = (span.provider, span.model, answered, source, reason)
        if span.details and (tier := tier_of(span.details)):  # with a price of its own
            answered = answered and f"{answered}:{tier}"
            key = (span.provider, f"{span.model}:{tier}", answered, source, reason)
        use = self.models.get(key)
        if use is None:
            self.models[key] = ModelUse(1, *used, cost)
            return
        use.calls += 1
        use.input_tokens += used[0]
        use.output_tokens += used[1]
        use.cached_tokens += used[2]
        use.cache_write_tokens += used[3]
        use.reasoning_tokens += used[4]
        if cost is not None:
            use.cost_usd = cost if use.cost_usd is None else use.cost_usd + cost


def _cost(
    span: SpanFacts, used: tuple[int, int, int, int, int], prices: PriceBook
) -> tuple[Decimal | None, str, str]:
    """Returns (dollars, whose price, reason): the client's own cost, else the rate of the day.

    Of a cost that is known the reason is "" or "clamped": the counts could not be.
    """
    if span.cost_usd is not None and 0 <= span.cost_usd <= CLIENT_COST_MAX:
        return Decimal(repr(span.cost_usd)).quantize(NANO), "client", ""
    if not span.has_usage:
        return None, "", "failed" if span.failed else "no_usage"
    priced = prices.price(
        provider=span.provider,
        models=(span.response_model, span.request_model),
        time_ns=span.start_ns,
        tokens=Tokens(*used),
        details=span.details,
    )
    reason = priced.reason or ("clamped" if priced.is_clamped or span.cost_usd is not None else "")
    return priced.cost, priced.source, reason


def usage_of(spans: Sequence[SpanFacts], calls: Sequence[SpanFacts], prices: PriceBook) -> Usage:
    """Returns usage once per LLM call; aggregates of agents only where no call reports any."""
    usage = Usage()
    if any(call.has_usage for call in calls):
        for call in calls:
            usage.add(call, prices)
        return usage
    ids = {call.span_id for call in calls}
    totals = [
        s for s in spans if s.has_usage and s.kind in AGGREGATE_KINDS and s.span_id not in ids
    ]
    inside = {span.span_id for span in totals}
    for span in totals:
        if span.parent_span_id not in inside:
            usage.add(span, prices)
    if not totals:
        for call in calls:
            key = (call.provider, call.model, "", "", "failed" if call.failed else "no_usage")
            usage.models.setdefault(key, ModelUse()).calls += 1
        usage.complete = usage.cost_complete = not any(not call.failed for call in calls)
    return usage


def failure_of(parts: Sequence[TurnPiece]) -> str:
    """Returns why a turn failed, '' when it did not.

    Failed: its outermost span, or the last of several, ended in error, or its last LLM call, or an
    error is followed by no words of the assistant. An error that was recovered from is no failure
    of the turn: neither a call that was tried again nor a tool that failed stands for it, also
    where no span stands around them.
    """
    last = parts[-1]
    spans = [span for part in parts for span in part.piece.spans]
    errors = [span for span in spans if span.failed]
    if not errors:
        return ""
    ids = {span.span_id for span in last.piece.spans}
    tops = [span for span in last.piece.spans if span.parent_span_id not in ids]
    frames = [top for top in tops if top.kind in AGGREGATE_KINDS and not calls_a_model(top)]
    frame = max(frames, key=lambda s: (s.start_ns, s.span_id), default=None)
    called = {call.span_id for part in parts for call in part.facts.calls}
    calls = [span for span in spans if span.span_id in called]
    talkers = [span for span in spans if span.kind == "agent" or span.span_id in called]
    ended = max(talkers, key=lambda s: (s.start_ns, s.span_id), default=None)
    latest = max(calls, key=lambda s: (s.start_ns, s.span_id), default=ended)
    answered = [
        item.time_ns
        for part in parts
        for item in part.said
        if item.message.role == "assistant" and item.message.text
    ]
    failed = (
        (frame is not None and frame.failed)
        or (latest is not None and latest.failed)
        or max(error.start_ns for error in errors) > max(answered, default=0)
    )
    return _reason(errors, tops) if failed else ""


def _reason(errors: Iterable[SpanFacts], tops: Sequence[SpanFacts]) -> str:
    """Prefers the innermost, latest error: the outer ones mostly repeat it."""
    ids = {top.span_id for top in tops}
    ranked = sorted(errors, key=lambda s: (s.span_id not in ids, bool(s.error_type), s.start_ns))
    return ranked[-1].error_text
