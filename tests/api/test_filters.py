"""q and filter over HTTP: what is found, what is refused and where, and completion."""

from typing import Any

import pytest

from tests.serving import Server
from tests.telemetry import chat


@pytest.fixture
def told(server: Server) -> Server:
    """Two sessions."""
    server.post("/v1/traces", chat("paris", "Where is my refund, in 東京?", "On its way."))
    server.post("/v1/traces", chat("rome", "Hello?", "Hi!"))
    server.wait_derived()
    return server


def listed(server: Server, **parameters: str) -> Any:
    return server.get_json("/api/v1/sessions", params=parameters)


def test_words_and_filter_narrow_the_list_and_the_series(told: Server) -> None:
    page = listed(told, q="REFUND 東京", filter="turns = 1")
    assert [session["session_id"] for session in page["sessions"]] == ["paris"]
    match = page["matches"]["paris"]
    assert match["role"] == "user"
    marked = [piece["text"] for piece in match["excerpt"] if piece.get("is_match")]
    assert marked == ["refund", "東京"]
    assert "".join(piece["text"] for piece in match["excerpt"]) == "Where is my refund, in 東京?"
    assert listed(told, q="refund", filter="turns > 1")["total"] == 0
    assert listed(told)["matches"] == {}
    series = told.get_json("/api/v1/series", params={"q": "refund"})
    assert (series["sessions"], series["turns"]) == (1, 1)
    series = told.get_json("/api/v1/series", params={"filter": "session_id in ('rome', 'oslo')"})
    assert series["sessions"] == 1


def test_another_project_finds_nothing(told: Server) -> None:
    other = told.in_project(told.project + "-other")
    assert listed(other, q="refund")["sessions"] == []
    assert listed(other, filter="turns = 1 and any(span.name ~ 'a')")["sessions"] == []
    fields = other.get_json("/api/v1/filter/vocabulary")["fields"]
    assert [f["seen"]["values"] for f in fields if f["name"] == "model"] == [[]]


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/series"])
def test_an_error_says_where_and_what_was_meant(server: Server, path: str) -> None:
    answer = server.get(path, params={"filter": "turns > 3 and modle = 'x'"})
    assert answer.status_code == 400
    error = answer.json()["error"]
    assert error["field"] == "filter"
    assert (error["column"], error["length"], error["suggestion"]) == (15, 5, "model")
    assert error["message"] == "filter: no field modle; did you mean model? (column 15)"
    answer = server.get(path, params={"q": "?!"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "q"


def test_the_vocabulary_tells_what_is_there(told: Server) -> None:
    fields = {f["name"]: f for f in told.get_json("/api/v1/filter/vocabulary")["fields"]}
    assert fields["turns"]["seen"] == {"low": 1.0, "high": 1.0, "values": []}
    assert fields["model"]["seen"]["values"] == ["gpt-4o"]
    assert fields["started_at"]["operators"] == [">", ">=", "<", "<="]
    assert fields["cost_usd"]["is_optional"]
    assert fields["span.kind"]["scope"] == "span"


@pytest.mark.parametrize(
    ("text", "start", "first"),
    [
        ("lat", 0, "latency_ms_sum "),
        ("turns > 3 and mod", 14, "model "),
        ("turns", 0, "turns "),
        ("turns ", 6, "> "),
        ("model = ", 8, '"gpt-4o" '),
        ('model = "gp', 8, '"gpt-4o" '),
        ("model in (", 10, '"gpt-4o" '),
        ("any(turn.lat", 4, "turn.latency_ms "),
        ("any(span.kind = ", 16, '"llm" '),
        ("count(span.ki", 6, "span.kind "),
        ("turns > 3 ", 10, "and "),
        ('user = "🎉" and lat', 15, "latency_ms_sum "),
        ("started_at > ", 13, "-1h "),
        ("failed ", 7, "and "),
    ],
)
def test_completion_knows_what_comes_next(told: Server, text: str, start: int, first: str) -> None:
    answer = told.get_json("/api/v1/filter/completions", params={"filter": text})
    assert answer["completion"]["start"] == start
    assert answer["completion"]["options"][0]["insert"] == first
    assert "".join(piece["text"] for piece in answer["pieces"]) == text


def test_completion_tells_what_is_wrong_with_the_whole(server: Server) -> None:
    answer = server.get_json(
        "/api/v1/filter/completions", params={"filter": "modle = 'x' and turns > 3", "at": "2"}
    )
    assert answer["error"] == {
        "message": "no field modle",
        "column": 1,
        "length": 5,
        "suggestion": "model",
    }
    assert [piece["text"] for piece in answer["pieces"] if piece["is_wrong"]] == ["modle"]
