"""The receiver over real HTTP: every good request is kept, every bad one has its answer."""

import concurrent.futures
import gzip
import json
import resource
import socket
import time
import zlib

import httpx
import pytest
from backports import zstd
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from parley.journal import read_envelopes
from parley.receive import INGEST_PATHS
from tests.receive.envelopes import (
    JSON,
    PROTOBUF,
    Envelope,
    field,
    in_request,
    logs_of,
    request_of,
    trace_of,
)

BODY = request_of("hello", session="s-1").SerializeToString()
JSON_BODY = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"hello"}]}]}]}'
TRACE_PATHS = [path for path, kind in INGEST_PATHS.items() if kind == "traces"]


def status_of(response):
    """Returns (code, message) of a google.rpc.Status in the form that was asked in."""
    if response.headers["content-type"] == "application/json":
        tree = response.json()
        return tree["code"], tree["message"]
    # field 1 varint code, field 2 string message
    assert response.content[0] == 0x08
    assert response.content[2] == 0x12
    start = 5 if response.content[3] > 127 else 4
    return response.content[1], response.content[start:].decode()


@pytest.mark.parametrize("path", TRACE_PATHS)
def test_every_trace_path_keeps_what_it_gets(served, path):
    response = served.client.post(path, content=BODY, headers=PROTOBUF)
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/x-protobuf"
    assert ExportTraceServiceResponse.FromString(response.content) == ExportTraceServiceResponse()
    (envelope,) = served.envelopes()
    assert trace_of(envelope) == ExportTraceServiceRequest.FromString(BODY)
    read = Envelope.FromString(envelope)
    assert read.project_id == "default"
    families = {"api/otlp": "agenta", "api/public": "langfuse", "otel/": "langsmith"}
    expected = next((s for start, s in families.items() if path.startswith(f"/{start}")), None)
    assert read.source == (expected or ("opik" if "opik" in path else "otlp-http"))


def test_logs_have_envelopes_of_their_own(served):
    request = ExportLogsServiceRequest()
    request.resource_logs.add().scope_logs.add().log_records.add(event_name="gen_ai.choice")
    response = served.client.post("/v1/logs", content=request.SerializeToString(), headers=PROTOBUF)
    assert response.status_code == 200
    assert ExportLogsServiceResponse.FromString(response.content) == ExportLogsServiceResponse()
    (envelope,) = served.envelopes("logs")
    assert logs_of(envelope) == request


def test_metrics_are_rejected_in_partial_success(served):
    request = ExportMetricsServiceRequest()
    gauge = request.resource_metrics.add().scope_metrics.add().metrics.add().gauge
    gauge.data_points.add()
    gauge.data_points.add()
    content = request.SerializeToString()
    response = served.client.post("/v1/metrics", content=content, headers=PROTOBUF)
    partial = ExportMetricsServiceResponse.FromString(response.content).partial_success
    assert response.status_code == 200
    assert partial.rejected_data_points == 2
    assert partial.error_message == "Parley stores no metrics"
    response = served.client.post(
        "/v1/metrics",
        content=b'{"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"sum":{"dataPoints":[{}]}}]}]}]}',
        headers=JSON,
    )
    assert response.json() == {
        "partialSuccess": {"rejectedDataPoints": "1", "errorMessage": "Parley stores no metrics"}
    }


def test_json_is_answered_in_json(served):
    response = served.client.post("/v1/traces", content=JSON_BODY, headers=JSON)
    assert response.json() == {"partialSuccess": {}}
    assert response.headers["content-type"] == "application/json"
    (envelope,) = served.envelopes()
    assert trace_of(envelope).resource_spans[0].scope_spans[0].spans[0].name == "hello"


@pytest.mark.parametrize(
    "content_type",
    ["application/json; charset=utf-8", "Application/JSON", "application/protobuf"],
)
def test_content_types_are_read_as_http_says(served, content_type):
    body = JSON_BODY if "json" in content_type.lower() else BODY
    response = served.client.post(
        "/v1/traces", content=body, headers={"content-type": content_type}
    )
    assert response.status_code == 200
    assert len(served.envelopes()) == 1


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("zstd", zstd.compress),
        ("identity", bytes),
    ],
)
@pytest.mark.parametrize(("headers", "body"), [(PROTOBUF, BODY), (JSON, JSON_BODY)])
def test_compressed_bodies_are_inflated(served, encoding, pack, headers, body):
    headers = {**headers, "content-encoding": encoding}
    response = served.client.post("/v1/traces", content=pack(body), headers=headers)
    assert response.status_code == 200
    (envelope,) = served.envelopes()
    assert trace_of(envelope).resource_spans[0].scope_spans[0].spans[0].name == "hello"


def test_chunked_bodies_are_put_together(served):
    chunks = (BODY[start : start + 7] for start in range(0, len(BODY), 7))
    response = served.client.post("/v1/traces", content=chunks, headers=PROTOBUF)
    assert response.status_code == 200
    (envelope,) = served.envelopes()
    assert trace_of(envelope) == ExportTraceServiceRequest.FromString(BODY)


def test_the_project_comes_from_the_header(served):
    headers = {**PROTOBUF, "x-parley-project": "shop 東京".encode()}
    response = served.client.post("/v1/traces", content=BODY, headers=headers)
    assert response.status_code == 200
    (envelope,) = served.envelopes()
    assert Envelope.FromString(envelope).project_id == "shop 東京"


@pytest.mark.parametrize("name", ["", "x" * 201, "a\tb", b"\xff\xfe"])
def test_a_bad_project_name_is_named(served, name):
    headers = {**JSON, "x-parley-project": name}
    response = served.client.post("/v1/traces", content=JSON_BODY, headers=headers)
    assert response.status_code == 400
    code, message = status_of(response)
    assert code == 3
    assert message.startswith("x-parley-project: expected")
    assert served.envelopes() == []


@pytest.mark.parametrize("number", range(1, 201))
def test_no_field_of_a_request_reaches_the_envelope(served, number):
    """A client that writes envelope fields into its request writes for nobody but itself."""
    spoof = field(number, b"EVIL")
    response = served.client.post("/v1/traces", content=BODY + spoof, headers=PROTOBUF)
    if number == 1:
        assert response.status_code == 400
        return
    assert response.status_code == 200
    (envelope,) = served.envelopes()
    read = Envelope.FromString(envelope)
    assert read.project_id == "default"
    assert b"EVIL" not in envelope
    assert ExportTraceServiceRequest.FromString(read.request) == trace_of(envelope)


def test_received_at_only_grows(served):
    for _ in range(20):
        served.client.post("/v1/traces", content=BODY, headers=PROTOBUF)
    stamps = [Envelope.FromString(envelope).received_at for envelope in served.envelopes()]
    assert len(stamps) == 20
    assert stamps == sorted(set(stamps))


@pytest.mark.parametrize("headers", [PROTOBUF, JSON])
def test_an_empty_body_is_an_empty_request(served, headers):
    assert served.client.post("/v1/traces", content=b"", headers=headers).status_code == 200
    assert served.envelopes() == []


def test_one_bad_span_is_explained_and_costs_no_other(served):
    spans = [{"name": "good"}, {"traceId": "not hex"}, {"name": "fine"}]
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]})
    response = served.client.post("/v1/traces", content=body, headers=JSON)
    partial = response.json()["partialSuccess"]
    assert response.status_code == 200
    assert partial["rejectedSpans"] == "1"
    assert "resourceSpans[0].scopeSpans[0].spans[1].traceId" in partial["errorMessage"]
    (envelope,) = served.envelopes()
    spans = trace_of(envelope).resource_spans[0].scope_spans[0].spans
    assert [span.name for span in spans] == ["good", "fine"]


@pytest.mark.parametrize("ids", [b"", bytes(16), b"1" * 32, b"x", b"T" * 16])
def test_ids_of_any_length_are_kept(served, ids):
    content = in_request(field(1, ids) + field(2, ids) + field(5, b"name"))
    assert served.client.post("/v1/traces", content=content, headers=PROTOBUF).status_code == 200
    (envelope,) = served.envelopes()
    span = trace_of(envelope).resource_spans[0].scope_spans[0].spans[0]
    assert (span.trace_id, span.span_id) == (ids, ids)


@pytest.mark.parametrize(
    "session_id",
    ["a/b", "q\"uo'te", "😀", "line\nbreak", "x" * 10_000, "", "x/transcript", "%2F", "a\x00b"],
)
def test_session_ids_come_through_untouched(served, session_id):
    request = request_of("x", **{"session.id": session_id})
    body = json.dumps(
        {
            "resourceSpans": [
                {
                    "scopeSpans": [
                        {
                            "spans": [
                                {
                                    "attributes": [
                                        {"key": "session.id", "value": {"stringValue": session_id}}
                                    ]
                                }
                            ]
                        }
                    ]
                }
            ]
        }
    )
    for content, headers in ((request.SerializeToString(), PROTOBUF), (body, JSON)):
        served.client.post("/v1/traces", content=content, headers=headers)
        (envelope,) = served.envelopes()
        span = trace_of(envelope).resource_spans[0].scope_spans[0].spans[0]
        assert span.attributes[0].value.string_value == session_id


@pytest.mark.parametrize("headers", [PROTOBUF, JSON])
@pytest.mark.parametrize("body", [BODY[:-3], b"\x93\xfe\x01" + b"\xff" * 9, b"\x0a\xff\x01", b"{"])
def test_undecodable_bodies_are_refused_in_their_own_type(served, headers, body):
    response = served.client.post("/v1/traces", content=body, headers=headers)
    assert response.status_code == 400
    assert response.headers["content-type"] == headers["content-type"]
    code, message = status_of(response)
    assert code == 3
    assert "the body is not" in message
    assert served.envelopes() == []


@pytest.mark.parametrize(
    "headers",
    [{"content-type": "text/plain"}, {}, {**JSON, "content-encoding": "br"}],
)
def test_unknown_types_and_encodings_are_415(served, headers):
    response = served.client.post("/v1/traces", content=JSON_BODY, headers=headers)
    assert response.status_code == 415
    assert "expected" in status_of(response)[1]


def test_other_methods_are_405_and_name_what_is_allowed(served):
    for method in ("GET", "PUT", "DELETE", "OPTIONS"):
        response = served.client.request(method, "/v1/traces")
        assert response.status_code == 405
        assert response.headers["allow"] == "POST"
    response = served.client.put("/api/otlp/v1/traces")
    assert response.headers["allow"] == "GET, HEAD, POST"


def test_agenta_asks_whether_we_are_ready(served):
    assert served.client.get("/api/otlp/v1/traces").json() == {"status": "ready"}
    assert served.client.head("/api/otlp/v1/traces").status_code == 200


def test_unknown_paths_are_404(served):
    response = served.client.post("/v2/traces", content=BODY, headers=PROTOBUF)
    assert response.status_code == 404
    assert status_of(response)[0] == 5


def test_foreign_hosts_and_pages_are_403(served):
    evil = {**JSON, "host": "evil.example"}
    assert served.client.post("/v1/traces", content=JSON_BODY, headers=evil).status_code == 403
    page = {**JSON, "origin": "https://evil.example"}
    response = served.client.post("/v1/traces", content=JSON_BODY, headers=page)
    assert response.status_code == 403
    assert not [name for name in response.headers if name.startswith("access-control")]
    exporter = {**JSON, "sec-fetch-site": "cross-site"}
    response = served.client.post("/v1/traces", content=JSON_BODY, headers=exporter)
    assert response.status_code == 200
    served.envelopes()


def test_a_declared_length_over_the_limit_is_413_before_it_is_read(serve_with):
    served = serve_with(body_bytes=1000)
    for headers in (PROTOBUF, JSON):
        response = served.client.post("/v1/traces", content=bytes(1001), headers=headers)
        assert response.status_code == 413
        assert "limit of 1000 bytes" in status_of(response)[1]
    assert served.client.post("/v1/traces", content=BODY, headers=PROTOBUF).status_code == 200


def test_a_chunked_body_over_the_limit_is_413(serve_with):
    served = serve_with(body_bytes=1000)
    chunks = (bytes(100) for _ in range(50))
    response = served.client.post("/v1/traces", content=chunks, headers=PROTOBUF)
    assert response.status_code == 413
    assert served.intake.in_flight.bytes == 0


@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstd.compress)],
)
def test_a_bomb_is_413(served, encoding, pack):
    headers = {**JSON, "content-encoding": encoding}
    bomb = pack(bytes((64 << 20) + 1))
    response = served.client.post("/v1/traces", content=bomb, headers=headers)
    assert response.status_code == 413
    assert served.client.get("/api/otlp/v1/traces").status_code == 200


def test_a_body_that_does_not_come_is_408(serve_with):
    served = serve_with(body_grace_seconds=0.1)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
        raw.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n"
            b"content-type: application/json\r\n\r\n{"
        )
        assert raw.recv(1000).startswith(b"HTTP/1.1 408 ")


def test_a_client_that_goes_away_leaves_nothing_behind(served):
    before = dict(served.intake.counts.requests)
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as raw:
        raw.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n"
            b"content-type: application/json\r\n\r\n{"
        )
    deadline = time.monotonic() + 10
    while served.intake.in_flight.bytes:
        assert time.monotonic() < deadline
        served.client.get("/api/otlp/v1/traces")
    refused = [status for status in served.intake.counts.requests if status >= 400]
    assert refused == [status for status in before if status >= 400]


def test_too_much_at_once_is_429(serve_with):
    served = serve_with(in_flight_bytes=len(BODY), in_flight_wait_seconds=0.05)
    response = served.client.post("/v1/traces", content=BODY, headers=PROTOBUF)
    assert response.status_code == 429
    assert response.headers["retry-after"] == "1"
    assert served.intake.in_flight.bytes == 0


def test_a_full_journal_is_429_until_it_is_loaded(serve_with):
    served = serve_with(quota_bytes=2 * len(BODY))
    assert served.client.post("/v1/traces", content=BODY, headers=PROTOBUF).status_code == 200
    response = served.client.post("/v1/traces", content=BODY, headers=PROTOBUF)
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert status_of(response)[0] == 8
    assert len(served.envelopes()) == 1
    assert served.client.post("/v1/traces", content=BODY, headers=PROTOBUF).status_code == 200


def test_a_full_disk_is_429_until_there_is_room(serve_with):
    served = serve_with()
    large = request_of("big", text="x" * 20_000).SerializeToString()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, hard))
    try:
        response = served.client.post("/v1/traces", content=large, headers=PROTOBUF)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert response.status_code == 429
    assert int(response.headers["retry-after"]) > 0
    assert status_of(response)[0] == 8
    assert served.client.post("/v1/traces", content=large, headers=PROTOBUF).status_code == 200
    assert len(served.envelopes()) == 1


def test_with_a_token_only_those_who_show_it_may_write(serve_with):
    served = serve_with(token="s3cret")
    response = served.client.post("/v1/traces", content=BODY, headers=PROTOBUF)
    assert response.status_code == 401
    assert status_of(response)[0] == 16
    assert response.headers["www-authenticate"].startswith("Bearer")
    headers = {**PROTOBUF, "authorization": "ApiKey s3cret"}
    assert served.client.post("/v1/traces", content=BODY, headers=headers).status_code == 200
    assert served.client.get("/api/otlp/v1/traces").status_code == 200


def test_counts_tell_what_happened(serve_with):
    served = serve_with()
    served.client.post("/v1/traces", content=BODY, headers=PROTOBUF)
    spans = '{"resourceSpans":[{"scopeSpans":[{"spans":[{},{"traceId":"x"}]}]}]}'
    served.client.post("/v1/traces", content=spans, headers=JSON)
    served.client.post("/v1/traces", content=b"garbage", headers=PROTOBUF)
    counts = served.intake.counts
    assert counts.accepted_spans == 2
    assert counts.accepted_logs == 0
    assert counts.accepted_bytes == sum(len(envelope) for envelope in served.envelopes())
    assert counts.rejected == {"bad_field": 1}
    assert counts.refused == {"undecodable": 1}
    assert counts.requests == {200: 2, 400: 1}


def test_everything_that_real_clients_sent_is_kept(served, recorded):
    served.envelopes()
    served.envelopes("logs")
    expected = {"traces": 0, "logs": 0}

    def send(request):
        name, meta, body = request
        headers = {
            key: value
            for key, value in meta["headers"].items()
            if key not in ("host", "content-length", "transfer-encoding", "connection")
        }
        is_chunked = "transfer-encoding" in meta["headers"]
        content = iter([body[:1000], body[1000:]]) if is_chunked else body
        response = httpx.post(
            f"http://127.0.0.1:{served.port}{meta['path']}", content=content, headers=headers
        )
        assert response.status_code == 200, name
        assert response.headers["content-type"] == headers["content-type"], name
        if meta["path"] != "/v1/metrics":
            assert response.content in (b"", b'{"partialSuccess":{}}'), name
            expected["logs" if meta["path"] == "/v1/logs" else "traces"] += 1

    with concurrent.futures.ThreadPoolExecutor(4) as threads:
        list(threads.map(send, recorded))
    found = {"traces": 0, "logs": 0}
    for segment in served.journal.sealed():
        for envelope in read_envelopes(segment.path):
            read = Envelope.FromString(envelope)
            assert read.project_id == "default"
            assert (logs_of if segment.kind == "logs" else trace_of)(envelope).ByteSize() > 0
            found[segment.kind] += 1
        served.journal.mark_loaded(segment)
    assert found == expected
