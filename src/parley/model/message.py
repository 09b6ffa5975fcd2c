"""One message of a conversation, whatever client sent it."""

from typing import Literal

from msgspec import Struct, field

__all__ = ["Message", "Part", "Role"]

Role = Literal["system", "user", "assistant", "tool"]


class Part(Struct, frozen=True, omit_defaults=True):
    """One piece of a message.

    kind: "text" (text), "reasoning" (text), "refusal" (text), "tool_call" (name, arguments,
    call_id), "tool_result" (text, name, call_id), "media" (media_type, uri or a size in text).
    `arguments` is the JSON text that the model wrote.
    """

    kind: Literal["text", "reasoning", "refusal", "tool_call", "tool_result", "media"]
    text: str = ""
    name: str = ""
    call_id: str = ""
    arguments: str = ""
    media_type: str = ""
    uri: str = ""


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
