"""Traces as they are listed."""

from msgspec import Struct, field

__all__ = ["TraceCard", "TraceListing", "TraceQuery"]


class TraceQuery(Struct, frozen=True, kw_only=True):
    """What to list: the traces that began in the interval.

    failed: only those with a span that failed. session: "none" for those that belong to none.
    `sort` is one of `parley.query.TRACE_SORTS`, "-" in front for descending.
    """

    from_ns: int | None = None
    to_ns: int | None = None
    failed: bool = False
    session: str = ""
    sort: str = "-started_at"
    limit: int = 100
    cursor: str = ""


class TraceCard(Struct, frozen=True, kw_only=True):
    """One trace of a list. name: of its root. session_id "" when it belongs to none.

    errors: spans that failed, `error` what the first of them said. cost_usd None: unknown;
    cost_complete False: some call has no price.
    """

    trace_id: str
    session_id: str
    started_at: str
    duration_ms: float
    spans: int
    name: str = ""
    service: str = ""
    errors: int = 0
    error: str = ""
    models: list[str] = field(default_factory=list)
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None
    cost_complete: bool = True


class TraceListing(Struct, frozen=True, kw_only=True):
    """A page of traces. total: how many match, whatever the page."""

    traces: list[TraceCard]
    next_cursor: str | None
    total: int
