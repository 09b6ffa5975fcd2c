"""/api/v1/analytics and /api/v1/users: what they answer, and what they refuse."""

from urllib.parse import urlencode

import pytest

from tests.serving import Server
from tests.telemetry import make_span, pack

NAMES = ["plain", 'with "quotes"', "back\\slash", "東京", ""]


def say(server: Server, session: str, *, user: str, model: str, fails: bool = False) -> None:
    attributes = {
        "session.id": session,
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": model,
        "gen_ai.usage.input_tokens": 100,
        "gen_ai.usage.output_tokens": 10,
    }
    if session != "s-0":
        attributes["ag.meta.prompt_version"] = f"desk/default/{session[-1]}"
    if user:
        attributes["user.id"] = user
    span = make_span(attributes=attributes, error="refused" if fails else "")
    server.post("/v1/traces", pack(span))


@pytest.fixture(scope="module")
def talked(shared_server: Server) -> Server:
    """Two sessions of each user, one of nobody's; one in three failed."""
    server = shared_server.in_project("test-analytics")
    for place, user in enumerate([*NAMES, *NAMES]):
        model = "gpt-4o" if place % 2 else "nobody-prices-this"
        say(server, f"s-{place}", user=user, model=model, fails=place % 3 == 0)
    server.wait_derived()
    return server


def listed(server: Server, filter_text: str) -> int:
    asked = urlencode({"filter": filter_text})
    return int(server.get_json(f"/api/v1/sessions?{asked}")["total"])


@pytest.mark.parametrize("by", ["model", "user", "environment", "tag", "prompt"])
def test_every_group_leads_to_exactly_its_sessions(talked: Server, by: str) -> None:
    found = talked.get_json(f"/api/v1/analytics?by={by}&metric=sessions")
    assert found["sessions"] == 10
    assert found["groups_total"] == len(found["groups"])
    for group in found["groups"]:
        assert listed(talked, group["filter"]) == group["sessions"]
    if by == "user":
        assert sorted(group["name"] or "" for group in found["groups"]) == sorted(NAMES)
        assert {group["sessions"] for group in found["groups"]} == {2}


def test_the_totals_are_those_of_the_list(talked: Server) -> None:
    found = talked.get_json("/api/v1/analytics")
    assert found["failed_sessions"] == listed(talked, "failed") == 4
    assert found["unpriced_sessions"] == listed(talked, "not cost_complete") == 3
    assert sum(part["count"] for part in found["session_turns"]["bins"]) == 10
    assert found["session_cost"]["unknown"] == 5
    assert {group["name"] for group in found["groups"]} == {"gpt-4o", "nobody-prices-this"}
    assert len(found["most_expensive"]) == 5


def test_users_are_sorted_searched_and_paged(talked: Server) -> None:
    every = talked.get_json("/api/v1/users?sort=sessions")
    assert every["total"] == 4
    assert sorted(user["user"] for user in every["users"]) == sorted(filter(None, NAMES))
    assert {user["sessions"] for user in every["users"]} == {2}
    first = talked.get_json("/api/v1/users?limit=3&sort=-total_tokens")
    cursor = urlencode({"cursor": first["next_cursor"]})
    rest = talked.get_json(f"/api/v1/users?limit=3&sort=-total_tokens&{cursor}")
    assert len({user["user"] for user in first["users"] + rest["users"]}) == 4
    assert rest["next_cursor"] is None
    (one,) = talked.get_json("/api/v1/users?search=QUOT")["users"]
    assert one["user"] == 'with "quotes"'


def test_another_project_sees_nothing(talked: Server) -> None:
    other = talked.in_project("test-analytics-other")
    assert other.get_json("/api/v1/analytics")["sessions"] == 0
    assert other.get_json("/api/v1/users")["users"] == []


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("/api/v1/analytics?by=colour", "by"),
        ("/api/v1/analytics?metric=joy", "metric"),
        ("/api/v1/analytics?buckets=0", "buckets"),
        ("/api/v1/analytics?filter=tunrs", "filter"),
        ("/api/v1/analytics?from=2026-01-02&to=2026-01-01", "from"),
        ("/api/v1/users?sort=joy", "sort"),
        ("/api/v1/users?limit=0", "limit"),
        ("/api/v1/users?cursor=x", "cursor"),
        ("/api/v1/users?q=%22", "q"),
    ],
)
def test_what_cannot_be_names_the_field(talked: Server, address: str, field: str) -> None:
    answer = talked.get(address)
    assert answer.status_code == 400
    assert answer.json()["error"]["field"] == field
