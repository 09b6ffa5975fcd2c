"""Health, readiness, metrics, stats, events and the description of it all."""

import threading
import time
from itertools import pairwise

import httpx
import msgspec
import pytest

from parley.api.metrics import Metric, Sample, metrics_text
from tests.serving import Server
from tests.telemetry import chat


def test_health_and_readiness(server: Server) -> None:
    assert server.get_json("/healthz")["status"] == "ok"
    ready = server.get_json("/readyz")
    assert ready["status"] == "ready"
    assert {check["name"] for check in ready["checks"]} == {"journal", "store", "load", "derive"}


def test_stats_count_the_project(server: Server) -> None:
    server.post("/v1/traces", chat("a"))
    stats = server.wait_derived()
    assert (stats["spans"], stats["sessions"], stats["messages"]) == (1, 1, 2)
    assert stats["quarantined"] == 0


def test_metrics_are_prometheus_text_and_grow(server: Server) -> None:
    def accepted() -> float:
        answer = server.get("/metrics")
        assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
        lines = answer.text.splitlines()
        line = next(item for item in lines if item.startswith("parley_accepted_spans_total "))
        return float(line.split()[1])

    before = accepted()
    server.post("/v1/traces", chat("a"))
    assert accepted() == before + 1


def test_metric_labels_are_escaped() -> None:
    metric = Metric(
        name="x_total", kind="counter", help="X.", samples=[Sample(2, {"reason": 'a"b\\c\nd'})]
    )
    assert metrics_text([metric]) == (
        '# HELP x_total X.\n# TYPE x_total counter\nx_total{reason="a\\"b\\\\c\\nd"} 2\n'
    )


def test_events_name_what_changed_at_most_once_a_second(server: Server) -> None:
    events: list[tuple[float, list[str]]] = []
    open_now = threading.Event()

    def listen() -> None:
        headers = {"x-parley-project": server.project}
        with (
            httpx.Client(timeout=10, trust_env=False) as client,
            client.stream("GET", server.url + "/api/v1/events", headers=headers) as stream,
        ):
            assert stream.headers["content-type"].startswith("text/event-stream")
            for line in stream.iter_lines():
                open_now.set()
                if line.startswith("data: "):
                    ids = msgspec.json.decode(line.removeprefix("data: "))["ids"]
                    events.append((time.monotonic(), ids))
                    if {"s9"} & {name for _, names in events for name in names}:
                        return

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    assert open_now.wait(10)
    for number in range(10):
        server.post("/v1/traces", chat(f"s{number}"))
        time.sleep(0.3)
    listener.join(20)
    assert not listener.is_alive()
    named = {name for _, ids in events for name in ids}
    assert named == {f"s{number}" for number in range(10)}
    gaps = [after - before for (before, _), (after, _) in pairwise(events)]
    assert all(gap >= 0.95 for gap in gaps), gaps


def test_the_description_has_every_route_and_both_forms(server: Server) -> None:
    described = server.get_json("/api/v1/openapi.json")
    assert described["openapi"].startswith("3.")
    assert set(described["paths"]) == {
        "/api/simple/traces",
        "/api/spans/sessions/query",
        "/api/tracing/sessions/query",
        "/chat/run",
        "/services/chat/run",
        "/services/chat/v0/invoke",
        "/api/v1/analytics",
        "/api/v1/annotations",
        "/api/v1/annotations/{annotation_id}",
        "/api/v1/attachments/{content_hash}",
        "/api/v1/events",
        "/api/v1/filter/completions",
        "/api/v1/filter/vocabulary",
        "/api/v1/prices",
        "/api/v1/prices/import",
        "/api/v1/prices/repricing",
        "/api/v1/prices/update",
        "/api/v1/prices/{price_id}",
        "/api/v1/prompts",
        "/api/v1/prompts/{slug}",
        "/api/v1/prompts/{slug}/archive",
        "/api/v1/prompts/{slug}/deployments",
        "/api/v1/prompts/{slug}/diff",
        "/api/v1/prompts/{slug}/rollback",
        "/api/v1/prompts/{slug}/unarchive",
        "/api/v1/prompts/{slug}/versions",
        "/api/v1/prompts/{slug}/versions/{variant}/{number}",
        "/api/v1/provider-keys",
        "/api/v1/provider-keys/{provider}",
        "/api/v1/quarantine",
        "/api/v1/quarantine/retry",
        "/api/v1/quarantine/{entry_id}",
        "/api/v1/quarantine/{entry_id}/retry",
        "/api/v1/series",
        "/api/v1/export",
        "/api/v1/session",
        "/api/v1/session/export",
        "/api/v1/sessions",
        "/api/v1/sessions/{session_id}",
        "/api/v1/sessions/{session_id}/export",
        "/api/v1/sessions/{session_id}/{part}",
        "/api/v1/stats",
        "/api/v1/trace",
        "/api/v1/traces",
        "/api/v1/traces/{trace_id}",
        "/api/v1/unknown",
        "/api/v1/users",
        "/api/v1/views",
        "/api/v1/views/{view_id}",
        "/healthz",
        "/metrics",
        "/readyz",
    }
    operation = described["paths"]["/api/v1/sessions"]["get"]
    assert {item["name"] for item in operation["parameters"]} == {
        "project",
        "from",
        "to",
        "filter",
        "q",
        "sort",
        "limit",
        "cursor",
    }
    by_path = described["paths"]["/api/v1/sessions/{session_id}/{part}"]["get"]
    assert {item["name"]: item["in"] for item in by_path["parameters"]} == {
        "session_id": "path",
        "part": "path",
        "project": "query",
        "cursor": "query",
    }
    names = [way["operationId"] for item in described["paths"].values() for way in item.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("path", ["/api/v1/openapi.json", "/healthz", "/api/v1/stats"])
def test_answers_are_json_and_name_no_server_software(server: Server, path: str) -> None:
    answer = server.get(path)
    assert "json" in answer.headers["content-type"]
    assert "server" not in answer.headers
