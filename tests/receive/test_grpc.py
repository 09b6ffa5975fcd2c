"""OTLP over gRPC against a real server, as a stock client and as a hostile one would call it."""

import base64
import math
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceRequest,
    ExportMetricsServiceResponse,
)
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from parley.receive.rpc import RPC_METHODS
from tests.receive.doors import open_doors
from tests.serving import Server, ServerFailed, Start, start_server
from tests.telemetry import chat

TRACES, LOGS, METRICS = RPC_METHODS
TOKEN = "s3cret"
KEY = ("authorization", f"Bearer {TOKEN}")


def export(server: Server, body: bytes, method: str = TRACES, *headers, **options) -> bytes:
    """Returns the answer's bytes. Raises grpc.RpcError."""
    compression = options.pop("compression", grpc.Compression.NoCompression)
    unlimited = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(server.grpc, unlimited, compression) as channel:
        metadata = [("x-parley-project", server.project), *headers]
        return channel.unary_unary(method)(body, metadata=metadata, timeout=30)


def refusal(server: Server, body: bytes, method: str = TRACES, *headers, **options):
    """Returns (code, message, seconds until it may be sent again) of a call that must fail."""
    with pytest.raises(grpc.RpcError) as caught:
        export(server, body, method, *headers, **options)
    error = caught.value
    trailers = dict(error.trailing_metadata())
    retry = None
    if "grpc-status-details-bin" in trailers:
        status = Status.FromString(trailers["grpc-status-details-bin"])
        assert status.code == error.code().value[0]
        assert status.message == error.details()
        for detail in status.details:
            info = RetryInfo()
            assert detail.Unpack(info)
            retry = info.retry_delay.seconds + info.retry_delay.nanos / 1e9
            assert RetryInfo.FromString(trailers["google.rpc.retryinfo-bin"]) == info
    return error.code(), error.details(), retry


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(
        tmp_path_factory.mktemp("grpc") / "data",
        *("--token", TOKEN, "--request-limit-bytes", "2000000"),
    )
    yield running
    running.stop()


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_traces_are_stored_however_they_are_compressed(server: Server, compression) -> None:
    answer = export(server, chat("s", question="hello " * 100), compression=compression)
    assert ExportTraceServiceResponse.FromString(answer) == ExportTraceServiceResponse()
    server.wait_derived()
    assert server.open_session("s")["session"]["first_input"].startswith("hello hello")


def test_logs_are_stored_and_metrics_are_rejected_in_partial_success(server: Server) -> None:
    logs = ExportLogsServiceRequest()
    logs.resource_logs.add().scope_logs.add().log_records.add(event_name="gen_ai.choice")
    assert export(server, logs.SerializeToString(), LOGS) == b""
    metrics = ExportMetricsServiceRequest()
    gauge = metrics.resource_metrics.add().scope_metrics.add().metrics.add().gauge
    gauge.data_points.add()
    answer = export(server, metrics.SerializeToString(), METRICS)
    partial = ExportMetricsServiceResponse.FromString(answer).partial_success
    assert partial.rejected_data_points == 1
    assert partial.error_message == "Parley stores no metrics"


@pytest.mark.parametrize(
    "header",
    [
        KEY,
        ("authorization", f"ApiKey {TOKEN}"),
        ("authorization", TOKEN),
        ("authorization", "Basic " + base64.b64encode(f"pk:{TOKEN}".encode()).decode()),
        ("x-api-key", TOKEN),
        ("api_key", TOKEN),
    ],
)
def test_the_token_is_taken_in_every_form(locked: Server, header) -> None:
    assert export(locked, chat("s"), TRACES, header) == b""


@pytest.mark.parametrize("headers", [(), (("authorization", "Bearer other"),)])
def test_without_the_token_nothing_is_read(locked: Server, headers) -> None:
    code, message, retry = refusal(locked, b"not even protobuf", TRACES, *headers)
    assert code is grpc.StatusCode.UNAUTHENTICATED
    assert message.startswith("authorization:")
    assert retry is None


def test_a_project_of_any_letters_comes_in_the_binary_header(server: Server) -> None:
    with grpc.insecure_channel(server.grpc) as channel:
        name = "東京 " + server.project
        metadata = [("x-parley-project-bin", name.encode())]
        channel.unary_unary(TRACES)(chat("s"), metadata=metadata, timeout=30)
    deadline = time.monotonic() + 30
    while not (found := server.get_json("/api/v1/sessions", params={"project": name})["sessions"]):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert [session["session_id"] for session in found] == ["s"]


def test_what_cannot_be_read_is_named(server: Server) -> None:
    code, message, retry = refusal(server, chat("s")[:-3])
    assert (code, retry) == (grpc.StatusCode.INVALID_ARGUMENT, None)
    assert "is not a protobuf ExportTraceServiceRequest" in message
    code, message, _ = refusal(server.in_project("x" * 201), chat("s"))
    assert code is grpc.StatusCode.INVALID_ARGUMENT
    assert message.startswith("x-parley-project: expected")


def test_an_unknown_method_is_unimplemented(server: Server) -> None:
    code, *_ = refusal(server, b"", TRACES.replace("Export", "Import"))
    assert code is grpc.StatusCode.UNIMPLEMENTED
    code, *_ = refusal(server, b"", "/grpc.health.v1.Health/Check")
    assert code is grpc.StatusCode.UNIMPLEMENTED


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_a_message_over_the_limit_is_final(locked: Server, compression) -> None:
    body = chat("s", question="x" * 2_000_000)
    code, message, retry = refusal(locked, body, TRACES, KEY, compression=compression)
    assert (code, retry) == (grpc.StatusCode.RESOURCE_EXHAUSTED, None)
    assert "larger than max" in message


def test_a_rate_says_exactly_when_to_come_back(tmp_path: Path) -> None:
    body = chat("s", question="x" * 5000)
    with open_doors(tmp_path / "journal", project_rate_bytes=2000) as doors:
        assert doors.export(body) == ("OK", None)
        code, retry = doors.export(body)
        assert code == "RESOURCE_EXHAUSTED"
        assert retry is not None
        debt = len(body) - 2 * 2000
        assert debt / 2000 - 0.3 < retry <= (debt + 1) / 2000
        assert doors.export(body, x_parley_project="other") == ("OK", None)
        assert int(doors.post(body).headers["retry-after"]) == math.ceil(retry)
        time.sleep(retry)  # the clock is what is tested
        assert doors.export(body) == ("OK", None)


def test_a_taken_port_is_named_and_nothing_starts(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ServerFailed, match=f"127.0.0.1 port {port}.*--grpc-port") as caught:
            start_server(tmp_path / "data", "--grpc-port", str(port))
    assert "exit 1" in str(caught.value)
    assert not (tmp_path / "data" / "journal").exists()


def test_a_stop_loses_nothing_and_grpc_can_be_switched_off(start: Start) -> None:
    server = start()
    with grpc.insecure_channel(server.grpc) as channel:
        call = channel.unary_unary(TRACES)
        call(chat("s-0"), timeout=30)  # connects
        futures = [call.future(chat(f"s-{number}"), timeout=30) for number in range(50)]
        begun = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - begun < 4.5
        codes = [future.code() for future in futures]
    sent_again = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}  # as OTLP says
    assert set(codes) <= {grpc.StatusCode.OK, *sent_again}
    again = start("--grpc-port", "-1")
    assert again.grpc == ""
    again.wait_derived()
    found = {s["session_id"] for s in again.get_json("/api/v1/sessions?limit=500")["sessions"]}
    assert found >= {f"s-{n}" for n, code in enumerate(codes) if code is grpc.StatusCode.OK}
