"""One recorded conversation, told as other clients would tell it, gives the same sessions."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status

from parley.conventions.values import plain
from parley.receive import canonical_logs, canonical_traces
from tests.storing import Loading, recorded
from tests.telemetry import set_attribute

CLIENT = "otel-py-genai-gzip"
FACTS = (
    "turns",
    "llm_calls",
    "tool_calls",
    "errors",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
    "models",
    "users",
)
Logs = ExportLogsServiceRequest


def any_value(value: Any) -> AnyValue:
    found = AnyValue()
    match value:
        case dict():
            found.kvlist_value.SetInParent()
            for key, item in value.items():
                found.kvlist_value.values.add(key=key).value.CopyFrom(any_value(item))
        case list():
            found.array_value.SetInParent()
            found.array_value.values.extend(any_value(item) for item in value)
        case int():
            found.int_value = value
        case _:
            found.string_value = str(value)
    return found


class Call:
    """One recorded call: its attributes taken off the span, its messages in OpenAI's form."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.attributes = {item.key: plain(item.value) for item in span.attributes}
        del span.attributes[:]
        taken = self.attributes.pop
        self.system = [
            {"role": "system", "content": part["content"]}
            for part in json.loads(taken("gen_ai.system_instructions", "[]"))
        ]
        self.inputs = [openai(m) for m in json.loads(taken("gen_ai.input.messages"))]
        self.outputs = [openai(m) for m in json.loads(taken("gen_ai.output.messages", "[]"))]

    @property
    def is_llm(self) -> bool:
        return bool(self.attributes["gen_ai.operation.name"] == "chat")

    def keep(self) -> None:
        """Puts back the attributes that are no messages."""
        for key, value in self.attributes.items():
            set_attribute(self.span, key, value)

    def count(self, name: str) -> int:
        return int(self.attributes.get(f"gen_ai.usage.{name}", 0))


def openai(message: dict[str, Any]) -> dict[str, Any]:
    """Returns a message of GenAI parts as OpenAI writes it."""
    found: dict[str, Any] = {"role": message["role"]}
    for part in message["parts"]:
        if part["type"] == "text":
            found["content"] = part["content"]
        elif part["type"] == "tool_call":
            arguments = part["arguments"]
            text = arguments if isinstance(arguments, str) else json.dumps(arguments)
            function = {"name": part["name"], "arguments": text}
            found.setdefault("tool_calls", []).append(
                {"id": part["id"], "type": "function", "function": function}
            )
        else:
            answer = part.get("response", part.get("result"))
            found |= {"content": answer if isinstance(answer, str) else json.dumps(answer)}
            found["id"] = part["id"]
    return found


def blocks(message: dict[str, Any]) -> str:
    """Returns a message as Bedrock's content blocks, in JSON."""
    if "id" in message:
        content = [{"text": message["content"]}]
        return json.dumps([{"toolResult": {"toolUseId": message["id"], "content": content}}])
    found: list[dict[str, Any]] = [{"text": message["content"]}] if message.get("content") else []
    for call in message.get("tool_calls", []):
        function = call["function"]
        use = {"toolUseId": call["id"], "name": function["name"]}
        found.append({"toolUse": use | {"input": json.loads(function["arguments"])}})
    return json.dumps(found)


def as_strands(call: Call, logs: Logs) -> None:
    call.keep()
    for message in call.system + call.inputs:
        event = call.span.events.add(name=f"gen_ai.{message['role']}.message")
        event.attributes.add(key="content").value.string_value = blocks(message)
    for message in call.outputs:
        event = call.span.events.add(name="gen_ai.choice")
        event.attributes.add(key="message").value.string_value = blocks(message)


def records(call: Call, logs: Logs, body: Callable[[dict[str, Any]], AnyValue]) -> None:
    call.keep()
    group = logs.resource_logs.add().scope_logs.add()
    told = [(f"gen_ai.{m['role']}.message", m) for m in call.system + call.inputs]
    told += [("gen_ai.choice", {"index": 0, "message": m}) for m in call.outputs]
    for place, (name, message) in enumerate(told):
        record = group.log_records.add(trace_id=call.span.trace_id, span_id=call.span.span_id)
        record.time_unix_nano = call.span.start_time_unix_nano + place
        record.attributes.add(key="event.name").value.string_value = name
        record.body.CopyFrom(body(message))
    group.log_records.add(trace_id=call.span.trace_id).body.string_value = "a line of the app"


def as_structured_logs(call: Call, logs: Logs) -> None:
    records(call, logs, any_value)


def as_json_logs(call: Call, logs: Logs) -> None:
    records(call, logs, lambda message: AnyValue(string_value=json.dumps(message)))


def as_langfuse_js(call: Call, logs: Logs) -> None:
    cached, reasoning = call.count("cache_read.input_tokens"), call.count("reasoning.output_tokens")
    usage = {
        "input": call.count("input_tokens") - cached,
        "output": call.count("output_tokens") - reasoning,
        "input_cached_tokens": cached,
        "output_reasoning_tokens": reasoning,
    }
    put = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.input": json.dumps({"messages": call.system + call.inputs}),
        "langfuse.observation.model.name": call.attributes["gen_ai.request.model"],
    }
    if call.outputs:
        put["langfuse.observation.output"] = json.dumps(call.outputs[0])
        put["langfuse.observation.usage_details"] = json.dumps(usage)
    if call.span.status.code == Status.STATUS_CODE_ERROR:
        put["langfuse.observation.level"] = "ERROR"
        put["langfuse.observation.status_message"] = call.span.status.message or "failed"
        call.span.ClearField("status")
        del call.span.events[:]
    session = {k: v for k, v in call.attributes.items() if not k.startswith("gen_ai.")}
    for key, value in (put | session).items():
        set_attribute(call.span, key, value)


def as_mlflow(call: Call, logs: Logs) -> None:
    put: dict[str, Any] = {
        "mlflow.spanType": "CHAT_MODEL",
        "mlflow.spanInputs": {"messages": call.system + call.inputs, "model": "gpt-4o-mini"},
        "mlflow.llm.model": call.attributes["gen_ai.request.model"],
    }
    if call.outputs:
        put["mlflow.spanOutputs"] = {"choices": [{"index": 0, "message": call.outputs[0]}]}
        put["mlflow.chat.tokenUsage"] = {
            "input_tokens": call.count("input_tokens"),
            "output_tokens": call.count("output_tokens"),
            "cache_read_input_tokens": call.count("cache_read.input_tokens"),
        }
    for key, value in call.attributes.items():
        if not key.startswith("gen_ai."):
            set_attribute(call.span, key, value)
    for key, value in put.items():
        set_attribute(call.span, key, json.dumps(value))


def as_openai_messages(call: Call, logs: Logs) -> None:
    call.keep()
    set_attribute(call.span, "gen_ai.input.messages", json.dumps(call.system + call.inputs))
    if call.outputs:
        choices = [{"index": 0, "message": message} for message in call.outputs]
        set_attribute(call.span, "gen_ai.output.messages", json.dumps(choices))


def retold(tell: Callable[[Call, Logs], None]) -> tuple[list[bytes], bytes]:
    """Returns the recorded traces and their logs as another client would have sent them."""
    logs = Logs()
    bodies = []
    for _, body in recorded(CLIENT):
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                for span in scope.spans:
                    if any(item.key == "gen_ai.input.messages" for item in span.attributes):
                        call = Call(span)
                        if call.is_llm:
                            tell(call, logs)
                        else:
                            call.keep()
        bodies.append(canonical_traces(request.SerializeToString())[0])
    return bodies, canonical_logs(logs.SerializeToString())[0]


def told(loading: Loading) -> dict[str, Any]:
    """Returns what matters of every session."""
    found = {}
    for session_id, (detail, _) in loading.result().items():  # type: ignore[misc]
        facts = {name: detail["session"][name] for name in FACTS}
        turns = [(turn["input"], turn["output"], bool(turn["error"])) for turn in detail["turns"]]
        found[session_id] = (facts, turns)
    return found


LOST = {as_mlflow: ("reasoning_tokens",)}  # which MLflow does not send


@pytest.mark.parametrize(
    "tell",
    [
        as_strands,
        as_structured_logs,
        as_json_logs,
        as_langfuse_js,
        as_mlflow,
        as_openai_messages,
    ],
)
def test_a_conversation_is_the_same_in_every_dialect(
    tell: Callable[[Call, Logs], None], loading: Loading
) -> None:
    original = Loading(loading.store, loading.folder)
    original.load([body for _, body in recorded(CLIENT)])
    original.derive()
    want = told(original)
    assert want
    traces, logs = retold(tell)
    loading.load(traces)
    loading.load([logs], "logs")
    loading.derive()
    got = told(loading)
    for facts, _ in [*want.values(), *got.values()]:
        for name in LOST.get(tell, ()):
            del facts[name]
        facts["models"] = facts["models"][:1]
    assert got == want
