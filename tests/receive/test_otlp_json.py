"""OTLP/JSON: both dialects, both spellings, and one bad span never costs another."""

import json
import math

import pytest
from google.protobuf.json_format import MessageToDict
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.receive import BadBody, canonical_logs, canonical_traces, json_logs, json_traces
from parley.receive.json import json_data_points

TRACE_ID = "5b8efff798038103d269b633813fc60c"
SPAN_ID = "eee19b7ec3c1b174"


def request_with(*spans, **scope):
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": list(spans), **scope}]}]})


def spans_of(text):
    """Returns the spans of a request that is good throughout."""
    result = json_traces(text.encode())
    assert (result.rejected, result.problems) == (0, "")
    request = ExportTraceServiceRequest.FromString(result.body)
    found = [s for r in request.resource_spans for c in r.scope_spans for s in c.spans]
    assert len(found) == result.accepted
    return found


def value_of(value):
    (span,) = spans_of(request_with({"attributes": [{"key": "k", "value": value}]}))
    return span.attributes[0].value


FULL_SPAN = {
    "traceId": TRACE_ID,
    "spanId": SPAN_ID,
    "parentSpanId": "eee19b7ec3c1b173",
    "traceState": "a=b",
    "flags": 257,
    "name": "chat",
    "kind": 3,
    "startTimeUnixNano": "1795340013700274129",
    "endTimeUnixNano": "1795340013771299837",
    "attributes": [{"key": "model", "value": {"stringValue": "gpt"}}],
    "droppedAttributesCount": 1,
    "events": [
        {
            "timeUnixNano": "1795340013700274130",
            "name": "exception",
            "attributes": [{"key": "k", "value": {"intValue": "1"}}],
            "droppedAttributesCount": 2,
        }
    ],
    "droppedEventsCount": 3,
    "links": [
        {
            "traceId": TRACE_ID,
            "spanId": SPAN_ID,
            "traceState": "c=d",
            "attributes": [{"key": "k", "value": {"boolValue": False}}],
            "droppedAttributesCount": 4,
            "flags": 1,
        }
    ],
    "droppedLinksCount": 5,
    "status": {"code": 2, "message": "boom"},
}
FULL_RESOURCE = {
    "attributes": [{"key": "service.name", "value": {"stringValue": "shop"}}],
    "droppedAttributesCount": 6,
    "entityRefs": [
        {"type": "service", "schemaUrl": "u", "idKeys": ["a"], "descriptionKeys": ["b"]}
    ],
}
FULL_SCOPE = {
    "name": "acme",
    "version": "1",
    "attributes": [{"key": "k", "value": {"stringValue": "v"}}],
    "droppedAttributesCount": 7,
}
FULL_TRACES = {
    "resourceSpans": [
        {
            "resource": FULL_RESOURCE,
            "schemaUrl": "r",
            "scopeSpans": [{"scope": FULL_SCOPE, "schemaUrl": "s", "spans": [FULL_SPAN]}],
        }
    ]
}
FULL_LOGS = {
    "resourceLogs": [
        {
            "resource": FULL_RESOURCE,
            "schemaUrl": "r",
            "scopeLogs": [
                {
                    "scope": FULL_SCOPE,
                    "schemaUrl": "s",
                    "logRecords": [
                        {
                            "timeUnixNano": "1",
                            "observedTimeUnixNano": "2",
                            "severityNumber": 9,
                            "severityText": "INFO",
                            "body": {"stringValue": "text"},
                            "attributes": [{"key": "k", "value": {"stringValue": "v"}}],
                            "droppedAttributesCount": 3,
                            "flags": 1,
                            "traceId": TRACE_ID,
                            "spanId": SPAN_ID,
                            "eventName": "gen_ai.choice",
                        }
                    ],
                }
            ],
        }
    ]
}


def snake(node):
    """Returns the same tree with snake_case names."""
    if isinstance(node, list):
        return [snake(item) for item in node]
    if isinstance(node, dict):
        return {
            "".join(f"_{c.lower()}" if c.isupper() else c for c in key): snake(value)
            for key, value in node.items()
        }
    return node


def every_field(message):
    """Fails unless every field of the message, and of those in it, is set."""
    for descriptor in message.DESCRIPTOR.fields:
        if descriptor.name.endswith("_strindex"):
            continue  # profiles only
        if descriptor.containing_oneof is None:
            assert any(f.name == descriptor.name for f, _ in message.ListFields()), descriptor
    for descriptor, value in message.ListFields():
        if descriptor.message_type and descriptor.message_type.name != "AnyValue":
            for item in value if descriptor.is_repeated else [value]:
                every_field(item)


@pytest.mark.parametrize(
    ("convert", "official", "tree"),
    [
        (json_traces, ExportTraceServiceRequest, FULL_TRACES),
        (json_logs, ExportLogsServiceRequest, FULL_LOGS),
    ],
)
def test_no_field_of_otlp_is_lost_in_either_spelling(convert, official, tree):
    camel = convert(json.dumps(tree).encode())
    assert camel.accepted == 1
    assert convert(json.dumps(snake(tree)).encode()) == camel
    request = official.FromString(camel.body)
    every_field(request)
    plain = MessageToDict(request)
    again = json.loads(json.dumps(tree).replace(TRACE_ID, "W47/95gDgQPSabYzgT/GDA=="))
    text = (
        json.dumps(again)
        .replace(SPAN_ID, "7uGbfsPBsXQ=")
        .replace("eee19b7ec3c1b173", "7uGbfsPBsXM=")
    )
    names = {3: "SPAN_KIND_CLIENT"}
    expected = json.loads(text)
    for resource in expected.get("resourceSpans", []):
        span = resource["scopeSpans"][0]["spans"][0]
        span["kind"] = names[span["kind"]]
        span["status"]["code"] = "STATUS_CODE_ERROR"
    for resource in expected.get("resourceLogs", []):
        resource["scopeLogs"][0]["logRecords"][0]["severityNumber"] = "SEVERITY_NUMBER_INFO"
    assert plain == expected


def test_the_bytes_are_those_of_the_protobuf_way(recorded):
    seen = 0
    for name, meta, body in recorded:
        if meta["headers"]["content-type"] == "application/json":
            result = json_traces(body)
            assert canonical_traces(result.body) == (result.body, result.accepted), name
            assert result.rejected == 0, name
            seen += result.accepted
    assert seen == 84
    logs = json_logs(json.dumps(FULL_LOGS).encode())
    assert canonical_logs(logs.body) == (logs.body, 1)


@pytest.mark.parametrize(
    ("value", "field", "expected"),
    [
        ({"stringValue": ""}, "string_value", ""),
        ({"stringValue": "a\x00😀"}, "string_value", "a\x00😀"),
        ({"intValue": 5}, "int_value", 5),
        ({"intValue": "-9223372036854775808"}, "int_value", -(1 << 63)),
        ({"intValue": 9223372036854775807}, "int_value", (1 << 63) - 1),
        ({"intValue": 0}, "int_value", 0),
        ({"intValue": 1e3}, "int_value", 1000),
        ({"doubleValue": 1}, "double_value", 1.0),
        ({"doubleValue": "1.5"}, "double_value", 1.5),
        ({"doubleValue": "-Infinity"}, "double_value", -math.inf),
        ({"boolValue": False}, "bool_value", False),
        ({"bytesValue": "/+8="}, "bytes_value", b"\xff\xef"),
        ({"bytesValue": "_-8"}, "bytes_value", b"\xff\xef"),
        ({"bytesValue": ""}, "bytes_value", b""),
        ({"string_value": "x"}, "string_value", "x"),
        ({"int_value": "7"}, "int_value", 7),
        ({"stringValue": None, "intValue": "7"}, "int_value", 7),
    ],
)
def test_values(value, field, expected):
    found = value_of(value)
    assert found.WhichOneof("value") == field
    assert getattr(found, field) == expected


def test_not_a_number_is_a_double():
    assert math.isnan(value_of({"doubleValue": "NaN"}).double_value)


def test_nested_values_and_empty_ones():
    found = value_of(
        {
            "kvlistValue": {
                "values": [
                    {"key": "a", "value": {"arrayValue": {"values": [{"intValue": 1}, {}]}}},
                    {"key": "b"},
                ]
            }
        }
    )
    pairs = found.kvlist_value.values
    assert [item.WhichOneof("value") for item in pairs[0].value.array_value.values] == [
        "int_value",
        None,
    ]
    assert not pairs[1].HasField("value")
    assert value_of({}).WhichOneof("value") is None
    assert value_of({"arrayValue": {}}).WhichOneof("value") == "array_value"


def test_numbers_as_floats_and_enums_as_names():
    (span,) = spans_of(
        request_with(
            {
                "kind": "SPAN_KIND_SERVER",
                "status": {"code": "STATUS_CODE_ERROR"},
                "startTimeUnixNano": 1.7e18,
                "endTimeUnixNano": 1795340013771299837,
            }
        )
    )
    assert (span.kind, span.status.code) == (2, 2)
    assert span.start_time_unix_nano == 1_700_000_000_000_000_000
    assert span.end_time_unix_nano == 1_795_340_013_771_299_837


def test_nulls_and_unknown_fields_are_no_problem():
    (span,) = spans_of(
        request_with(
            {"traceId": None, "events": None, "attributes": None, "kind": None, "future": [1]},
            scope=None,
        )
    )
    assert not span.ListFields()


@pytest.mark.parametrize("given", ["00" * 16, "ab", "AB" * 16, "ab" * 40, ""])
def test_ids_of_any_length_are_accepted_while_they_are_hex(given):
    (span,) = spans_of(request_with({"traceId": given, "spanId": given}))
    assert span.trace_id == span.span_id == bytes.fromhex(given)


@pytest.mark.parametrize(
    ("span", "path"),
    [
        ({"traceId": "xyz"}, "traceId: expected hex digits, got 'xyz'"),
        ({"traceId": 5}, "traceId: expected"),
        ({"spanId": "abc"}, "spanId: expected hex"),
        ({"parentSpanId": "é"}, "parentSpanId: expected hex"),
        ({"startTimeUnixNano": "soon"}, "startTimeUnixNano: expected an integer"),
        ({"endTimeUnixNano": -1}, "endTimeUnixNano: expected 0 to"),
        ({"endTimeUnixNano": 1.5}, "endTimeUnixNano: expected an integer"),
        ({"kind": "SPAN_KIND_ODD"}, "kind: expected a number or one of SPAN_KIND_UNSPECIFIED"),
        ({"kind": 1 << 40}, "kind: expected -2147483648 to"),
        ({"flags": -1}, "flags: expected 0 to"),
        ({"status": {"code": "BAD"}}, "status.code: expected a number"),
        ({"name": 7}, "name: expected"),
        ({"links": [{}, {"spanId": "x"}]}, "links[1].spanId: expected hex"),
        ({"events": [{"timeUnixNano": "x"}]}, "events[0].timeUnixNano: expected"),
        (
            {"attributes": [{"key": "a"}, {"key": "b", "value": {"intValue": "1.5"}}]},
            "attributes[1].value.intValue: expected an integer",
        ),
        (
            {"attributes": [{"key": "a", "value": {"intValue": 1 << 63}}]},
            "attributes[0].value.intValue: expected -9223372036854775808 to",
        ),
        ({"attributes": [{"value": {"doubleValue": "x"}}]}, "attributes[0].value.doubleValue: "),
        ({"attributes": [{"value": {"bytesValue": "!"}}]}, "attributes[0].value.bytesValue: "),
        (
            {"attributes": [{"value": {"arrayValue": {"values": [{"intValue": "x"}]}}}]},
            "attributes[0].value.arrayValue.values[0].intValue: expected",
        ),
        ("text", ": expected"),
        (None, ": expected"),
    ],
)
def test_a_bad_span_is_named_and_costs_no_other(span, path):
    text = request_with({"name": "good"}, {"name": "fine"}, span, {"name": "last"})
    result = json_traces(text.encode())
    request = ExportTraceServiceRequest.FromString(result.body)
    names = [item.name for item in request.resource_spans[0].scope_spans[0].spans]
    assert names == ["good", "fine", "last"]
    assert (result.accepted, result.rejected) == (3, 1)
    assert result.problems.startswith("resourceSpans[0].scopeSpans[0].spans[2]")
    assert path in result.problems
    with pytest.raises(BadBody, match=r"resourceSpans\[0\]\.scopeSpans\[0\]\.spans\[0\]"):
        json_traces(request_with(span).encode())


def test_a_bad_resource_or_scope_costs_its_own_spans_only():
    good = {"scopeSpans": [{"spans": [{"name": "good"}]}]}
    bad_resource = {
        "resource": {"attributes": [{"key": 5}]},
        "scopeSpans": [{"spans": [{}, {}]}, {"spans": [{}]}],
    }
    bad_scope = {"scopeSpans": [{"scope": {"name": []}, "spans": [{}]}, *good["scopeSpans"]]}
    tree = {"resourceSpans": [good, bad_resource, bad_scope, {"scopeSpans": 5}]}
    result = json_traces(json.dumps(tree).encode())
    assert (result.accepted, result.rejected) == (2, 5)
    assert "resourceSpans[1].resource" in result.problems
    assert "resourceSpans[2].scopeSpans[0].scope" in result.problems
    assert "resourceSpans[3].scopeSpans" in result.problems
    assert canonical_traces(result.body) == (result.body, 2)


def test_a_bad_log_record_is_named():
    tree = {"resourceLogs": [{"scopeLogs": [{"logRecords": [{"severityNumber": "LOUD"}, {}]}]}]}
    result = json_logs(json.dumps(tree).encode())
    assert (result.accepted, result.rejected) == (1, 1)
    assert "resourceLogs[0].scopeLogs[0].logRecords[0].severityNumber" in result.problems


def test_many_problems_are_named_in_part():
    result = json_traces(request_with({}, *[{"traceId": "x"}] * 20).encode())
    assert result.rejected == 20
    assert result.problems.endswith("; and 15 more")
    assert result.problems.count("traceId") == 5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (rb"half \ud83d", "half \ufffd"),
        (rb"\ude00 half", "\ufffd half"),
        (rb"\ud83d\ude00 whole \ud83d", "😀 whole \ufffd"),
        (rb"\ud83dx\ud83d\ude00", "\ufffdx😀"),
        (rb"\\ud83d is text \ud83d", "\\ud83d is text \ufffd"),
        (b"bad \xff\xfe utf-8", "bad \ufffd\ufffd utf-8"),
        (b"\xed\xa0\xbd", "\ufffd\ufffd\ufffd"),
    ],
)
def test_text_that_is_no_unicode_costs_a_character_and_no_span(text, expected):
    body = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"%s"},{}]}]}]}' % text
    result = json_traces(body)
    assert (result.accepted, result.rejected) == (2, 0)
    request = ExportTraceServiceRequest.FromString(result.body)
    assert request.resource_spans[0].scope_spans[0].spans[0].name == expected


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "not valid JSON"),
        (b"nonsense", "not valid JSON"),
        (b'{"resourceSpans":[]} trailing', "not valid JSON"),
        (b"[]", "expected"),
        (b"5", "expected"),
        (b'{"resourceSpans":5}', "resourceSpans: expected"),
        (b"\xff\xfe{\x00}\x00", "not valid JSON"),
    ],
)
def test_what_is_no_request_is_refused(body, message):
    for convert in (json_traces, json_data_points):
        if convert is json_data_points and b"resourceSpans" in body and b"trail" not in body:
            continue
        with pytest.raises(BadBody, match=message):
            convert(body)


@pytest.mark.parametrize("body", [b"", b"  \n", b"{}", b'{"resourceSpans":[]}', b"\xef\xbb\xbf{}"])
def test_empty_requests_are_good(body):
    assert json_traces(body).accepted == 0


def test_deep_json_is_refused_with_words():
    deep = b'{"arrayValue":{"values":[' * 100_000
    body = b'{"resourceSpans":[{"resource":{"attributes":[{"key":"k","value":' + deep
    for convert in (json_traces, json_data_points):
        with pytest.raises(BadBody, match="nested"):
            convert(body)


def test_a_hundred_levels_of_json_are_kept():
    value = {"stringValue": "deep"}
    for _ in range(100):
        value = {"arrayValue": {"values": [value]}}
    text = request_with({"attributes": [{"key": "k", "value": value}]})
    result = json_traces(text.encode())
    assert result.accepted == 1
    assert b"deep" in result.body


def test_metric_points_are_counted():
    tree = {
        "resourceMetrics": [
            {
                "scopeMetrics": [
                    {
                        "metrics": [
                            {"gauge": {"dataPoints": [{}, {}]}},
                            {"sum": {"data_points": [{}]}},
                        ]
                    }
                ]
            }
        ]
    }
    assert json_data_points(json.dumps(tree).encode()) == 3


scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
KEYS = ["resourceSpans", "scopeSpans", "spans", "resource", "scope", "attributes", "value", "key"]
KEYS += ["stringValue", "arrayValue", "values", "traceId", "kind", "events", "status", "code"]
trees = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(KEYS), inner, max_size=4)
    ),
    max_leaves=25,
)


@given(trees, trees)
@settings(max_examples=200, deadline=None)
def test_any_json_is_refused_or_canonical(tree, span):
    for text in (json.dumps(tree), request_with({"name": "good"}, span)):
        try:
            result = json_traces(text.encode())
        except BadBody:
            assert "good" not in text or "NaN" in text or "Infinity" in text
            continue
        assert canonical_traces(result.body) == (result.body, result.accepted)
