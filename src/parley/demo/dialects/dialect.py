"""What every dialect answers, and the message forms that several share."""

import json
from typing import Protocol

from msgspec import Struct
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from parley.demo.casting import Conversation
from parley.demo.play import Call, Retrieval, Said, ToolRun, TurnPlay
from parley.demo.script import App
from parley.demo.wire import Value

__all__ = ["CLIENT", "INTERNAL", "SERVER", "Dialect", "Sheet", "dump", "openai_message"]

INTERNAL = Span.SPAN_KIND_INTERNAL
SERVER = Span.SPAN_KIND_SERVER
CLIENT = Span.SPAN_KIND_CLIENT


class Sheet(Struct, frozen=True):
    """One span without ids and times."""

    name: str
    kind: Span.SpanKind.ValueType
    attributes: dict[str, Value]


class Dialect(Protocol):
    """MUST be free of state: the same piece of work gives the same sheet."""

    scope: tuple[str, str]
    says_ok: bool  # whether successful spans carry status OK or none

    def __init__(self, app: App, conversation: Conversation) -> None: ...
    def resource(self) -> dict[str, Value]:
        """Returns what the process says about itself."""
        ...

    def session(self) -> Sheet:
        """Returns the span around a whole conversation that is one trace."""
        ...

    def turn(self, turn: TurnPlay) -> Sheet:
        """Returns the root span of a turn."""
        ...

    def call(self, call: Call) -> Sheet:
        """Returns the span of one model call."""
        ...

    def tool(self, run: ToolRun) -> Sheet:
        """Returns the span of one tool run."""
        ...

    def retrieval(self, retrieval: Retrieval) -> Sheet:
        """Returns the span of one search for passages."""
        ...


def dump(value: object) -> str:
    """Returns JSON with human text unescaped."""
    return json.dumps(value, ensure_ascii=False)


def openai_message(said: Said) -> dict[str, object]:
    """Returns the message in the form of OpenAI's chat completions."""
    message: dict[str, object] = {"role": said.role}
    if said.text or not said.calls:
        message["content"] = said.text
    if said.calls:
        message["tool_calls"] = [
            {
                "id": call.call_id,
                "type": "function",
                "function": {"name": call.name, "arguments": dump(call.arguments)},
            }
            for call in said.calls
        ]
    if said.call_id:
        message["tool_call_id"] = said.call_id
    return message
