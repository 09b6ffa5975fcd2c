"""The conversation of a playground: what was said so far, and what it is sent as.

It travels in the form, so that reloading loses nothing and nobody else's run is touched.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from parley.prompts import ChatAnswer

__all__ = [
    "Called",
    "Said",
    "answered",
    "history_of",
    "open_calls",
    "read_talk",
    "talk_of",
    "written",
]

SAID_MAX = 1000


class Called(Struct, frozen=True, omit_defaults=True):
    """A tool that the model called. arguments: JSON text."""

    id: str
    name: str
    arguments: str = "{}"


class Said(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One message, and of an answer what it came to. call_id: of the call that a result is for."""

    role: str
    text: str = ""
    calls: list[Called] = field(default_factory=list)
    call_id: str = ""
    trace_id: str = ""
    model: str = ""
    version: str = ""
    latency_ms: float = 0.0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: float | None = None


def read_talk(text: str) -> list[Said]:
    """Returns the messages of a form. Raises msgspec.MsgspecError for what is none."""
    said = msgspec.json.decode(text or "[]", type=list[Said])
    if len(said) > SAID_MAX:
        message = f"{len(said)} messages, at most {SAID_MAX}"
        raise msgspec.ValidationError(message)
    return said


def written(talk: Sequence[Said]) -> str:
    """Returns messages for a form."""
    return msgspec.json.encode(talk).decode()


def answered(answer: ChatAnswer, *, latency_ms: float, version: str) -> Said:
    """Returns what a model said, with what it came to."""
    return Said(
        role="assistant",
        text=answer.message,
        calls=[
            Called(part.call_id, part.name, part.arguments or "{}")
            for part in answer.parts
            if part.kind == "tool_call"
        ],
        trace_id=answer.trace_id,
        model=answer.model,
        version=version,
        latency_ms=latency_ms,
        input_tokens=answer.tokens.input,
        output_tokens=answer.tokens.output,
        cost_usd=None if answer.cost is None else float(answer.cost),
    )


def open_calls(talk: Sequence[Said]) -> list[Called]:
    """Returns the calls that wait for a result."""
    done = {said.call_id for said in talk if said.role == "tool"}
    last = next((said for said in reversed(talk) if said.role == "assistant"), None)
    return [call for call in last.calls if call.id not in done] if last else []


def history_of(talk: Sequence[Said]) -> list[dict[str, Any]]:
    """Returns messages in OpenAI's form."""
    return [message_of(said) for said in talk]


def message_of(said: Said) -> dict[str, Any]:
    """Returns a message in OpenAI's form."""
    if said.role == "tool":
        return {"role": "tool", "tool_call_id": said.call_id, "content": said.text}
    message: dict[str, Any] = {"role": said.role, "content": said.text}
    if said.calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
            }
            for call in said.calls
        ]
    return message


def talk_of(history: Sequence[Mapping[str, Any]]) -> tuple[list[Said], str]:
    """Returns messages in OpenAI's form as a talk, and the question that they end with.

    Of a content in pieces the text is taken; of others their kind and address.
    """
    talk = [said for message in history for said in said_of(message)]
    question = talk.pop().text if talk and talk[-1].role == "user" else ""
    return talk, question


def said_of(message: Mapping[str, Any]) -> Iterator[Said]:
    """Yields a message in OpenAI's form as one of a talk, if it says anything."""
    content = message.get("content") or ""
    text = content if isinstance(content, str) else "\n".join(map(piece_text, content))
    calls = [
        Called(call["id"], call["function"]["name"], call["function"]["arguments"] or "{}")
        for call in message.get("tool_calls", ())
    ]
    if text or calls or message["role"] == "tool":
        call_id = message.get("tool_call_id", "")
        yield Said(role=message["role"], text=text, calls=calls, call_id=call_id)


def piece_text(piece: Mapping[str, Any]) -> str:
    """Returns a piece of a message in words."""
    if piece["type"] == "text":
        return str(piece["text"])
    inner = piece[piece["type"]]
    return f"[{piece['type'].partition('_')[0]}: {inner.get('url') or inner.get('file_data', '')}]"
