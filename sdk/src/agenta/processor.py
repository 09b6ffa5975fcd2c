"""Marks every span as it starts with what was said before, and hands it on as it ends."""

from __future__ import annotations

from opentelemetry.context import Context
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor
from opentelemetry.trace import SpanKind

from agenta.scope import forget_trace, values_for
from agenta.sender import Sender

__all__ = ["Processor"]


class Processor(SpanProcessor):
    """What `init` adds to a tracer provider, whoever made it."""

    def __init__(self, sender: Sender) -> None:
        self.sender = sender

    def on_start(self, span: Span, parent_context: Context | None = None) -> None:
        """Gives the span its session, user and the rest."""
        parent = span.parent
        if span.kind is SpanKind.SERVER and (parent is None or parent.is_remote):
            forget_trace(span.context.trace_id)
        if values := values_for(parent_context):
            span.set_attributes(values)

    def on_end(self, span: ReadableSpan) -> None:
        """Queues the span, unless it was not sampled."""
        if span.context is not None and span.context.trace_flags.sampled:
            self.sender.put(span)

    def shutdown(self) -> None:
        """Sends what is left, within the sender's time."""
        self.sender.close()

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        """Waits until what ended before is sent or given up."""
        return self.sender.flush(timeout_millis / 1000)
