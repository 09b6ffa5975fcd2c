"""Sessions, turns and spans to make pages of."""

from typing import Any

from msgspec.structs import replace

from parley.model import Message, Session, Span, Transcript, TranscriptTurn, Turn, from_iso, to_iso

SESSION = Session(
    session_id="s-1",
    project="default",
    started_at="2026-11-22T09:00:00Z",
    last_activity_at="2026-11-22T10:00:00Z",
    duration_ms=3_600_000,
    turns=2,
    traces=2,
    spans=2,
    llm_calls=2,
    tool_calls=0,
    errors=0,
    span_errors=0,
    input_tokens=1000,
    output_tokens=200,
    cached_tokens=500,
    cache_write_tokens=0,
    reasoning_tokens=0,
    total_tokens=1200,
    usage_complete=True,
    cost_usd=0.0121,
    cost_complete=True,
    latency_ms_sum=4000,
    latency_ms_p50=2000,
    latency_ms_p95=3000,
    ttft_ms_p50=600,
    users=["u-1"],
    models=["gpt-4.1", "gpt-4.1-mini"],
    environments=["production"],
    tags=[],
    metadata={},
    source_project="",
    first_input="Hello?",
    last_output="Hi!",
    last_error="",
    session_source="session.id",
)
TURN = Turn(
    turn_id="5b8efff798038103d269b633813fc60c.0",
    turn=1,
    trace_ids=["5b8efff798038103d269b633813fc60c"],
    started_at="2026-11-22T09:00:00Z",
    latency_ms=2000,
    input="Hello?",
    output="Hi!",
    error=None,
    model="gpt-4.1",
    llm_calls=1,
    tool_calls=0,
    spans=1,
    span_errors=0,
    input_tokens=500,
    output_tokens=100,
    cached_tokens=0,
    reasoning_tokens=0,
    usage_complete=True,
    cost_usd=0.006,
    cost_complete=True,
    ttft_ms=600,
)
HOUR_NS = 3600 * 10**9
START_NS = from_iso(SESSION.started_at)


def make_session(**changes: Any) -> Session:
    """Returns a session of an hour with two turns, changed."""
    return replace(SESSION, **changes)


def make_turn(number: int = 1, *, after_ms: float = 0, **changes: Any) -> Turn:
    """Returns a turn that starts some time after the session."""
    started = to_iso(START_NS + int(after_ms * 1e6))
    return replace(TURN, turn=number, turn_id=f"{number:032x}.0", started_at=started, **changes)


def make_transcript(*turns: tuple[Turn, list[Message]], **changes: Any) -> Transcript:
    """Returns a transcript of turns with their messages."""
    items = [TranscriptTurn(turn=turn, messages=messages) for turn, messages in turns]
    return Transcript(session=make_session(turns=len(turns), **changes), turns=items)


def make_span(name: str, span_id: str, parent: str = "", **changes: Any) -> Span:
    """Returns a span of one second at the session's start."""
    base = Span(
        trace_id="a" * 32,
        span_id=span_id,
        parent_span_id=parent,
        session_id="s-1",
        name=name,
        kind="",
        otel_kind=1,
        start_ns=START_NS,
        end_ns=START_NS + 10**9,
        duration_ms=1000,
        status="unset",
        status_message="",
    )
    return replace(base, **changes)
