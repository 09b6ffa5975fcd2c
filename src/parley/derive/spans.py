"""A stored span as derivation sees it: what the columns say, and its messages where it may talk."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct

from parley.conventions import (
    DIALECTS,
    MessageReader,
    Record,
    decode_any_value,
    decode_record,
    read_documents,
    read_labels,
    sources_of,
)
from parley.derive.align import message_hash
from parley.model import Attachment, Message

__all__ = ["SpanFacts", "SpanReader", "Spoken"]


class Spoken(Struct, frozen=True):
    """A message and its hash."""

    message: Message
    hash: int


class SpanFacts(Struct, frozen=True):
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
    details: dict[str, str]
    user_id: str
    environment: str
    source_project: str
    inputs: list[Spoken]
    outputs: list[Spoken]
    tags: list[str]
    metadata: dict[str, str]

    @property
    def failed(self) -> bool:
        """Whether the span ended in error: by its status, or an attribute of its client."""
        return self.status_code == 2 or self.error_type != ""

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


COLUMNS = SpanFacts.__struct_fields__.index("inputs")  # what comes from columns; then the payload
USER_ID = SpanFacts.__struct_fields__.index("user_id")


class SpanReader:
    """Reads the rows of one batch; a message that many spans carry is read and hashed once."""

    def __init__(self) -> None:
        self._messages = MessageReader()
        self._spoken: dict[int, Spoken] = {}  # by identity of the message, which it holds

    def read(self, row: Sequence[Any], logs: Sequence[Record] = ()) -> SpanFacts:
        """Returns the span of a row of `spans.for_derivation`.

        Args:
            row: fields in order, then the payload, its types, and the events that tell messages.
            logs: the log records that name the span and tell messages, in order.
        """
        texts, types, events = row[COLUMNS:]
        if not texts and not events and not logs:
            silent: list[Any] = [*row[:COLUMNS], [], [], [], {}]
            return SpanFacts(*silent)
        payload = {
            key: decode_any_value(text, types[key]) if key in types else text
            for key, text in texts.items()
        }
        records = [decode_record(name, "", "", *event) for name, *event in events]
        found = self._messages.read(payload, [*records, *logs])
        labels = {name: payload[name] for name in sources_of(tuple(payload)).labels}
        tags, metadata = read_labels(labels, DIALECTS) if labels else ([], {})
        columns = list(row[:COLUMNS])
        if not columns[USER_ID]:
            users = (log.attributes.get("user.id") for log in logs)
            columns[USER_ID] = next((str(user) for user in users if user), "")
        for name, value in read_documents(texts, DIALECTS).items():
            place = SpanFacts.__struct_fields__.index(name)
            if columns[place] in (None, ""):
                columns[place] = value
        fields: list[Any] = [
            *columns,
            self._speak(found.inputs),
            self._speak(found.outputs),
            tags,
            metadata,
        ]
        return SpanFacts(*fields)

    @property
    def attached_bytes(self) -> int:
        """How much is held of what was attached to messages."""
        return self._messages.attached_bytes

    def take_attachments(self) -> list[Attachment]:
        """Returns what was attached to messages read since the last time, each once."""
        return self._messages.take_attachments()

    def _speak(self, messages: Sequence[Message]) -> list[Spoken]:
        spoken = []
        for message in messages:
            known = self._spoken.get(id(message))
            if known is None:
                known = self._spoken[id(message)] = Spoken(message, message_hash(message))
            spoken.append(known)
        return spoken
