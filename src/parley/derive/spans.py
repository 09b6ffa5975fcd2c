"""A stored span as derivation sees it: what the columns say, and its messages where it may talk."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from parley.conventions import (
    DIALECTS,
    SpanMessages,
    decode_any_value,
    read_labels,
    read_span_messages,
)

__all__ = ["COLUMNS", "SpanFacts", "span_of_row"]

COLUMNS = (
    "session_id",
    "trace_id",
    "span_id",
    "parent_span_id",
    "name",
    "kind",
    "start_ns",
    "end_ns",
    "version",
    "status_code",
    "status_message",
    "error_type",
    "error_message",
    "own_session",
    "own_source",
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
    "user_id",
    "environment",
    "source_project",
    "payload",
    "payload_types",
)


class SpanFacts(Struct, frozen=True, kw_only=True):
    """One span. Columns as in the store; `messages`, `tags`, `metadata` read from its payload."""

    session_id: str
    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    start_ns: int
    end_ns: int
    version: int
    status_code: int
    status_message: str
    error_type: str
    error_message: str
    own_session: str
    own_source: str
    request_model: str
    response_model: str
    provider: str
    response_id: str
    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None
    cache_write_tokens: int | None
    reasoning_tokens: int | None
    cost_usd: float | None
    ttft_ms: float | None
    user_id: str
    environment: str
    source_project: str
    messages: SpanMessages
    tags: list[str]
    metadata: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether the span ended in error."""
        return self.status_code == 2

    @property
    def has_usage(self) -> bool:
        """Whether the span reports tokens."""
        return self.input_tokens is not None or self.output_tokens is not None

    @property
    def model(self) -> str:
        """The model that was asked for, else the one that answered."""
        return self.request_model or self.response_model

    @property
    def error_text(self) -> str:
        """The reason of a failure, as specific as the span is."""
        message = self.error_message or self.status_message
        if self.error_type and message and not message.startswith(self.error_type):
            return f"{self.error_type}: {message}"
        return message or self.error_type or "ended in error"


def span_of_row(row: Sequence[Any]) -> SpanFacts:
    """Returns the span of a row of `spans.for_derivation` (columns as in COLUMNS)."""
    values = dict(zip(COLUMNS, row, strict=True))
    types = values.pop("payload_types")
    payload = {
        key: decode_any_value(text, types.get(key, ""))
        for key, text in values.pop("payload").items()
    }
    tags, metadata = read_labels(payload, DIALECTS) if payload else ([], {})
    return SpanFacts(**values, messages=read_span_messages(payload), tags=tags, metadata=metadata)
