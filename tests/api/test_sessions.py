"""The list and one session, with the names that others rely on."""

import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from parley.model import Session, Turn
from parley.query import SORTS
from tests.serving import Server
from tests.telemetry import chat, chat_attributes, make_span, pack

HOUR_NS = 3_600_000_000_000
SESSION_NAMES = """session_id project started_at last_activity_at duration_ms turns traces spans
    llm_calls tool_calls errors span_errors input_tokens output_tokens cached_tokens
    cache_write_tokens reasoning_tokens total_tokens cost_usd cost_complete latency_ms_sum
    latency_ms_p50 latency_ms_p95 ttft_ms_p50 users models environments tags metadata
    source_project first_input last_output session_source scores usage_complete""".split()
TURN_NAMES = """turn_id turn trace_ids started_at latency_ms input output error model llm_calls
    tool_calls input_tokens output_tokens cost_usd ttft_ms""".split()


def iso(time_ns: int) -> str:
    """Returns a moment as clients write it."""
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat()


def test_a_session_has_the_promised_names_and_numbers(server: Server) -> None:
    server.post("/v1/traces", chat("s1", question="What is new?", answer="Nothing."))
    server.wait_derived()
    page = server.get_json("/api/v1/sessions")
    assert set(page) == {"sessions", "next_cursor", "total", "total_capped", "matches"}
    opened = server.get_json("/api/v1/sessions/s1")
    session, turn = opened["session"], opened["turns"][0]
    assert page["sessions"] == [session]
    assert set(SESSION_NAMES) <= set(session)
    assert set(session) == set(Session.__struct_fields__)
    assert set(TURN_NAMES) <= set(turn)
    assert set(turn) == set(Turn.__struct_fields__)
    assert (session["turns"], session["llm_calls"], session["errors"]) == (1, 1, 0)
    assert (session["input_tokens"], session["output_tokens"]) == (100, 20)
    assert (session["first_input"], session["last_output"]) == ("What is new?", "Nothing.")
    assert session["project"] == server.project
    assert session["session_source"] == "gen_ai.conversation.id"
    assert session["duration_ms"] == pytest.approx(500)
    assert session["started_at"].endswith("Z")


def test_transcript_spans_and_trace_agree(server: Server) -> None:
    server.post("/v1/traces", chat("s1", question="One?", answer="1"))
    server.wait_derived()
    transcript = server.get_json("/api/v1/sessions/s1/transcript")
    said = [(item["role"], item["text"]) for item in transcript["turns"][0]["messages"]]
    assert said == [("user", "One?"), ("assistant", "1")]
    traces = server.get_json("/api/v1/sessions/s1/spans")["traces"]
    assert len(traces) == 1
    span = traces[0]["spans"][0]
    assert int(span["end_unix_nano"]) - int(span["start_unix_nano"]) == 500_000_000
    assert span["attributes"]["gen_ai.request.model"] == "gpt-4o"
    trace = server.get_json(f"/api/v1/traces/{traces[0]['trace_id']}")
    assert server.get_json(f"/api/v1/traces/{traces[0]['trace_id'].upper()}") == trace
    for explained in trace["spans"]:  # of one trace alone it is said what was understood
        for name in ("understood", "unclaimed", "unused"):
            del explained[name]
    assert trace == traces[0]


def test_the_interval_selects_what_overlaps_it(server: Server) -> None:
    now = time.time_ns()
    for name, hours_ago in (("old", 30), ("new", 1)):
        server.post("/v1/traces", chat(name, start_ns=now - hours_ago * HOUR_NS))
    early = make_span(start_ns=now - 10 * HOUR_NS, attributes=chat_attributes("long", [], "a"))
    late = make_span(start_ns=now - 2 * HOUR_NS, attributes=chat_attributes("long", [], "b"))
    server.post("/v1/traces", pack(early, late))
    server.wait_derived()

    def found(**times: int) -> set[str]:
        parameters = {name.rstrip("_"): iso(now - hours * HOUR_NS) for name, hours in times.items()}
        page = server.get_json("/api/v1/sessions", params=parameters)
        assert page["total"] == len(page["sessions"])
        return {item["session_id"] for item in page["sessions"]}

    assert found() == {"old", "new", "long"}
    assert found(from_=5) == {"new", "long"}
    assert found(to=20) == {"old"}
    assert found(from_=6, to=4) == {"long"}  # alive through it, with no span inside
    assert found(from_=20, to=15) == set()


def test_pages_follow_each_other_without_gap_or_repeat(server: Server) -> None:
    now = time.time_ns()
    for number in range(7):
        server.post("/v1/traces", chat(f"s{number}", start_ns=now - (number % 3) * HOUR_NS))
    server.wait_derived()
    for sort in sorted(SORTS):
        for direction in ("", "-"):
            whole = listed(server, sort=direction + sort, limit="500")
            paged: list[str] = []
            cursor = ""
            while True:
                parameters = {"sort": direction + sort, "limit": "2"}
                if cursor:
                    parameters["cursor"] = cursor
                page = server.get_json("/api/v1/sessions", params=parameters)
                paged += [item["session_id"] for item in page["sessions"]]
                assert page["total"] == 7
                cursor = page["next_cursor"]
                if cursor is None:
                    break
            assert paged == whole
            assert len(set(paged)) == 7


def listed(server: Server, **parameters: str) -> list[str]:
    """Returns the ids of a page."""
    page = server.get_json("/api/v1/sessions", params=parameters)
    return [item["session_id"] for item in page["sessions"]]


def test_every_number_of_a_session_sorts(server: Server) -> None:
    numeric = {
        name for name in Session.__struct_fields__ if Session.__annotations__[name] in (int, float)
    }
    assert numeric <= set(SORTS)
    now = time.time_ns()
    for name, calls in (("three", 3), ("one", 1), ("two", 2)):
        spans = [
            make_span(
                start_ns=now - call * HOUR_NS,
                attributes=chat_attributes(name, [("user", f"{name} {call}")], "a"),
            )
            for call in range(calls)
        ]
        server.post("/v1/traces", pack(*spans))
    server.wait_derived()
    assert listed(server, sort="input_tokens") == ["one", "two", "three"]
    assert listed(server, sort="-input_tokens") == ["three", "two", "one"]
    assert listed(server, sort="-duration_ms")[0] == "three"


def test_projects_do_not_see_each_other(server: Server) -> None:
    server.post("/v1/traces", chat("mine"))
    server.wait_derived()
    other = server.in_project(server.project + "-other")
    assert other.get_json("/api/v1/sessions")["sessions"] == []
    assert other.get("/api/v1/sessions/mine").status_code == 404
    asked = other.get_json("/api/v1/sessions", params={"project": server.project})
    assert asked["total"] == 1


def test_the_series_counts_what_the_list_shows(server: Server) -> None:
    now = time.time_ns()
    for name, hours_ago in (("a", 3), ("b", 1)):
        server.post("/v1/traces", chat(name, start_ns=now - hours_ago * HOUR_NS))
    server.wait_derived()
    times = {"from": iso(now - 4 * HOUR_NS), "to": iso(now)}
    series = server.get_json("/api/v1/series", params={**times, "buckets": "4"})
    assert (series["sessions"], series["turns"], series["failed_turns"]) == (2, 2, 0)
    assert 1 < len(series["points"]) <= 4
    assert sum(point["turns"] for point in series["points"]) == 2
    starts = [datetime.fromisoformat(point["started_at"]) for point in series["points"]]
    assert {(b - a).total_seconds() * 1000 for a, b in pairwise(starts)} == {series["step_ms"]}
    assert server.get_json("/api/v1/series")["sessions"] == 2
