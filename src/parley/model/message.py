"""One message of a conversation, whatever client sent it."""

from typing import Literal

from msgspec import Struct, field

__all__ = ["Attachment", "Message", "Part", "Role"]

Role = Literal["system", "user", "assistant", "tool"]


class Part(Struct, frozen=True, omit_defaults=True):
    """One piece of a message.

    kind: "text" (text), "reasoning" (text), "refusal" (text), "tool_call" (name, arguments,
    call_id), "tool_result" (text, name, call_id), "media" (media_type; hash and size_bytes of an
    attachment, or a uri, or in text why there is neither; name of the file), "citation" (name,
    text, uri of what an answer refers to). `arguments` is the JSON text that the model wrote.
    A media part with a call_id is part of that tool's result.
    """

    kind: Literal["text", "reasoning", "refusal", "tool_call", "tool_result", "media", "citation"]
    text: str = ""
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    media_type: str = ""
    uri: str = ""
    hash: str = ""
    size_bytes: int = 0


class Attachment(Struct, frozen=True, kw_only=True):
    """Bytes that stood in a message, known by their SHA-256 in hex.

    media_type: told by the bytes themselves; else what the client said, where it cannot harm.
    """

    hash: str
    media_type: str
    data: bytes


class Message(Struct, frozen=True, kw_only=True):
    """One thing said, once. `text` is the human text of all text parts, for list and search.

    folded: context that the session did not say itself (the history of its first call, prompts
    between an application's own steps); shown folded, never a turn.
    """

    role: Role
    text: str
    parts: list[Part] = field(default_factory=list)
    turn_id: str = ""
    trace_id: str = ""
    span_id: str = ""
    time_ns: int = 0
    ordinal: int = 0
    model: str = ""
    folded: bool = False
