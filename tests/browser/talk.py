"""Conversations to look at."""

import json
import secrets
import time
from typing import Any

from tests.serving import Server
from tests.telemetry import MILLISECOND, chat_attributes, make_span, pack

SECOND = 1000 * MILLISECOND


def say(
    server: Server,
    session_id: str,
    *turns: tuple[str, str],
    seconds_ago: float = 600,
    duration_ms: int = 500,
    **more: Any,
) -> None:
    """Sends a conversation of questions and answers, one call each, five seconds apart."""
    history: list[tuple[str, str]] = []
    start = time.time_ns() - int(seconds_ago * SECOND)
    spans = []
    for place, (question, answer) in enumerate(turns):
        history.append(("user", question))
        spans.append(
            make_span(
                start_ns=start + place * 5 * SECOND,
                duration_ms=duration_ms,
                attributes=chat_attributes(session_id, history, answer, **more),
            )
        )
        history.append(("assistant", answer))
    send(server, pack(*spans))


def say_with_tools(server: Server, session_id: str, *, fails: bool = False) -> bytes:
    """Sends a turn of an agent that calls a tool; returns the trace id."""
    trace_id, agent, tool = secrets.token_bytes(16), secrets.token_bytes(8), secrets.token_bytes(8)
    start = time.time_ns() - 600 * SECOND
    call = {
        "role": "assistant",
        "parts": [{"type": "tool_call", "id": "c1", "name": "look_up", "arguments": {"order": 42}}],
        "finish_reason": "tool_call",
    }
    asked = chat_attributes(session_id, [("user", "Where is my order?")], "")
    asked["gen_ai.output.messages"] = json.dumps([call])
    result = {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": "c1", "response": {"state": "sent"}}],
    }
    told = [*json.loads(asked["gen_ai.input.messages"]), call, result]
    answered = chat_attributes(session_id, [], "It was sent.") | {
        "gen_ai.input.messages": json.dumps(told)
    }
    tool_span = make_span(
        trace_id=trace_id,
        span_id=tool,
        parent_id=agent,
        name="execute_tool look_up",
        start_ns=start + SECOND,
        attributes={
            "gen_ai.operation.name": "execute_tool",
            "gen_ai.tool.name": "look_up",
            "gen_ai.tool.call.arguments": '{"order": 42}',
        },
        error="the warehouse did not answer" if fails else "",
    )
    if fails:
        event = tool_span.events.add(name="exception", time_unix_nano=start + SECOND)
        for key, text in (
            ("exception.type", "WarehouseTimeout"),
            ("exception.message", "no answer in 30 s"),
            ("exception.stacktrace", "File warehouse.py, line 118"),
        ):
            event.attributes.add(key=key).value.string_value = text
    spans = [
        make_span(
            trace_id=trace_id,
            span_id=agent,
            name="invoke_agent helper",
            start_ns=start,
            duration_ms=4000,
            attributes={
                "gen_ai.operation.name": "invoke_agent",
                "gen_ai.agent.name": "helper",
                "gen_ai.conversation.id": session_id,
            },
            error="the warehouse did not answer" if fails else "",
        ),
        make_span(trace_id=trace_id, parent_id=agent, start_ns=start, attributes=asked),
        tool_span,
    ]
    if not fails:
        spans.append(
            make_span(
                trace_id=trace_id,
                parent_id=agent,
                start_ns=start + 2 * SECOND,
                attributes=answered,
            )
        )
    send(server, pack(*spans))
    return trace_id


def send(server: Server, body: bytes) -> None:
    """Sends spans and waits until they are in every answer."""
    assert server.post("/v1/traces", body).status_code == 200
    server.wait_derived()
