"""Nested values in OTLP/JSON, at any depth that a client could mean."""

import base64
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parley.receive import BadBody, json_traces
from parley.receive.json_deep import DEPTH_MAX, FOLDED
from parley.receive.relaxed import ArrayValue, KeyValueList, TraceRequest

LEAF = json.dumps({"stringValue": 'x{}[]"\\ 東'})


def nested(shape: str, leaf: str = LEAF) -> str:
    """Returns a value in others: "a" for an array around it, "k" for a list of pairs."""
    for kind in shape:
        if kind == "a":
            leaf = '{"arrayValue": {"values": [{"intValue": 1}, ' + leaf + "]}}"
        else:
            leaf = '{ "kvlist_value":{"values":[{"key":"k{","value":' + leaf + "}]}}"
    return leaf


def request_with(*values: str) -> bytes:
    """Returns a request with a span for each value."""
    spans = ",".join(
        f'{{"name":"s","attributes":[{{"key":"deep","value":{value}}},'
        '{"key":"after","value":{"stringValue":"it"}}]}'
        for value in values
    )
    return f'{{"resourceSpans":[{{"scopeSpans":[{{"spans":[{spans}]}}]}}]}}'.encode()


def unwrapped(value) -> tuple[str, str]:
    """Returns the shape of a stored value, from the inside out, and its innermost text."""
    shape = ""
    while kind := value.WhichOneof("value"):
        if kind == "array_value":
            first, value = ArrayValue.FromString(value.array_value).values
            assert first.int_value == 1
            shape += "a"
        elif kind == "kvlist_value":
            (pair,) = KeyValueList.FromString(value.kvlist_value).values
            assert pair.key == b"k{"
            value = pair.value
            shape += "k"
        else:
            break
    return shape[::-1], value.string_value.decode()


def spans_of(body: bytes):
    return TraceRequest.FromString(body).resource_spans[0].scope_spans[0].spans


@pytest.mark.parametrize("levels", [1, 39, 40, 41, 80, 300, 1000, 5000, DEPTH_MAX])
@pytest.mark.parametrize("kinds", ["a", "k", "ak"])
def test_values_of_any_depth_are_read(levels: int, kinds: str) -> None:
    shape = (kinds * levels)[:levels]
    result = json_traces(request_with(nested(shape), '{"intValue":"7"}'))
    assert (result.accepted, result.rejected) == (2, 0)
    deep, shallow = spans_of(result.body)
    assert unwrapped(deep.attributes[0].value) == (shape, 'x{}[]"\\ 東')
    assert deep.attributes[1].value.string_value == b"it"
    assert shallow.attributes[0].value.int_value == 7


@settings(max_examples=25, deadline=None)
@given(st.text("ak", min_size=300, max_size=700), st.text(max_size=30))
def test_any_mixture_is_read(shape: str, text: str) -> None:
    leaf = json.dumps({"stringValue": text.encode(errors="replace").decode()})
    (span,) = spans_of(json_traces(request_with(nested(shape, leaf))).body)
    assert unwrapped(span.attributes[0].value)[0] == shape


def test_too_deep_is_refused_and_says_so() -> None:
    with pytest.raises(BadBody, match="more than 10000 levels"):
        json_traces(request_with(nested("a" * (DEPTH_MAX + 1))))


@pytest.mark.parametrize("leaf", ['{"intValue":"x"}', '{"intValue":[]}', '{"stringValue":1}'])
def test_a_bad_value_far_down_costs_its_span_only(leaf: str) -> None:
    result = json_traces(request_with(nested("a" * 500, leaf), nested("k" * 500)))
    assert (result.accepted, result.rejected) == (1, 1)
    assert result.problems.startswith("resourceSpans[0].scopeSpans[0].spans[0].attributes[0].value")


@pytest.mark.parametrize(
    "body",
    [
        b'{"x":' * 5000 + b"1" + b"}" * 5000,
        b'{"resourceSpans":' + b"[" * 100_000,
        request_with('{"arrayValue":{"values":[' * 5000),
        request_with('{"arrayValue":{"values":[' * 5000 + '"' + '\\"' * 1_000_000),
    ],
)
def test_other_deep_nesting_is_refused_quickly(body: bytes) -> None:
    began = time.process_time()
    with pytest.raises(BadBody, match="nested too deeply"):
        json_traces(body)
    assert time.process_time() - began < 3


def test_a_client_that_folds_itself_writes_nothing_but_a_value() -> None:
    for content in ("!oops", "?", base64.b64encode(b"\xff\xff").decode()):
        with pytest.raises(BadBody, match=r"attributes\[0\].value"):
            json_traces(request_with(json.dumps({FOLDED: content})))
    (span,) = spans_of(json_traces(request_with(json.dumps({FOLDED: ""}))).body)
    assert span.attributes[0].value.WhichOneof("value") is None
