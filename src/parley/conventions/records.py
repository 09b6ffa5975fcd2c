"""Messages that are not attributes of the span: its events, and log records that name it."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct

from parley.conventions.values import decode_any_value, parse_json
from parley.model import Role

__all__ = ["RECORD_NAMES", "Record", "decode_record", "details", "event_records", "message_of"]

SPEAKERS: dict[str, Role] = {
    "gen_ai.system.message": "system",
    "gen_ai.user.message": "user",
    "gen_ai.assistant.message": "assistant",
    "gen_ai.tool.message": "tool",
    "gen_ai.choice": "assistant",
}
DETAILS = (  # their attributes are those of a span
    "gen_ai.client.inference.operation.details",
    "gen_ai.content.prompt",
    "gen_ai.content.completion",
)
RECORD_NAMES = [*SPEAKERS, *DETAILS]
BODY_NAMES = ("content", "message", "tool_calls", "id", "role", "name")


class Record(Struct, frozen=True):
    """A span event or a log record that tells messages. body: None for an event."""

    name: str
    body: Any
    attributes: dict[str, Any]

    @property
    def is_answer(self) -> bool:
        """Whether it says what came back."""
        return self.name == "gen_ai.choice"

    @property
    def speaker(self) -> Role:
        """Who speaks where the message itself does not say."""
        return SPEAKERS[self.name]

    @property
    def is_message(self) -> bool:
        """Whether it is one message, rather than a call in full."""
        return self.name in SPEAKERS


def decode_record(
    name: str, body: str, body_type: str, attributes: Mapping[str, str], types: Mapping[str, str]
) -> Record:
    """Returns a stored event or log record in its own types; nested values come as hex digits."""
    return Record(
        name,
        decode_any_value(body, body_type) if body_type else None,
        {
            key: decode_any_value(text, types[key]) if key in types else text
            for key, text in attributes.items()
        },
    )


def message_of(record: Record) -> dict[str, Any] | None:
    """Returns the message that a record is, with its role; None for an alternative answer."""
    body = record.body or record.attributes.get("gen_ai.event.content")  # the latter: Azure
    body = parse_json(body) if isinstance(body, str) else body
    if body in (None, "", {}):
        body = {
            key: parse_json(value) if isinstance(value, str) else value
            for key in BODY_NAMES
            if (value := record.attributes.get(key)) is not None
        }
    if not isinstance(body, dict):
        body = {"content": body}
    if body.get("index") not in (None, 0):
        return None
    message = body.get("message", body.get("delta", body))
    if not isinstance(message, dict):
        message = {"content": message}
    if "delta" in body:
        return {"index": 0, "delta": message}
    if body.get("finish_reason") == "":
        message = {"finish_reason": "", **message}
    return {"role": record.speaker, **message}


def event_records(value: Any) -> list[Record]:
    """Returns the records that a list of events in an attribute stands for."""
    items = parse_json(value) if isinstance(value, str) else value
    return [
        Record(str(item["event.name"]), item, {})
        for item in (items if isinstance(items, list) else [])
        if isinstance(item, dict) and item.get("event.name") in SPEAKERS
    ]


def details(records: Sequence[Record]) -> dict[str, Any]:
    """Returns the attributes of the records that tell a call in full, the last one's first."""
    found: dict[str, Any] = {}
    for record in records:
        if not record.is_message:
            body = record.body if isinstance(record.body, dict) else {}
            told = {**body, **record.attributes}
            found.update({key: value for key, value in told.items() if value})
    return found
