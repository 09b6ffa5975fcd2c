"""Numbers about the store and over all sessions."""

from msgspec import Struct

__all__ = ["Series", "SeriesPoint", "Stats"]


class Stats(Struct, frozen=True, kw_only=True):
    """Counts of one project, and how far the conversation view is behind."""

    spans: int
    sessions: int
    messages: int
    derivation_lag_ms: float
    journal_bytes: int
    quarantined: int


class SeriesPoint(Struct, frozen=True, kw_only=True):
    """One bucket of time. Turns are counted where they start."""

    time_ns: int
    sessions: int
    failed_sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cost_usd: float
    latency_ms_p50: float
    latency_ms_p95: float


class Series(Struct, frozen=True, kw_only=True):
    """Totals of an interval and its buckets, oldest first; empty buckets are present."""

    from_ns: int
    to_ns: int
    step_ns: int
    sessions: int
    turns: int
    failed_turns: int
    tokens: int
    cached_tokens: int
    cost_usd: float | None
    latency_ms_p50: float | None
    latency_ms_p95: float | None
    points: list[SeriesPoint]
