"""The list of traces: of sessions and without one."""

import time

import pytest

from tests.serving import Server
from tests.telemetry import chat_attributes, make_span, pack

SECOND_NS = 1_000_000_000


@pytest.fixture
def listed(server: Server) -> Server:
    """A project with two traces of a session, and a failed one without."""
    start = time.time_ns() - 60 * SECOND_NS
    alone, root = b"\x03" * 16, b"\x01" * 8
    server.post(
        "/v1/traces",
        pack(
            make_span(
                trace_id=b"\x01" * 16,
                start_ns=start,
                duration_ms=900,
                attributes=chat_attributes("s1", [("user", "One?")], "1"),
            ),
            make_span(
                trace_id=b"\x02" * 16,
                start_ns=start + SECOND_NS,
                duration_ms=300,
                attributes=chat_attributes("s1", [("user", "Two?")], "2"),
            ),
            make_span(trace_id=alone, span_id=root, name="sync", start_ns=start + 2 * SECOND_NS),
            make_span(
                trace_id=alone,
                parent_id=root,
                name="enqueue",
                start_ns=start + 2 * SECOND_NS,
                duration_ms=100,
                error="queue is full",
            ),
        ),
    )
    server.wait_derived()
    return server


def starts(server: Server, query: str = "") -> list[str]:
    """Returns the first digits of the listed traces."""
    return [trace["trace_id"][:2] for trace in server.get_json(f"/api/v1/traces{query}")["traces"]]


def test_a_trace_has_its_root_its_session_and_its_usage(listed: Server) -> None:
    page = listed.get_json("/api/v1/traces")
    assert (page["total"], page["next_cursor"]) == (3, None)
    alone, _, first = page["traces"]
    assert (first["session_id"], first["name"], first["spans"]) == ("s1", "chat gpt-4o", 1)
    assert (first["input_tokens"], first["output_tokens"]) == (100, 20)
    assert first["cost_usd"] > 0  # the price of the turn: the client told none
    assert first["models"] == ["gpt-4o"]
    assert first["duration_ms"] == pytest.approx(900)
    assert (alone["session_id"], alone["name"], alone["spans"]) == ("", "sync", 2)
    assert (alone["errors"], alone["error"]) == (1, "queue is full")
    assert alone["cost_usd"] is None


def test_sorts_filters_and_pages_are_the_servers(listed: Server) -> None:
    assert starts(listed) == ["03", "02", "01"]
    assert starts(listed, "?sort=started_at") == ["01", "02", "03"]
    assert starts(listed, "?sort=-duration_ms") == ["01", "03", "02"]
    assert starts(listed, "?sort=-spans")[0] == "03"
    assert starts(listed, "?sort=errors") == ["01", "02", "03"]
    assert starts(listed, "?failed=true") == ["03"]
    assert starts(listed, "?session=none") == ["03"]
    assert starts(listed, "?failed=true&to=2020-01-01") == []
    first = listed.get_json("/api/v1/traces?sort=-errors&limit=2")
    assert first["total"] == 3
    assert [trace["trace_id"][:2] for trace in first["traces"]] == ["03", "01"]
    assert starts(listed, f"?sort=-errors&limit=2&cursor={first['next_cursor']}") == ["02"]


def test_another_project_has_none_of_them(listed: Server) -> None:
    other = listed.in_project(f"{listed.project}-other")
    assert other.get_json("/api/v1/traces") == {"traces": [], "next_cursor": None, "total": 0}


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("sort=name", "sort"),
        ("session=s1", "session"),
        ("cursor=nonsense", "cursor"),
        ("limit=501", "limit"),
        ("from=2026-01-02&to=2026-01-01", "from"),
        ("failed=perhaps", "failed"),
    ],
)
def test_a_wrong_question_is_refused_by_name(server: Server, query: str, field: str) -> None:
    answer = server.get(f"/api/v1/traces?{query}")
    assert answer.status_code == 400
    assert field in answer.text
