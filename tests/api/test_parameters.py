"""Every parameter, given wrongly: a 400 that names it."""

from urllib.parse import quote

import pytest

from tests.serving import Server

PATHS = ["/api/v1/sessions", "/api/v1/series", "/api/v1/stats", "/api/v1/session", "/api/v1/trace"]

BAD = [
    ("/api/v1/sessions?limit=0", "limit"),
    ("/api/v1/sessions?limit=501", "limit"),
    ("/api/v1/sessions?limit=-1", "limit"),
    ("/api/v1/sessions?limit=ten", "limit"),
    ("/api/v1/sessions?limit=", "limit"),
    ("/api/v1/sessions?limit=1&limit=2", "limit"),
    ("/api/v1/sessions?from=yesterday", "from"),
    ("/api/v1/sessions?from=1700000000", "from"),
    ("/api/v1/sessions?to=2026-13-01", "to"),
    ("/api/v1/sessions?to=1950-01-01", "to"),
    ("/api/v1/sessions?to=9999-01-01", "to"),
    ("/api/v1/sessions?from=2026-02-01&to=2026-01-01", "from"),
    ("/api/v1/sessions?sort=shoe_size", "sort"),
    ("/api/v1/sessions?sort=", "sort"),
    ("/api/v1/sessions?sort=--turns", "sort"),
    ("/api/v1/sessions?sort=turns;DROP%20TABLE%20spans", "sort"),
    ("/api/v1/sessions?cursor=nonsense", "cursor"),
    ("/api/v1/sessions?cursor=%00%FF", "cursor"),
    ("/api/v1/sessions?project=", "project"),
    ("/api/v1/sessions?project=a%0Ab", "project"),
    ("/api/v1/sessions?project=" + "p" * 201, "project"),
    ("/api/v1/sessions?q=%3F", "q"),
    ("/api/v1/sessions?filter=turns%3E", "filter"),
    ("/api/v1/sessions?page=2", "page"),
    ("/api/v1/series?buckets=0", "buckets"),
    ("/api/v1/series?buckets=501", "buckets"),
    ("/api/v1/series?buckets=many", "buckets"),
    ("/api/v1/series?from=2026-01-01&to=2026-01-01", "from"),
    ("/api/v1/session", "id"),
    ("/api/v1/session?id=", "id"),
    ("/api/v1/session?id=a&id=b", "id"),
    ("/api/v1/sessions/a?id=b", "id"),
    ("/api/v1/trace", "id"),
    ("/api/v1/sessions/%FF", "id"),
    ("/api/v1/events?since=1", "since"),
    ("/healthz?verbose=1", "verbose"),
]


@pytest.mark.parametrize(("path", "field"), BAD)
def test_a_bad_parameter_is_refused_by_name(server: Server, path: str, field: str) -> None:
    answer = server.get(path)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert error["code"] == "bad_request"
    assert error["field"] == field
    assert field in error["message"] or "expected" in error["message"]


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_parameter_is_refused_everywhere(server: Server, path: str) -> None:
    answer = server.get(path, params={"colour": "red"})
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "colour"


def test_times_are_read_with_offset_date_only_and_unencoded_plus(server: Server) -> None:
    for text in ("2026-01-01", "2026-01-01T10:00:00Z", "2026-01-01T10:00:00.5+02:00"):
        server.get_json(f"/api/v1/sessions?from={quote(text)}")
    server.get_json("/api/v1/sessions?from=2026-01-01T10:00:00+02:00")


def test_unknown_addresses_and_methods_have_the_same_form(server: Server) -> None:
    missing = server.get("/api/v1/nothing")
    assert missing.status_code == 404
    assert missing.json()["error"]["code"] == "not_found"
    wrong = server.client.delete(server.url + "/api/v1/sessions")
    assert wrong.status_code == 405
    assert wrong.json()["error"]["code"] == "method_not_allowed"


def test_a_missing_session_is_404_and_says_where_it_was_looked_for(server: Server) -> None:
    answer = server.get("/api/v1/sessions/nobody")
    assert answer.status_code == 404
    error = answer.json()["error"]
    assert error["field"] == "id"
    assert "nobody" in error["message"]
    assert server.project in error["message"]


def test_an_unknown_part_is_404(server: Server) -> None:
    answer = server.get("/api/v1/sessions/nobody/soul")
    assert answer.status_code == 404
    assert answer.json()["error"]["field"] == "part"


def test_a_missing_trace_is_404(server: Server) -> None:
    assert server.get(f"/api/v1/traces/{'0' * 32}").status_code == 404


@pytest.mark.parametrize(
    "trace_id", ["xyz", "a%2Fb", "0" * 31, "0" * 31 + "%0A", "", "%F0%9F%A6%9C"]
)
def test_what_is_no_trace_id_is_refused(server: Server, trace_id: str) -> None:
    answer = server.get(f"/api/v1/traces/{trace_id}")
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == "id"
