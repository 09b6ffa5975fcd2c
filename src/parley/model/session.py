"""A chat session and its turns. Field names are public API: keep them."""

from msgspec import Struct, field

__all__ = [
    "Match",
    "MatchPiece",
    "ModelUsage",
    "Session",
    "SessionDetail",
    "SessionPage",
    "SessionQuery",
    "Turn",
]


class Session(Struct, frozen=True, kw_only=True):
    """One conversation, summed over its turns.

    `errors` counts failed turns, `span_errors` every span that ended in error. `input_tokens`
    includes cached tokens, `output_tokens` includes reasoning: what a provider bills by those
    names. `cost_usd` is None when no call could be priced; `cost_complete` is False when some
    could not. Latencies are per turn: last end minus first start of its spans. `title`,
    `bookmarked` and `own_tags` are what people say of it here; `tags` has those of its spans too.
    """

    session_id: str
    project: str
    started_at: str
    last_activity_at: str
    duration_ms: float
    turns: int
    traces: int
    spans: int
    llm_calls: int
    tool_calls: int
    errors: int
    span_errors: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    total_tokens: int
    usage_complete: bool
    cost_usd: float | None
    cost_complete: bool
    latency_ms_sum: float
    latency_ms_p50: float
    latency_ms_p95: float
    ttft_ms_p50: float | None
    users: list[str]
    models: list[str]
    environments: list[str]
    tags: list[str]
    metadata: dict[str, str]
    source_project: str
    first_input: str
    last_output: str
    last_error: str  # reason of the last turn when that turn failed, else ""
    session_source: str  # the attribute that the id came from
    scores: dict[str, float] = field(default_factory=dict)
    title: str | None = None
    bookmarked: bool = False
    own_tags: list[str] = field(default_factory=list)


class ModelUsage(Struct, frozen=True, kw_only=True):
    """What calls of one model used, and whose price they have.

    `response_model` is the one that answered when it is another. `cost_source`: "client",
    "override", "package", or "" without a cost; `cost_reason` then: "no_price", "no_usage",
    "no_model", "service_tier", "failed"; of a known cost it is "" or "clamped" (counts that
    cannot be were cut).
    """

    provider: str
    model: str
    response_model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cache_write_tokens: int
    reasoning_tokens: int
    cost_usd: float | None
    cost_source: str
    cost_reason: str


class Turn(Struct, frozen=True, kw_only=True):
    """One user message with all that answers it. `error` is None unless the turn failed."""

    turn_id: str
    turn: int  # 1-based place in the session; changes when an earlier turn arrives late
    trace_ids: list[str]
    started_at: str
    latency_ms: float
    input: str
    output: str
    error: str | None
    model: str
    llm_calls: int
    tool_calls: int
    spans: int
    span_errors: int
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    reasoning_tokens: int
    usage_complete: bool
    cost_usd: float | None
    cost_complete: bool
    ttft_ms: float | None
    conversation_ids: list[str] = field(default_factory=list)
    usage: list[ModelUsage] = field(default_factory=list)  # by model


class SessionDetail(Struct, frozen=True):
    """An opened session: the row and its turns in order of time, and their usage by model.

    `cost_reason`: why the cost is not complete, as of ModelUsage, several separated by ", ".
    """

    session: Session
    turns: list[Turn]
    usage: list[ModelUsage] = field(default_factory=list)
    cost_reason: str = ""


class SessionQuery(Struct, frozen=True, kw_only=True):
    """What to list. `from_ns`/`to_ns` select sessions whose life overlaps the interval.

    `sort` is a metric name of `parley.query.SORTS`, "-" in front for descending. `q` are words and
    phrases in the conversation, `filter` is a text of the filter language; relative times in it
    count from `now_ns`, else from now.
    """

    from_ns: int | None = None
    to_ns: int | None = None
    q: str = ""
    filter: str = ""
    now_ns: int | None = None
    sort: str = "-last_activity_at"
    limit: int = 100
    cursor: str = ""


class MatchPiece(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part of an excerpt; is_match: it is what was searched for."""

    text: str
    is_match: bool = False


class Match(Struct, frozen=True, kw_only=True):
    """Where a search found something in a session: a few words around it, from one message."""

    role: str
    turn_id: str
    excerpt: list[MatchPiece]


class SessionPage(Struct, frozen=True, kw_only=True):
    """One page of a list. `total` counts all that match; exact up to 10,000 (`total_capped`).

    `matches`: of each session where `q` was found; empty without q.
    """

    sessions: list[Session]
    next_cursor: str | None
    total: int
    total_capped: bool = False
    matches: dict[str, Match] = field(default_factory=dict)
