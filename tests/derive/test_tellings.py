"""A call is one call and a message one message, wherever and however often a client tells them."""

import json
from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from parley.query import read_spans
from tests.storing import Loading
from tests.telemetry import MILLISECOND, chat_attributes, make_span, pack, set_attribute

START = 1_790_000_000_000_000_000
TRACE = bytes(range(16))
ROOT, CALL, INNER = b"rootroot", b"callcall", b"innerinn"


def call(**more: Any) -> dict[str, Any]:
    """Attributes of a call that tells no words."""
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 20,
        **more,
    }


def span(
    span_id: bytes, parent: bytes, at_ms: int, attributes: dict[str, Any], **more: Any
) -> Span:
    return make_span(
        trace_id=TRACE,
        span_id=span_id,
        parent_id=parent,
        start_ns=START + at_ms * MILLISECOND,
        attributes=attributes,
        **more,
    )


def log(name: str, body: str, at_ms: int, span_id: bytes = CALL) -> bytes:
    request = ExportLogsServiceRequest()
    record = request.resource_logs.add().scope_logs.add().log_records.add()
    record.trace_id, record.span_id = TRACE, span_id
    record.time_unix_nano = START + at_ms * MILLISECOND
    record.attributes.add(key="event.name").value.string_value = name
    record.body.string_value = body
    return request.SerializeToString()


def only_session(loading: Loading) -> dict[str, Any]:
    result: dict[str, Any] = loading.result()  # type: ignore[assignment]
    assert list(result) == ["s1"]
    detail: dict[str, Any] = result["s1"][0]
    return detail


LOGS = [
    log("gen_ai.user.message", json.dumps({"role": "user", "content": "Hi"}), 2),
    log("gen_ai.choice", json.dumps({"message": {"role": "assistant", "content": "Ciao"}}), 3),
    log("app.unrelated", "a line of the application", 3),
]
SPANS = [pack(span(ROOT, b"", 0, {"session.id": "s1"}), span(CALL, ROOT, 1, call()))]


@pytest.mark.parametrize("order", ["spans first", "logs first", "derived between", "logs twice"])
def test_messages_in_log_records_join_in_any_order(order: str, loading: Loading) -> None:
    first, then = [("traces", SPANS), ("logs", LOGS)], []
    if order == "logs first":
        first.reverse()
    if order == "derived between":
        first, then = first[:1], first[1:]
    if order == "logs twice":
        then = [("logs", LOGS)]
    for kind, requests in first:
        loading.load(requests, kind)
    loading.derive()
    for kind, requests in then:
        loading.load(requests, kind)
    loading.derive()
    found = only_session(loading)
    assert (found["session"]["first_input"], found["session"]["last_output"]) == ("Hi", "Ciao")
    assert (found["session"]["turns"], found["session"]["llm_calls"]) == (1, 1)


def logs_of_one_millisecond(*told: tuple[str, str]) -> bytes:
    """One request whose records have one time, as from JavaScript."""
    whole = ExportLogsServiceRequest()
    for name, text in told:
        one = ExportLogsServiceRequest.FromString(log(name, json.dumps({"content": text}), 2))
        if not whole.resource_logs:
            whole.CopyFrom(one)
        else:
            records = one.resource_logs[0].scope_logs[0].log_records
            whole.resource_logs[0].scope_logs[0].log_records.extend(records)
    return whole.SerializeToString()


@pytest.mark.parametrize("times", [1, 2])
def test_log_records_of_one_time_are_in_the_order_of_their_request(
    times: int, loading: Loading
) -> None:
    """However often the request comes; and what was said twice in it was said twice."""
    said = ["Hi", "yes", "no", "yes", "yes", "maybe", "yes"]
    user, assistant = "gen_ai.user.message", "gen_ai.assistant.message"
    told = [(assistant if place % 2 else user, text) for place, text in enumerate(said)]
    loading.load([logs_of_one_millisecond(*told)] * times, "logs")
    loading.load(SPANS)
    loading.derive()
    result: dict[str, Any] = loading.result()  # type: ignore[assignment]
    turns = result["s1"][1]["turns"]
    assert [message["text"] for turn in turns for message in turn["messages"]] == said


def test_logs_alone_make_no_session(loading: Loading) -> None:
    loading.load(LOGS, "logs")
    loading.derive()
    assert loading.result_ids() == []


def test_messages_in_span_events(loading: Loading) -> None:
    talking = span(CALL, ROOT, 1, call())
    for name, key, text in (
        ("gen_ai.user.message", "content", "Hi"),
        ("gen_ai.choice", "message", "Ciao"),
    ):
        event = talking.events.add(name=name, time_unix_nano=START)
        event.attributes.add(key=key).value.string_value = json.dumps([{"text": text}])
    talking.events.add(name="gen_ai.content.completion.chunk", time_unix_nano=START)
    loading.load([pack(span(ROOT, b"", 0, {"session.id": "s1"}), talking)])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["first_input"], found["last_output"]) == ("Hi", "Ciao")


def test_a_second_tracer_below_adds_what_the_first_leaves_out(loading: Loading) -> None:
    words = chat_attributes("s1", [("user", "Hi")], "Ciao")
    told = {key: value for key, value in words.items() if "usage" not in key}
    loading.load([pack(span(CALL, b"", 0, told), span(INNER, CALL, 1, call()))])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["input_tokens"], found["turns"]) == (1, 100, 1)
    assert (found["first_input"], found["last_output"]) == ("Hi", "Ciao")


def test_two_silent_calls_below_one_that_talks_are_two_calls(loading: Loading) -> None:
    outer = chat_attributes("s1", [("user", "Hi")], "Ciao")
    inner = [span(bytes([n] * 8), CALL, n, call()) for n in (1, 2)]
    loading.load([pack(span(CALL, b"", 0, outer), *inner)])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["input_tokens"]) == (2, 200)


def test_an_attempt_that_failed_below_is_no_call_of_its_own(loading: Loading) -> None:
    outer = chat_attributes("s1", [("user", "Hi")], "Ciao")
    failed = span(bytes([1] * 8), CALL, 1, call(), error="429")
    loading.load([pack(span(CALL, b"", 0, outer), failed, span(INNER, CALL, 2, call()))])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["errors"], found["span_errors"]) == (1, 0, 1)


def test_a_streamed_call_told_at_its_start_and_end_is_one(loading: Loading) -> None:
    whole = chat_attributes("s1", [("user", "Hi")], "Ciao")
    begun = {k: v for k, v in whole.items() if "usage" not in k and "output" not in k}
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    loading.load([pack(root, span(CALL, ROOT, 1, begun), span(INNER, ROOT, 2, whole))])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["turns"], found["last_output"]) == (1, 1, "Ciao")


def test_a_failed_call_without_words_is_asked_of_the_agent_around_it(loading: Loading) -> None:
    asked = [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]
    agent = {"agent_name": "helper", "pydantic_ai.all_messages": json.dumps(asked)}
    loading.load(
        [
            pack(
                span(ROOT, b"", 0, {"session.id": "s1"}),
                span(INNER, ROOT, 1, agent),
                span(CALL, INNER, 2, {"gen_ai.operation.name": "chat"}, error="500"),
            )
        ]
    )
    loading.derive()
    found = only_session(loading)
    assert (found["turns"][0]["input"], found["session"]["errors"]) == ("Hi", 1)


def test_a_failure_told_by_an_attribute_is_one(loading: Loading) -> None:
    failed = span(CALL, b"", 0, chat_attributes("s1", [("user", "Hi")], ""))
    set_attribute(failed, "langfuse.observation.level", "ERROR")
    set_attribute(failed, "langfuse.observation.status_message", "429 too many")
    loading.load([pack(failed)])
    loading.derive()
    found = only_session(loading)
    assert found["session"]["errors"] == 1
    assert "429 too many" in found["turns"][0]["error"]


def test_a_failure_told_by_an_attribute_is_shown_at_its_span(loading: Loading) -> None:
    failed = span(CALL, b"", 0, chat_attributes("s1", [("user", "Hi")], ""))
    set_attribute(failed, "langfuse.observation.level", "ERROR")
    set_attribute(failed, "langfuse.observation.status_message", "429 too many")
    good = span(ROOT, b"", 0, chat_attributes("s1", [("user", "Hey")], "Ciao"))
    loading.load([pack(failed, good)])
    loading.derive()
    page = read_spans(loading.store, loading.project_id, "s1")
    assert page is not None
    told = {s.span_id: (s.status, s.failed, s.error) for tree in page.traces for s in tree.spans}
    assert told == {
        CALL.hex(): ("unset", True, "error: 429 too many"),
        ROOT.hex(): ("unset", False, ""),
    }


@pytest.mark.parametrize("size", [90_000, 150_000])
def test_values_inside_long_json_are_read(size: int, loading: Loading) -> None:
    """The view looks into short documents; derivation into those that are longer."""
    usage = {"prompt_tokens": 30, "completion_tokens": 4, "note": "x" * size}
    settings = {"model": "gpt-4o-mini", "tools": ["x" * size]}
    attributes = chat_attributes("s1", [("user", "Hi")], "Ciao")
    for name in list(attributes):
        if "usage" in name or "model" in name:
            del attributes[name]
    attributes["langfuse.observation.usage_details"] = json.dumps(usage)
    attributes["llm.invocation_parameters"] = json.dumps(settings)
    loading.load([pack(span(CALL, b"", 0, attributes))])
    loading.derive()
    found = only_session(loading)
    session = found["session"]
    assert (session["input_tokens"], session["output_tokens"]) == (30, 4)
    assert session["models"] == ["gpt-4o-mini"]


@pytest.mark.parametrize(("tokens", "calls"), [(20, 1), (None, 1), (7, 2)])
def test_one_response_told_by_two_tracers_is_one_call(
    tokens: int | None, calls: int, loading: Loading
) -> None:
    words = chat_attributes("s1", [("user", "Hi")], "Ciao", **{"gen_ai.response.id": "r1"})
    silent = {"gen_ai.operation.name": "chat", "gen_ai.response.id": "r1"}
    if tokens is not None:
        silent["gen_ai.usage.output_tokens"] = str(tokens)
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    loading.load([pack(root, span(INNER, ROOT, 1, silent), span(CALL, ROOT, 2, words))])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["last_output"]) == (calls, "Ciao")


def beside(at_ms: int, name: int, **more: Any) -> Span:
    """A silent span below the root, from `at_ms` to one millisecond later."""
    attributes = {key: value for key, value in call().items() if "usage" not in key}
    told = span(
        bytes([name] * 8), ROOT, at_ms, {**attributes, **more.pop("attributes", {})}, **more
    )
    told.end_time_unix_nano = told.start_time_unix_nano + MILLISECOND
    return told


def test_a_silent_span_beside_a_talking_one_and_within_its_time_is_its_echo(
    loading: Loading,
) -> None:
    """As OpenLLMetry's and Anthropic's own tracer tell one streamed call, which counts right."""
    words = chat_attributes("s1", [("user", "Hi")], "Ciao")
    words |= {"gen_ai.response.id": "r1", "gen_ai.usage.output_tokens": 7}
    echo = beside(2, 1, attributes={"gen_ai.response.id": "r1", "gen_ai.usage.output_tokens": 6})
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    loading.load([pack(root, span(CALL, ROOT, 1, words), echo)])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["output_tokens"], found["last_output"]) == (1, 6, "Ciao")


def test_the_echoes_of_a_failed_call_are_no_calls_of_their_own(loading: Loading) -> None:
    words = chat_attributes("s1", [("user", "Hi")], "")
    told = {key: value for key, value in words.items() if "usage" not in key}
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    echoes = [beside(2, 1, error="500"), beside(4, 2, error="500")]
    loading.load([pack(root, span(CALL, ROOT, 1, told, error="500"), *echoes)])
    loading.derive()
    found = only_session(loading)["session"]
    assert (found["llm_calls"], found["errors"], found["turns"]) == (1, 1, 1)


@pytest.mark.parametrize(
    "attributes",
    [{"gen_ai.response.id": "r2"}, {"gen_ai.request.model": "gpt-4o-mini"}],
)
def test_another_call_within_the_time_of_a_talking_one_is_a_call(
    attributes: dict[str, str], loading: Loading
) -> None:
    words = chat_attributes("s1", [("user", "Hi")], "Ciao", **{"gen_ai.response.id": "r1"})
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    loading.load([pack(root, span(CALL, ROOT, 1, words), beside(2, 1, attributes=attributes))])
    loading.derive()
    assert only_session(loading)["session"]["llm_calls"] == 2


def test_one_call_has_one_echo_that_went_well(loading: Loading) -> None:
    words = chat_attributes("s1", [("user", "Hi")], "Ciao")
    root = span(ROOT, b"", 0, {"session.id": "s1"})
    loading.load([pack(root, span(CALL, ROOT, 1, words), beside(2, 1), beside(4, 2))])
    loading.derive()
    assert only_session(loading)["session"]["llm_calls"] == 2
