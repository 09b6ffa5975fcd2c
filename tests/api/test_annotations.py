"""What is said about sessions: kept once, replaced by what is newer, told by the session's row."""

from typing import Any

import httpx
import pytest

from tests.serving import Server
from tests.telemetry import chat

ANNOTATIONS = "/api/v1/annotations"
TRACE = "00000000000000000000000000000abc"


def send(server: Server, body: Any, path: str = ANNOTATIONS) -> httpx.Response:
    headers = {"x-parley-project": server.project}
    return httpx.post(server.url + path, json=body, headers=headers, timeout=30)


def remove(server: Server, annotation_id: str) -> httpx.Response:
    headers = {"x-parley-project": server.project}
    return httpx.delete(f"{server.url}{ANNOTATIONS}/{annotation_id}", headers=headers, timeout=30)


def said(server: Server, session_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.open_session(session_id, "annotations")["annotations"]
    return found


def wait_for_scores(server: Server, session_id: str, wanted: dict[str, float]) -> None:
    while server.open_session(session_id)["session"]["scores"] != wanted:
        """The test's own time limit ends it."""


def test_the_newest_number_of_a_name_is_a_score_of_the_session(server: Server) -> None:
    first = {"session_id": "s1", "name": "helpful", "value": 0.5, "author": "ann"}
    assert send(server, [first, {**first, "author": "bob", "value": 0.7}]).status_code == 201
    assert [item["value"] for item in said(server, "s1")] == [0.7, 0.5]  # it precedes its session
    server.post("/v1/traces", chat("s1", question="Q?", answer="A."))
    server.post("/v1/traces", chat("s2", question="Q?", answer="A."))
    server.wait_derived()
    assert server.open_session("s1")["session"]["scores"] == {"helpful": 0.7}

    more = [{"session_id": "s1", "name": "solved", "value": True}, {**first, "value": 0.9}]
    send(server, [*more, {**first, "value": 0.1, "turn_id": "t"}])
    wait_for_scores(server, "s1", {"helpful": 0.9, "solved": 1.0})
    listed = server.get_json("/api/v1/sessions", params={"filter": 'score["helpful"] >= 0.8'})
    assert [item["session_id"] for item in listed["sessions"]] == ["s1"]
    assert listed["sessions"][0]["scores"] == {"helpful": 0.9, "solved": 1.0}
    unknown = {"filter": 'score["helpful"] is unknown or score["solved"] != 1'}
    listed = server.get_json("/api/v1/sessions", params=unknown)["sessions"]
    assert [(item["session_id"], item["scores"]) for item in listed] == [("s2", {})]

    found = said(server, "s1")
    assert [item["value"] for item in found] == [0.1, 0.9, True, 0.7, 0.5]
    assert [item["is_current"] for item in found] == [True, True, True, True, False]
    word = send(server, {**first, "value": "so so"}).json()["annotations"][0]  # no number any more
    wait_for_scores(server, "s1", {"helpful": 0.7, "solved": 1.0})
    assert [remove(server, item["id"]).status_code for item in (word, found[1])] == [200, 200]
    wait_for_scores(server, "s1", {"helpful": 0.7, "solved": 1.0})
    assert remove(server, found[3]["id"]).json() == {"removed": found[3]["id"]}
    wait_for_scores(server, "s1", {"helpful": 0.5, "solved": 1.0})
    assert remove(server, word["id"]).status_code == 404


def test_sending_an_id_twice_is_sending_it_once(server: Server) -> None:
    body = {"id": "a-1", "session_id": "s1", "name": "tone", "value": "kind", "source": "human"}
    first = send(server, body)
    again = send(server, [body, body])
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["annotations"] == first.json()["annotations"] * 2
    refused = send(server, [{**body, "id": "a-2"}, {**body, "value": "rude"}])
    assert (refused.status_code, refused.json()["error"]["field"]) == (409, "1.id")
    assert [item["id"] for item in said(server, "s1")] == ["a-1"]  # all or none
    remove(server, "a-1")
    assert send(server, body).status_code == 409
    assert server.get("/api/v1/sessions/s1/annotations").status_code == 404

    other = server.in_project(server.project + "-other")
    assert send(other, body).status_code == 201
    assert remove(server, "a-1").status_code == 404
    assert [item["project"] for item in said(other, "s1")] == [other.project]


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("session_id", {"session_id": ""}),
        ("name", {"name": "  "}),
        ("name", {"name": "two\nlines"}),
        ("name", {"name": "x" * 201}),
        ("name", {"name": None}),
        ("value", {"value": [1]}),
        ("value", {"value": None}),
        ("value", {"value": "x" * 10_001}),
        ("id", {"id": "../a"}),
        ("trace_id", {"trace_id": "abc"}),
        ("trace_id", {"span_id": "00000000000000ab"}),
        ("span_id", {"trace_id": TRACE, "span_id": "ab"}),
        ("source", {"source": "A Human"}),
        ("comment", {"comment": "x" * 10_001}),
        ("colour", {"colour": "red"}),
    ],
)
def test_what_cannot_be_kept_names_its_field(
    server: Server, field: str, change: dict[str, Any]
) -> None:
    good = {"session_id": "s1", "name": "tone", "value": 1}
    for body, name in (({**good, **change}, field), ([good, {**good, **change}], f"1.{field}")):
        refused = send(server, body)
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, name)
    assert server.get("/api/v1/sessions/s1/annotations").status_code == 404


def test_bodies_that_are_no_annotations_are_refused(server: Server) -> None:
    good = {"session_id": "s1", "name": "tone", "value": 1}
    for body in ([], 7, [good] * 1001):
        refused = send(server, body)
        assert (refused.status_code, refused.json()["error"]["field"]) == (400, "body")
    unknown = send(server, {"trace_id": TRACE, "name": "tone", "value": 1})
    assert (unknown.status_code, unknown.json()["error"]["field"]) == (404, "trace_id")


def test_agentas_annotation_of_a_span_is_one_of_its_session(server: Server) -> None:
    server.post("/v1/traces", chat("s1", question="Q?", answer="A."))
    server.wait_derived()
    trace = server.open_session("s1", "spans")["traces"][0]
    link = {"trace_id": trace["trace_id"].upper(), "span_id": trace["spans"][0]["span_id"]}
    body = {
        "trace": {
            "origin": "human",
            "kind": "adhoc",
            "channel": "api",
            "data": {"outputs": {"score": 5, "why": {"a": 1}, "nothing": None}},
            "references": {"evaluator": {"slug": "quality"}},
            "links": {"invocation": link},
        }
    }
    answer = send(server, body, "/api/simple/traces/")
    assert (answer.status_code, answer.json()["count"]) == (200, 1)
    assert len(answer.json()["trace"]["trace_id"]) == 32
    found = said(server, "s1")
    names = [(item["name"], item["value"], item["source"]) for item in found]
    assert names == [("quality.why", '{"a":1}', "human"), ("quality.score", 5, "human")]
    assert {item["trace_id"] for item in found} == {trace["trace_id"]}
    assert {item["span_id"] for item in found} == {link["span_id"]}
    by_trace = {"trace_id": trace["trace_id"], "name": "fast", "value": True}
    assert send(server, by_trace).json()["annotations"][0]["session_id"] == "s1"
    link["trace_id"] = TRACE
    lost = send(server, body, "/api/simple/traces/")
    assert (lost.status_code, lost.json()["error"]["field"]) == (404, "trace.links.trace_id")
