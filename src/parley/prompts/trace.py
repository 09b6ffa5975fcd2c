"""What a run leaves behind: a trace in OpenTelemetry's words, as any client would send it."""

import base64
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from parley.conventions import LoadedPart
from parley.model import Message, Part, Prompt, VersionRef
from parley.prompts.models import Answered

__all__ = ["Caller", "Told", "run_trace"]

SCOPE = "parley.prompts"
PROMPT_VERSION = "prompt_version"  # the metadata by which Analytics compares versions
WAITED = "parley.run.waited_seconds"  # for other runs to end, before the model was asked
PROVIDER_NAMES = {"google": "gcp.gemini", "mistral": "mistral_ai"}  # OpenTelemetry's words


class Caller(Struct, frozen=True):
    """The span within which a run was asked for; ids in hex, parent "" for none."""

    trace_id: str
    parent_id: str = ""

    @classmethod
    def fresh(cls) -> "Caller":
        """Returns a trace of its own."""
        return cls(secrets.token_hex(16))


class Told(Struct, frozen=True, kw_only=True):
    """All that is known of a run once it is over. error "": it went well; times in nanoseconds."""

    caller: Caller
    span_id: str
    session_id: str
    metadata: Mapping[str, Any]
    ref: VersionRef | None
    environment: str
    prompt: Prompt
    messages: list[Message]
    answered: Answered | None
    said: str
    error: str
    error_type: str
    started_ns: int
    called_ns: int
    first_ns: int | None
    ended_ns: int
    waited_seconds: float


def run_trace(told: Told) -> bytes:
    """Returns the OTLP request of a run: a workflow span, in it the model's call."""
    request = ExportTraceServiceRequest()
    group = request.resource_spans.add()
    group.resource.attributes.append(key_value("service.name", "parley"))
    scope = group.scope_spans.add()
    scope.scope.name = SCOPE
    root = scope.spans.add(
        trace_id=bytes.fromhex(told.caller.trace_id),
        span_id=bytes.fromhex(told.span_id),
        parent_span_id=bytes.fromhex(told.caller.parent_id),
        name=f"chat run {told.ref.application}" if told.ref else "chat run",
        kind=Span.SPAN_KIND_SERVER,
        start_time_unix_nano=told.started_ns,
        end_time_unix_nano=told.ended_ns,
        attributes=attributes_of(
            {
                "ag.type.span": "workflow",
                WAITED: round(told.waited_seconds, 3) or None,
                **shared(told),
            }
        ),
    )
    provider, _, model = told.prompt.model.partition(":")
    call = scope.spans.add(
        trace_id=root.trace_id,
        span_id=secrets.token_bytes(8),
        parent_span_id=root.span_id,
        name=f"chat {model}",
        kind=Span.SPAN_KIND_CLIENT,
        start_time_unix_nano=told.called_ns,
        end_time_unix_nano=told.ended_ns,
        attributes=attributes_of({**shared(told), **call_attributes(told, provider, model)}),
    )
    if told.error:
        for span in (root, call):
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = told.error
            span.attributes.append(key_value("error.type", told.error_type))
    return request.SerializeToString()


def shared(told: Told) -> dict[str, Any]:
    """Returns what both spans say: the session, what was run, the caller's metadata."""
    found: dict[str, Any] = {"ag.session.id": told.session_id}
    if told.ref:
        found["ag.refs.application.slug"] = told.ref.application
        found["ag.refs.variant.slug"] = told.ref.variant
        found["ag.refs.variant.version"] = told.ref.version
        found[f"ag.meta.{PROMPT_VERSION}"] = prompt_version(told.ref)
    if told.environment:
        found["ag.refs.environment.slug"] = told.environment
    for name, value in told.metadata.items():
        key = name if name.startswith("ag.") else f"ag.meta.{name}"
        found.setdefault(key, value)
    return found


def prompt_version(ref: VersionRef) -> str:
    """Returns the version as one word: `support/default/3`."""
    return f"{ref.application}/{ref.variant}/{ref.version}"


def call_attributes(told: Told, provider: str, model: str) -> dict[str, Any]:
    """Returns the model's call in the GenAI conventions."""
    given = told.prompt.parameters
    found: dict[str, Any] = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": PROVIDER_NAMES.get(provider, provider),
        "gen_ai.request.model": model,
        "gen_ai.input.messages": messages_json(told.messages),
        **{
            f"gen_ai.request.{name}": given[name]
            for name in ("temperature", "top_p", "max_tokens", "seed")
            if name in given
        },
    }
    if told.prompt.tools:
        found["gen_ai.tool.definitions"] = msgspec.json.encode(told.prompt.tools).decode()
    answer = told.answered
    parts = answer.parts if answer else [Part(kind="text", text=told.said)] if told.said else []
    if parts:
        message = Message(role="assistant", text="", parts=parts)
        found["gen_ai.output.messages"] = messages_json([message])
    if answer:
        found["gen_ai.response.model"] = answer.model
        found["gen_ai.response.id"] = answer.response_id
        found["gen_ai.response.finish_reasons"] = [
            answer.finish_reason or answer.stopped_by or "stop"
        ]
        if answer.has_usage:
            found["gen_ai.usage.input_tokens"] = answer.tokens.input
            found["gen_ai.usage.output_tokens"] = answer.tokens.output
            found["gen_ai.usage.cache_read.input_tokens"] = answer.tokens.cached
            found["gen_ai.usage.cache_creation.input_tokens"] = answer.tokens.written
            found["gen_ai.usage.reasoning.output_tokens"] = answer.tokens.reasoning
    if told.first_ns is not None:
        found["gen_ai.response.time_to_first_chunk"] = (told.first_ns - told.called_ns) / 1e9
    return found


def messages_json(messages: list[Message]) -> str:
    """Returns messages in the form of the GenAI conventions."""
    return msgspec.json.encode(
        [{"role": m.role, "parts": [part_json(part) for part in m.parts]} for m in messages]
    ).decode()


def part_json(part: Part) -> dict[str, Any]:
    """Returns a part in the form of the GenAI conventions."""
    match part.kind:
        case "tool_call":
            try:
                arguments: Any = msgspec.json.decode(part.arguments or "{}")
            except msgspec.MsgspecError:
                arguments = part.arguments
            head = {"type": "tool_call", "id": part.call_id, "name": part.name}
            return {**head, "arguments": arguments}
        case "tool_result":
            return {"type": "tool_call_response", "id": part.call_id, "response": part.text}
        case "media":
            return media_json(part)
        case kind:
            return {"type": kind, "content": part.text}


def media_json(part: Part) -> dict[str, Any]:
    """Returns a file in the form of the GenAI conventions: its data, or its address."""
    head: dict[str, Any] = {"modality": part.media_type.partition("/")[0]}
    if "/" in part.media_type:
        head["mime_type"] = part.media_type
    if part.name:
        head["name"] = part.name
    if isinstance(part, LoadedPart):
        return {"type": "blob", **head, "content": base64.b64encode(part.data).decode()}
    return {"type": "uri", **head, "uri": part.uri}


def attributes_of(values: Mapping[str, Any]) -> list[KeyValue]:
    """Returns attributes; None and "" are left out."""
    return [key_value(key, value) for key, value in values.items() if value not in (None, "")]


def key_value(key: str, value: Any) -> KeyValue:
    """Returns an attribute; what is no scalar and no list of texts stands as JSON."""
    found = KeyValue(key=key)
    match value:
        case bool():
            found.value.bool_value = value
        case int() if -(2**63) <= value < 2**63:
            found.value.int_value = value
        case float():
            found.value.double_value = value
        case str():
            found.value.string_value = value
        case [*items] if all(isinstance(item, str) for item in items):
            for item in items:
                found.value.array_value.values.add(string_value=item)
        case _:
            found.value.string_value = msgspec.json.encode(value).decode()
    return found
