"""Small OTLP requests, as an instrumented chat application would send them."""

import json
import secrets
import time
from collections.abc import Sequence
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

MILLISECOND = 1_000_000


def make_span(
    *,
    trace_id: bytes | None = None,
    span_id: bytes | None = None,
    parent_id: bytes = b"",
    name: str = "chat gpt-4o",
    start_ns: int | None = None,
    duration_ms: int = 500,
    attributes: dict[str, Any] | None = None,
    error: str = "",
) -> Span:
    """Returns a span; what is not given is random or now."""
    start = time.time_ns() if start_ns is None else start_ns
    span = Span(
        trace_id=secrets.token_bytes(16) if trace_id is None else trace_id,
        span_id=secrets.token_bytes(8) if span_id is None else span_id,
        parent_span_id=parent_id,
        name=name,
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=start,
        end_time_unix_nano=start + duration_ms * MILLISECOND,
    )
    if error:
        span.status.CopyFrom(Status(code=Status.STATUS_CODE_ERROR, message=error))
    for key, value in (attributes or {}).items():
        set_attribute(span, key, value)
    return span


def set_attribute(span: Span, key: str, value: Any) -> None:
    """Adds an attribute of the type that the value has."""
    item = span.attributes.add(key=key)
    match value:
        case bool():
            item.value.bool_value = value
        case int():
            item.value.int_value = value
        case float():
            item.value.double_value = value
        case list():
            for text in value:
                item.value.array_value.values.add(string_value=text)
        case _:
            item.value.string_value = str(value)


def chat_attributes(
    session_id: str, said: Sequence[tuple[str, str]], answer: str, **more: Any
) -> dict[str, Any]:
    """Returns the attributes of one model call in today's GenAI conventions.

    `said` is the history with the question at its end, as (role, text).
    """
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.conversation.id": session_id,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        "gen_ai.input.messages": json.dumps([message(role, text) for role, text in said]),
        "gen_ai.output.messages": json.dumps(
            [message("assistant", answer) | {"finish_reason": "stop"}]
        ),
        **more,
    }


def message(role: str, text: str) -> dict[str, Any]:
    """Returns a message as the GenAI conventions write it."""
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def pack(*spans: Span, service: str = "tests") -> bytes:
    """Returns a request body with these spans."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.add(key="service.name").value.string_value = service
    group.scope_spans.add(spans=spans).scope.name = "tests"
    return request.SerializeToString()


def chat(session_id: str, question: str = "Hello?", answer: str = "Hi!", **more: Any) -> bytes:
    """Returns a request with one call that answers one question."""
    attributes = chat_attributes(session_id, [("user", question)], answer)
    return pack(make_span(attributes=attributes, **more))
