"""OpenTelemetry's own exporters against a server that refuses for a while: nothing is lost."""

import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import grpc
import pytest
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter as RpcExporter
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter as HttpExporter
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from tests.receive.envelopes import request_of
from tests.serving import Server, start_server

QUOTA_BYTES = 200_000
RATE_BYTES = 20_000
SPANS = 20
SPAN_BYTES = 1000
BATCHES = 4
TIMEOUT_SECONDS = 20
NPM = {
    "@opentelemetry/api": "1.9.1",
    "@opentelemetry/exporter-trace-otlp-proto": "0.223.1",
    "@opentelemetry/sdk-trace-base": "2.12.1",
}


def http_exporter(server: Server) -> SpanExporter:
    return HttpExporter(
        endpoint=server.url + "/v1/traces",
        headers={"x-parley-project": server.project},
        timeout=TIMEOUT_SECONDS,
        compression=Compression.NoCompression,
    )


def rpc_exporter(server: Server) -> SpanExporter:
    return RpcExporter(
        endpoint=f"http://{server.grpc}",
        insecure=True,
        headers=(("x-parley-project", server.project),),
        timeout=TIMEOUT_SECONDS,
        compression=grpc.Compression.NoCompression,
    )


EXPORTERS: list[Callable[[Server], SpanExporter]] = [http_exporter, rpc_exporter]


def batch_of_spans() -> Sequence[ReadableSpan]:
    """Returns what an SDK hands to its exporter."""
    kept = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(kept))
    tracer = provider.get_tracer("tests")
    for _ in range(SPANS):
        tracer.start_span("chat", attributes={"text": "x" * SPAN_BYTES}).end()
    return kept.get_finished_spans()


@pytest.fixture(scope="module")
def tight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(
        tmp_path_factory.mktemp("tight") / "data", "--journal-quota-bytes", str(QUOTA_BYTES)
    )
    yield running
    running.stop()


@pytest.fixture(scope="module")
def slowed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(
        tmp_path_factory.mktemp("slowed") / "data", "--project-rate-bytes", str(RATE_BYTES)
    )
    yield running
    running.stop()


def refused(server: Server, reason: str) -> int:
    """Returns how many requests were refused for a reason so far."""
    text = server.get("/metrics").text
    name = f'parley_refused_requests_total{{reason="{reason}"}} '
    return int(text.partition(name)[2].split()[0]) if name in text else 0


def fill_journal(server: Server) -> None:
    """Puts in what it takes, from several projects, until nobody's request is taken."""
    body = request_of("x", noise=os.urandom(20_000).hex()).SerializeToString()
    small = request_of("x", noise="y" * 10_000).SerializeToString()
    for number in range(100):
        view = server.in_project(f"filling-{number}")
        if [view.post("/v1/traces", item).status_code for item in (body, small)] == [429, 429]:
            return
    raise AssertionError("the journal is never full")


@pytest.mark.parametrize("make", EXPORTERS)
def test_spans_sent_to_a_full_journal_arrive_when_it_is_emptied(tight: Server, make) -> None:
    server = tight.in_project(f"full-{make.__name__}")
    exporter = make(server)
    sent = 0
    for _ in range(5):  # loading may be quicker than the filling
        before = refused(server, "journal_full")
        fill_journal(server)
        here = refused(server, "journal_full")
        assert exporter.export(batch_of_spans()) is SpanExportResult.SUCCESS
        sent += SPANS
        if refused(server, "journal_full") > here > before:
            break
    else:
        pytest.fail("the exporter was never refused")
    exporter.shutdown()
    assert server.wait_derived()["spans"] == sent


@pytest.mark.parametrize("make", EXPORTERS)
def test_spans_over_the_rate_arrive_at_the_rate(slowed: Server, make) -> None:
    server = slowed.in_project(f"rate-{make.__name__}")
    exporter = make(server)
    before = refused(server, "rate")
    for _ in range(BATCHES):
        assert exporter.export(batch_of_spans()) is SpanExportResult.SUCCESS
    exporter.shutdown()
    assert refused(server, "rate") > before
    assert server.wait_derived()["spans"] == BATCHES * SPANS


def test_many_at_once_all_arrive(tight: Server) -> None:
    server = tight.in_project("many")
    results = []

    def send(make: Callable[[Server], SpanExporter]) -> None:
        exporter = make(server)
        results.extend(exporter.export(batch_of_spans()) for _ in range(BATCHES))
        exporter.shutdown()

    threads = [threading.Thread(target=send, args=[make]) for make in EXPORTERS * 2]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [SpanExportResult.SUCCESS] * (4 * BATCHES)
    assert server.wait_derived()["spans"] == 4 * BATCHES * SPANS


@pytest.fixture(scope="module")
def modules() -> Path:
    """The folder of the exporter's packages, kept outside the tree; installed once."""
    missing = [name for name in ("node", "npm") if not shutil.which(name)]
    if missing:
        pytest.skip(f"NOT TESTED: the JavaScript exporter; {' and '.join(missing)} is not here")
    text = json.dumps({"private": True, "dependencies": NPM}, sort_keys=True)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "parley-tests" / hashlib.sha256(text.encode()).hexdigest()[:16]
    if not (folder / "complete").exists():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text(text)
        npm = ["npm", "install", "--no-audit", "--no-fund", "--loglevel=error"]
        done = subprocess.run(
            npm, check=False, cwd=folder, capture_output=True, text=True, timeout=120
        )
        if done.returncode:
            pytest.skip(f"NOT TESTED: the JavaScript exporter; npm install: {done.stderr[-300:]}")
        (folder / "complete").touch()
    return folder / "node_modules"


def test_the_javascript_exporter_loses_nothing_either(slowed: Server, modules: Path) -> None:
    server = slowed.in_project("rate-javascript")
    before = refused(server, "rate")
    arguments = [server.url, server.project, BATCHES, SPANS, SPAN_BYTES]
    done = subprocess.run(
        ["node", str(Path(__file__).parent / "exporter.js"), *map(str, arguments)],
        check=False,
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.split("\n")[:-1] == ["sent"] * BATCHES, done.stderr
    assert refused(server, "rate") > before
    assert server.wait_derived()["spans"] == BATCHES * SPANS
