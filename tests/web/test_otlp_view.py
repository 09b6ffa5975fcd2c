"""A span as OTLP/JSON is what OTLP's own reader reads."""

import json
import shlex

from msgspec.structs import replace
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.model import SpanEvent, SpanLink
from parley.receive import json_traces
from parley.web.otlp_view import RAW_MAX, Sender, curl_of, otlp_of
from tests.web.samples import START_NS, make_span

SENDER = Sender(address="http://127.0.0.1:4318", project="it's", needs_token=True)
SPAN = make_span(
    "chat",
    "b" * 16,
    "a" * 16,
    status="error",
    status_message="gave up",
    scope_name="my scope",
    scope_version="1.2",
    attributes={
        "text": "it's “so”",
        "count": 2**53 + 1,
        "share": 0.5,
        "no number": float("nan"),
        "yes": True,
        "list": [1, "two", [3.0]],
        "map": {"deep": {"er": False}},
        "nothing": None,
    },
    resource={"service.name": "shop"},
    events=[SpanEvent(time_ns=START_NS, name="exception", attributes={"n": 1})],
    links=[SpanLink(trace_id="c" * 32, span_id="d" * 16, attributes={})],
)


def test_the_receiver_reads_the_span_that_is_shown() -> None:
    read = ExportTraceServiceRequest.FromString(json_traces(otlp_of(SPAN).encode()).body)
    found = read.resource_spans[0].scope_spans[0]
    assert (found.scope.name, found.scope.version) == ("my scope", "1.2")
    span = found.spans[0]
    assert (span.trace_id.hex(), span.parent_span_id.hex()) == ("a" * 32, "a" * 16)
    assert (span.status.code, span.status.message) == (2, "gave up")
    values = {item.key: item.value for item in span.attributes}
    assert values["count"].int_value == 2**53 + 1
    assert values["no number"].double_value != values["no number"].double_value
    assert values["list"].array_value.values[2].array_value.values[0].double_value == 3
    assert values["map"].kvlist_value.values[0].value.kvlist_value.values[0].key == "er"
    assert values["nothing"].WhichOneof("value") is None
    assert span.events[0].name == "exception"
    assert span.links[0].trace_id.hex() == "c" * 32


def test_a_shell_reads_the_command_as_it_was_meant() -> None:
    raw = otlp_of(SPAN)
    command = curl_of(raw, SENDER).replace("\\\n", " ")
    words = shlex.split(command)
    assert words[:3] == ["curl", "--fail", "http://127.0.0.1:4318/v1/traces"]
    assert "x-parley-project: it's" in words
    assert json.loads(words[-1])["resourceSpans"] == json.loads(raw)["resourceSpans"]


def test_a_span_too_long_for_a_page_is_not_shown_raw() -> None:
    assert otlp_of(replace(SPAN, attributes={"text": "x" * RAW_MAX})) == ""
