"""Protobuf bodies: what is good stays exactly as it was, what is not OTLP goes."""

import gzip
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.receive import BadBody, canonical_logs, canonical_traces
from parley.receive.canonical import count_data_points
from parley.receive.relaxed import TraceRequest
from tests.receive.envelopes import field, in_request, request_of


def plain_protobufs(recorded):
    for name, meta, body in recorded:
        if meta["headers"]["content-type"] == "application/x-protobuf":
            is_gzip = meta["headers"].get("content-encoding") == "gzip"
            yield name, meta, gzip.decompress(body) if is_gzip else body


def test_every_recorded_body_means_the_same_afterwards(recorded):
    seen = 0
    for name, meta, body in plain_protobufs(recorded):
        if meta["path"].endswith("/metrics"):
            continue
        is_logs = meta["path"].endswith("/logs")
        official = ExportLogsServiceRequest if is_logs else ExportTraceServiceRequest
        canonical, items = (canonical_logs if is_logs else canonical_traces)(body)
        assert official.FromString(canonical) == official.FromString(body), name
        assert items > 0, name
        seen += items
    assert seen > 1000


def test_canonical_bytes_stay_as_they_are(recorded):
    for name, meta, body in plain_protobufs(recorded):
        if meta["path"].endswith("/traces"):
            once = canonical_traces(body)
            assert canonical_traces(once[0]) == once, name


@pytest.mark.parametrize("text", [b"\xff\xfe\xfd", b"a\x00b", b"\xed\xa0\x80", b""])
def test_strings_of_any_bytes_are_kept(text):
    body = in_request(field(5, text) + field(9, field(1, text) + field(2, field(1, text))))
    canonical, spans = canonical_traces(body)
    span = TraceRequest.FromString(canonical).resource_spans[0].scope_spans[0].spans[0]
    assert spans == 1
    assert (span.name, span.attributes[0].key) == (text, text)
    assert span.attributes[0].value.string_value == text


@pytest.mark.parametrize("levels", [10, 1000, 20_000])
def test_values_of_any_depth_are_kept(levels):
    value = field(1, b"deep")
    for _ in range(levels):
        value = field(5, field(1, value))
    canonical, spans = canonical_traces(in_request(field(9, field(1, b"key") + field(2, value))))
    assert spans == 1
    assert value in canonical


@pytest.mark.parametrize("number", range(1, 201))
def test_no_top_level_field_but_the_first_comes_through(number):
    good = request_of("good").SerializeToString()
    spoofs = [field(number, b"EVIL"), bytes(field(number, b"")[:-1]) + b"\x01\x07"]
    for spoof in spoofs:
        if number == 1:
            with pytest.raises(BadBody):
                canonical_traces(good + field(1, b"\xff"))
            continue
        assert canonical_traces(good + spoof) == (good, 1)
        assert canonical_traces(spoof + good) == (good, 1)


def test_unknown_fields_of_a_span_are_dropped():
    canonical, spans = canonical_traces(in_request(field(5, b"x") + field(3000, b"secret")))
    assert spans == 1
    assert b"secret" not in canonical


@pytest.mark.parametrize("make", [canonical_traces, canonical_logs, count_data_points])
@pytest.mark.parametrize("body", [b"garbage", b"\x0a\xff\xff\xff\xff\x0f", b"\x0a\x05abc", b"{}"])
def test_what_is_no_protobuf_is_refused(make, body):
    with pytest.raises(BadBody, match="not a protobuf Export"):
        make(body)


def test_an_empty_body_is_an_empty_request():
    assert canonical_traces(b"") == (b"", 0)
    assert canonical_logs(b"") == (b"", 0)
    assert count_data_points(b"") == 0


def test_every_truncation_is_refused_or_holds_fewer_spans():
    body = request_of("one", "two", key="value").SerializeToString()
    for end in range(1, len(body)):
        with pytest.raises(BadBody):
            canonical_traces(body[:end])


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_random_bytes_are_refused_or_canonical(body):
    for make in (canonical_traces, canonical_logs):
        try:
            once = make(body)
        except BadBody:
            continue
        assert make(once[0]) == once


def test_mutations_of_recorded_bodies_are_refused_or_canonical(recorded):
    chance = random.Random(20_261_122)
    bodies = [body for _, meta, body in plain_protobufs(recorded) if len(body) < 30_000]
    outcomes = {"refused": 0, "kept": 0}
    for _ in range(1500):
        body = bytearray(chance.choice(bodies))
        for _ in range(chance.randrange(1, 4)):
            place = chance.randrange(len(body))
            match chance.randrange(3):
                case 0:
                    body[place] = chance.randrange(256)
                case 1:
                    del body[place : place + chance.randrange(1, 4)]
                case _:
                    body[place:place] = chance.randbytes(chance.randrange(1, 4))
        try:
            once = canonical_traces(bytes(body))
        except BadBody:
            outcomes["refused"] += 1
            continue
        assert canonical_traces(once[0]) == once
        outcomes["kept"] += 1
    assert min(outcomes.values()) > 50, outcomes


def test_data_points_of_every_metric_kind_are_counted():
    request = ExportMetricsServiceRequest()
    metrics = request.resource_metrics.add().scope_metrics.add().metrics
    for kind in ("gauge", "sum", "histogram", "exponential_histogram", "summary"):
        points = getattr(metrics.add(), kind).data_points
        points.add()
        points.add()
    metrics.add(name="without data")
    assert count_data_points(request.SerializeToString()) == 10
