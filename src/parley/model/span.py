"""A span as it was received, decoded for reading."""

from typing import Any

from msgspec import Struct, field

__all__ = ["Span", "SpanEvent", "SpanLink", "SpanPage", "TraceTree"]


class SpanEvent(Struct, frozen=True, kw_only=True):
    """Something that happened inside a span, e.g. an exception."""

    time_ns: int
    name: str
    attributes: dict[str, Any]


class SpanLink(Struct, frozen=True, kw_only=True):
    """A span's pointer to another trace."""

    trace_id: str
    span_id: str
    attributes: dict[str, Any]


class Span(Struct, frozen=True, kw_only=True):
    """One span. `kind` is Parley's: llm, agent, workflow, chain, tool, retriever, embedding,
    rerank, guardrail, evaluator or "" when unknown; `otel_kind` is OpenTelemetry's number.

    failed: by its status, or by an attribute of its client; `error` says why, "" when it is not.
    `status`: "unset", "ok" or "error". `depth` is 0 for a root and for a span whose parent is
    not there. `attributes` hold decoded values (numbers, booleans, lists, maps).
    `details`: what of the tokens is sound or images, by genai-prices' names, and `service_tier`;
    only what was told.
    """

    trace_id: str
    span_id: str
    parent_span_id: str
    session_id: str
    name: str
    kind: str
    otel_kind: int
    start_ns: int
    end_ns: int
    duration_ms: float
    status: str
    status_message: str
    failed: bool = False
    error: str = ""
    depth: int = 0
    model: str = ""
    provider: str = ""
    input_tokens: int | None = None
    output_tokens: int | None = None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None
    cost_usd: float | None = None
    ttft_ms: float | None = None
    details: dict[str, str] = field(default_factory=dict)
    conversation_id: str = ""  # what the span itself said, when the trace says otherwise
    service: str = ""
    scope: str = ""
    scope_name: str = ""
    scope_version: str = ""
    trace_state: str = ""
    flags: int = 0
    dropped_attributes: int = 0
    dropped_events: int = 0
    dropped_links: int = 0
    attributes: dict[str, Any] = field(default_factory=dict)
    resource: dict[str, Any] = field(default_factory=dict)
    events: list[SpanEvent] = field(default_factory=list)
    links: list[SpanLink] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


class TraceTree(Struct, frozen=True, kw_only=True):
    """One trace: its spans with parents before children, siblings by start time.

    is_complete False: it has more spans than are shown at once; these are the first by start.
    """

    trace_id: str
    session_id: str
    spans: list[Span]
    is_complete: bool = True


class SpanPage(Struct, frozen=True, kw_only=True):
    """Traces of a session in order of start, as many as fit a page; at least one of them."""

    traces: list[TraceTree]
    next_cursor: str | None = None
