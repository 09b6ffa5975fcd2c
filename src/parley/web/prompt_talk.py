"""The conversation of a playground: what was said so far, and what it is sent as.

It travels in the form, so that reloading loses nothing and nobody else's run is touched.
"""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec
from msgspec import Struct, field

from parley.model import Message, Transcript
from parley.prompts import ChatAnswer

__all__ = [
    "Called",
    "Said",
    "answered",
    "history_of",
    "open_calls",
    "read_talk",
    "talk_before",
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


def talk_before(transcript: Transcript, turn: int) -> tuple[list[Said], str, int] | None:
    """Returns what was said before a turn, the turn's question, and how much could not go along.

    What cannot: images and files, and calls without a result. None when there is no such turn.
    """
    place = next((i for i, item in enumerate(transcript.turns) if item.turn.turn == turn), None)
    if place is None:
        return None
    before = [m for item in transcript.turns[:place] for m in item.messages]
    asked: list[str] = []
    for message in transcript.turns[place].messages:
        if message.role == "user" and not message.folded:
            asked.append(message.text)
        elif message.folded:
            before.append(message)
        elif message.role in ("assistant", "tool"):
            break
    before = [message for message in before if message.role != "system"]
    parts = [part for message in before for part in message.parts]
    results = {part.call_id for part in parts if part.kind == "tool_result" and part.call_id}
    called = {part.call_id for part in parts if part.kind == "tool_call"}
    paired = results & called
    left_out = sum(
        1
        for part in parts
        if part.kind == "media" or (part.kind == "tool_call" and part.call_id not in paired)
    )
    talk = [said for message in before for said in said_of(message, paired)]
    text = "\n\n".join(asked) or transcript.turns[place].turn.input
    return talk, text, left_out


def said_of(message: Message, paired: set[str]) -> Iterator[Said]:
    """Yields a message of a session as it is sent again; results are messages of their own."""
    calls = [
        Called(part.call_id, part.name, part.arguments or "{}")
        for part in message.parts
        if part.kind == "tool_call" and part.call_id in paired
    ]
    if message.role in ("user", "assistant") and (message.text or calls):
        yield Said(role=message.role, text=message.text, calls=calls)
    for part in message.parts:
        if part.kind == "tool_result" and part.call_id in paired:
            yield Said(role="tool", text=part.text, call_id=part.call_id)
