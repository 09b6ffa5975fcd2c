"""Answers whose times differ from the model's: nanoseconds inside, ISO-8601 outside.

Sessions and turns are answered as the model has them. Of spans the exact start and end go out as
decimal text (`*_unix_nano`, as in OTLP/JSON): nanoseconds do not fit a JavaScript number.
"""

from typing import Any

from msgspec import UNSET, Struct, UnsetType

from parley.conventions import understand
from parley.model import (
    Message,
    Part,
    Series,
    SeriesPoint,
    Session,
    Span,
    SpanEvent,
    SpanLink,
    SpanPage,
    TraceTree,
    Transcript,
    Turn,
    to_iso,
)
from parley.query import attachment_path

__all__ = [
    "SeriesAnswer",
    "SpansAnswer",
    "TraceAnswer",
    "TranscriptAnswer",
    "series_answer",
    "spans_answer",
    "trace_answer",
    "transcript_answer",
]


class PartAnswer(Part, frozen=True, omit_defaults=True):
    """A part of a message: see parley.model.Part. url: where its attachment is, on this server."""

    url: str = ""


class MessageAnswer(Struct, frozen=True, kw_only=True):
    """A message: see parley.model.Message."""

    role: str
    text: str
    parts: list[PartAnswer]
    turn_id: str
    trace_id: str
    span_id: str
    sent_at: str
    model: str
    folded: bool


class TranscriptTurnAnswer(Struct, frozen=True, kw_only=True):
    """A turn with every message said in it, once, in order."""

    turn: Turn
    messages: list[MessageAnswer]
    resent_messages: int


class TranscriptAnswer(Struct, frozen=True, kw_only=True):
    """The conversation as people read it, as many turns as fit a page."""

    session: Session
    turns: list[TranscriptTurnAnswer]
    next_cursor: str | None


class EventAnswer(Struct, frozen=True, kw_only=True):
    """A span's event."""

    name: str
    time: str
    attributes: dict[str, Any]


class SpanAnswer(Struct, frozen=True, kw_only=True):
    """A span: see parley.model.Span."""

    trace_id: str
    span_id: str
    parent_span_id: str
    session_id: str
    name: str
    kind: str
    otel_kind: int
    started_at: str
    ended_at: str
    start_unix_nano: str
    end_unix_nano: str
    duration_ms: float
    status: str
    status_message: str
    failed: bool
    error: str
    depth: int
    model: str
    provider: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    ttft_ms: float | None
    details: dict[str, str]  # tokens of sound and images, service_tier; only what was told
    conversation_id: str
    service: str
    scope: str
    attributes: dict[str, Any]
    resource: dict[str, Any]
    events: list[EventAnswer]
    links: list[SpanLink]
    notes: list[str]
    understood: dict[str, str] | UnsetType = UNSET  # field -> "dialect: attribute"; of one trace
    unclaimed: list[str] | UnsetType = UNSET  # attributes that no dialect maps
    unused: list[str] | UnsetType = UNSET  # known, and nothing is made of them


class TraceAnswer(Struct, frozen=True, kw_only=True):
    """A trace: its spans with parents before children, siblings by start time.

    is_complete False: there are more; these are the first by start.
    """

    trace_id: str
    session_id: str
    spans: list[SpanAnswer]
    is_complete: bool


class SpansAnswer(Struct, frozen=True, kw_only=True):
    """The traces of a session in order of their start, as many as fit a page."""

    traces: list[TraceAnswer]
    next_cursor: str | None


class PointAnswer(Struct, frozen=True, kw_only=True):
    """One bucket of time."""

    started_at: str
    sessions: int
    failed_sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float
    latency_ms_p50: float
    latency_ms_p95: float


class SeriesAnswer(
    Struct, frozen=True, kw_only=True, rename={"from_time": "from", "to_time": "to"}
):
    """Totals of an interval and its buckets, oldest first; empty buckets are present."""

    from_time: str
    to_time: str
    step_ms: float
    sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cached_tokens: int
    cost_usd: float | None
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    points: list[PointAnswer]


def same_fields(noun: Struct, answer: type[Struct]) -> dict[str, Any]:
    """Returns the values of the fields that a noun and its answer both have."""
    names = set(answer.__struct_fields__)
    return {name: getattr(noun, name) for name in noun.__struct_fields__ if name in names}


def message_answer(message: Message, project_id: str) -> MessageAnswer:
    """Returns a message with its time in words, and the addresses of what is attached to it."""
    fields = same_fields(message, MessageAnswer)
    fields["parts"] = [
        PartAnswer(**same_fields(part, PartAnswer), url=attachment_path(project_id, part))
        for part in message.parts
    ]
    return MessageAnswer(**fields, sent_at=to_iso(message.time_ns))


def transcript_answer(transcript: Transcript) -> TranscriptAnswer:
    """Returns a transcript with its times in words."""
    turns = [
        TranscriptTurnAnswer(
            turn=item.turn,
            messages=[message_answer(m, transcript.session.project) for m in item.messages],
            resent_messages=item.resent_messages,
        )
        for item in transcript.turns
    ]
    following = None if transcript.next_turn is None else str(transcript.next_turn)
    return TranscriptAnswer(session=transcript.session, turns=turns, next_cursor=following)


def event_answer(event: SpanEvent) -> EventAnswer:
    """Returns an event with its time in words."""
    return EventAnswer(name=event.name, time=to_iso(event.time_ns), attributes=event.attributes)


def span_answer(span: Span, *, is_explained: bool = False) -> SpanAnswer:
    """Returns a span with its times in words and as exact decimal text."""
    fields = same_fields(span, SpanAnswer)
    if is_explained:
        found = understand(
            span.attributes,
            span.resource,
            has_error=span.failed,
            scope=span.scope,
            start_ns=span.start_ns,
        )
        fields.update(understood=found.fields, unclaimed=found.unclaimed, unused=found.unused)
    fields.update(
        started_at=to_iso(span.start_ns),
        ended_at=to_iso(span.end_ns),
        start_unix_nano=str(span.start_ns),
        end_unix_nano=str(span.end_ns),
        events=[event_answer(event) for event in span.events],
    )
    return SpanAnswer(**fields)


def trace_answer(tree: TraceTree, *, is_explained: bool = False) -> TraceAnswer:
    """Returns a trace with its spans' times in words; explained: what was understood of each."""
    spans = [span_answer(span, is_explained=is_explained) for span in tree.spans]
    return TraceAnswer(
        trace_id=tree.trace_id,
        session_id=tree.session_id,
        spans=spans,
        is_complete=tree.is_complete,
    )


def spans_answer(page: SpanPage) -> SpansAnswer:
    """Returns a page of the traces of a session."""
    return SpansAnswer(
        traces=[trace_answer(tree) for tree in page.traces], next_cursor=page.next_cursor
    )


def point_answer(point: SeriesPoint) -> PointAnswer:
    """Returns a bucket with its start in words."""
    return PointAnswer(**same_fields(point, PointAnswer), started_at=to_iso(point.time_ns))


def series_answer(series: Series) -> SeriesAnswer:
    """Returns a series with its times in words."""
    fields = same_fields(series, SeriesAnswer)
    fields.update(
        from_time=to_iso(series.from_ns),
        to_time=to_iso(series.to_ns),
        step_ms=series.step_ns / 1e6,
        points=[point_answer(point) for point in series.points],
    )
    return SeriesAnswer(**fields)
