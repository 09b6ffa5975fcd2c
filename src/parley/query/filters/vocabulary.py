"""Every field of the filter language: a table. docs/filters.md and completion come from it.

`sql` is an expression over the row of its scope: the session's (store: sessions), the turn's
(turns) or the span's (spans). `{{…}}` are fragments of the store.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Literal

from msgspec import Struct

__all__ = ["FIELDS", "OPERATORS", "SCOPES", "Field", "Kind", "Scope", "find_field", "nearest_field"]

Kind = Literal["number", "time", "text", "texts", "keyed", "flag"]
Scope = Literal["session", "turn", "span"]
SCOPES: tuple[Scope, ...] = ("session", "turn", "span")
OPERATORS: dict[Kind, tuple[str, ...]] = {
    "number": (">", ">=", "<", "<=", "=", "!=", "in"),
    "time": (">", ">=", "<", "<="),
    "text": ("=", "!=", "~", "!~", "in"),
    "texts": ("=", "!=", "~", "!~", "in"),
    "keyed": ("=", "!=", "~", "!~", "in", ">", ">=", "<", "<="),
    "flag": ("=", "!="),
}


class Field(Struct, frozen=True, kw_only=True):
    """A field. "texts" has several values, of which one must match; "keyed" needs `["key"]`.

    unit: "ms", "usd" or "". is_optional: it may be unknown. in_session: where turns are concerned,
    the column of the session's own row that has it for each turn: read six times faster. counted:
    its column with the number of spans of which a flag is true, or with their numbers by the text.
    indexed: its words are in an index of their own.
    """

    name: str
    kind: Kind
    sql: str
    help: str
    unit: Literal["", "ms", "usd"] = ""
    alias: str = ""
    is_optional: bool = False
    in_session: str = ""
    counted: str = ""
    indexed: bool = False

    @property
    def scope(self) -> Scope:
        """What it is a field of."""
        first = self.name.partition(".")[0]
        return "turn" if first == "turn" else "span" if first == "span" else "session"


def _number(name: str, words: str, **more: object) -> Field:
    column = name.rpartition(".")[2]
    return Field(name=name, kind="number", sql=column, help=words, **more)  # type: ignore[arg-type]


SESSION = (
    Field(name="session_id", kind="text", sql="session_id", help="the id of the session"),
    Field(name="started_at", kind="time", sql="toUnixTimestamp64Nano(started_at)",
          help="when the first turn started"),
    Field(name="last_activity_at", kind="time", sql="toUnixTimestamp64Nano(last_activity_at)",
          help="when the last turn ended"),
    Field(name="duration_ms", kind="number", unit="ms", help="from first start to last end",
          sql="(toUnixTimestamp64Nano(last_activity_at)"
          " - toUnixTimestamp64Nano(started_at)) / 1e6"),
    _number("turns", "turns"),
    _number("traces", "traces"),
    _number("spans", "spans"),
    _number("llm_calls", "calls of models"),
    _number("tool_calls", "calls of tools"),
    _number("errors", "turns that failed"),
    _number("span_errors", "spans that ended in error"),
    _number("input_tokens", "input, cached tokens included"),
    _number("output_tokens", "output, reasoning included"),
    _number("cached_tokens", "input that was read from a cache"),
    _number("cache_write_tokens", "input that was written to a cache"),
    _number("reasoning_tokens", "output that was reasoning"),
    Field(name="total_tokens", kind="number", sql="input_tokens + output_tokens",
          help="input and output"),
    Field(name="cost_usd", kind="number", unit="usd", sql="toFloat64(cost_usd)", is_optional=True,
          help="dollars; unknown where no call has a price"),
    _number("latency_ms_sum", "all turns together", unit="ms"),
    _number("latency_ms_p50", "median turn", unit="ms"),
    _number("latency_ms_p95", "slow turns", unit="ms"),
    _number("ttft_ms_p50", "median time to the first token", unit="ms", is_optional=True),
    Field(name="failed", kind="flag", sql="errors > 0", help="a turn of it failed"),
    Field(name="usage_complete", kind="flag", sql="usage_complete",
          help="every call reported its tokens"),
    Field(name="cost_complete", kind="flag", sql="cost_complete", help="every call has a price"),
    Field(name="user", alias="users", kind="texts", sql="users", help="ids of users"),
    Field(name="model", alias="models", kind="texts", sql="models", help="models that were called"),
    Field(name="environment", alias="environments", kind="texts", sql="environments",
          help="where it ran"),
    Field(name="tag", alias="tags", kind="texts", sql="tags",
          help="tags, of its spans and those given here"),
    Field(name="title", kind="text", sql="title", help="the title that somebody gave it"),
    Field(name="bookmarked", kind="flag", sql="bookmarked", help="somebody bookmarked it"),
    Field(name="metadata", kind="keyed", sql="metadata", help="what the client noted"),
    Field(name="score", alias="scores", kind="keyed",
          sql="mapApply((name, score) -> (name, toString(score)), scores)",
          help="the newest number that annotations of the session have under a name; yes is 1"),
    Field(name="source_project", kind="text", sql="source_project",
          help="the client's own name for a project"),
    Field(name="session_source", kind="text", sql="session_source",
          help="the attribute that the id came from"),
    Field(name="first_input", kind="text", sql="first_input",
          help="first words of the user, 500 characters"),
    Field(name="last_output", kind="text", sql="last_output",
          help="last answer, 500 characters"),
    Field(name="last_error", kind="text", sql="last_error", help="why the last turn failed"),
)  # fmt: skip
TURN = (
    Field(name="turn.started_at", kind="time", sql="toUnixTimestamp64Nano(started_at)",
          help="when it started", in_session="turn_starts"),
    Field(name="turn.latency_ms", kind="number", unit="ms", sql="{{turn_latency_ms}}",
          help="from first start to last end of its spans", in_session="turn_latencies_ms"),
    Field(name="turn.ttft_ms", kind="number", unit="ms", sql="ttft_ms", is_optional=True,
          help="time to the first token"),
    Field(name="turn.failed", kind="flag", sql="failed", help="it failed",
          in_session="turn_failed"),
    Field(name="turn.cost_usd", kind="number", unit="usd", sql="toFloat64(cost_usd)",
          is_optional=True, help="dollars; unknown without a price", in_session="turn_costs_usd"),
    Field(name="turn.total_tokens", kind="number", sql="input_tokens + output_tokens",
          help="input and output", in_session="turn_tokens"),
    _number("turn.input_tokens", "input, cached tokens included"),
    _number("turn.output_tokens", "output, reasoning included"),
    _number("turn.cached_tokens", "input from a cache", in_session="turn_cached_tokens"),
    _number("turn.reasoning_tokens", "output that was reasoning"),
    _number("turn.llm_calls", "calls of models"),
    _number("turn.tool_calls", "calls of tools"),
    _number("turn.spans", "spans"),
    _number("turn.span_errors", "spans that ended in error"),
    Field(name="turn.input", kind="text", sql="input", help="what the user said",
          indexed=True),
    Field(name="turn.output", kind="text", sql="output", help="what was answered",
          indexed=True),
    Field(name="turn.error", kind="text", sql="error", help="why it failed"),
    Field(name="turn.model", kind="texts", sql="models", help="models that were called"),
    Field(name="turn.user", kind="texts", sql="users", help="ids of users"),
    Field(name="turn.environment", kind="texts", sql="environments", help="where it ran"),
    Field(name="turn.tag", kind="texts", sql="tags", help="tags"),
    Field(name="turn.metadata", kind="keyed", sql="metadata", help="what the client noted"),
    Field(name="turn.conversation_id", kind="texts", sql="conversation_ids",
          help="other session ids that its spans named"),
)  # fmt: skip
SPAN = (
    Field(name="span.name", kind="text", sql="name", help="its name"),
    Field(name="span.kind", kind="text", sql="kind",
          help="llm, agent, workflow, chain, tool, retriever, embedding, rerank, guardrail, "
          "evaluator", counted="span_kinds"),
    Field(name="span.error", kind="flag", sql="status_code = 2 OR error_type != ''",
          help="it ended in error", counted="span_errors"),
    Field(name="span.error_type", kind="text", sql="error_type", help="type of the error"),
    Field(name="span.error_message", kind="text",
          sql="if(error_message != '', error_message, status_message)", help="what went wrong"),
    Field(name="span.model", kind="text",
          sql="if(request_model != '', request_model, response_model)",
          help="the model that was called"),
    Field(name="span.provider", kind="text", sql="provider", help="who runs the model"),
    Field(name="span.tool", kind="text", sql="tool_name", help="the tool that was called"),
    Field(name="span.started_at", kind="time", sql="toInt64({{shown_start_ns}})",
          help="when it started"),
    Field(name="span.duration_ms", kind="number", unit="ms",
          sql="(toInt64({{shown_end_ns}}) - toInt64({{shown_start_ns}})) / 1e6",
          help="how long it took"),
    _number("span.ttft_ms", "time to the first token", unit="ms", is_optional=True),
    _number("span.input_tokens", "input, cached tokens included", is_optional=True),
    _number("span.output_tokens", "output, reasoning included", is_optional=True),
    _number("span.cached_tokens", "input from a cache", is_optional=True),
    _number("span.reasoning_tokens", "output that was reasoning", is_optional=True),
    _number("span.cost_usd", "dollars, as the client told", unit="usd", is_optional=True),
    Field(name="span.user", kind="text", sql="user_id", help="id of the user"),
    Field(name="span.environment", kind="text", sql="environment", help="where it ran"),
    Field(name="span.service", kind="text", sql="resource_attributes['service.name']",
          help="the service that sent it"),
    Field(name="span.conversation_id", kind="text", sql="own_session",
          help="the session id that it named itself"),
    Field(name="span.attributes", kind="keyed", sql="attributes", help="its attributes"),
    Field(name="span.resource", kind="keyed", sql="resource_attributes",
          help="attributes of what sent it"),
)  # fmt: skip
FIELDS = (*SESSION, *TURN, *SPAN)
BY_NAME = {name: field for field in FIELDS for name in (field.name, field.alias) if name}


def find_field(name: str) -> Field | None:
    """Returns the field of a name or of its plural."""
    return BY_NAME.get(name)


def nearest_field(name: str, scopes: Iterable[Scope]) -> str:
    """Returns the name that was probably meant, "" when none is near."""
    allowed = set(scopes)
    names = [known for known, field in BY_NAME.items() if field.scope in allowed]
    wanted = name.lower()
    tail = wanted.rpartition(".")[2]
    begins = [known for known in names if tail and known.rpartition(".")[2].startswith(tail)]
    close = get_close_matches(wanted, names, n=1, cutoff=0.6) or begins[:1]
    if not close and tail != wanted:
        tails = {known.rpartition(".")[2]: known for known in names}
        close = [tails[near] for near in get_close_matches(tail, tails, n=1, cutoff=0.6)]
    return close[0] if close else ""
