"""The list of sessions as Agenta's clients ask for it."""

import pytest

from tests.serving import Server
from tests.telemetry import chat

JSON = {"content-type": "application/json"}
PATH = "/api/spans/sessions/query"
NAMES = [f"s{place}" for place in range(7)]


def ask(server: Server, body: object, path: str = PATH):
    """Returns the answer to a question."""
    headers = {"x-parley-project": server.project}
    return server.client.post(server.url + path, json=body, headers=headers)


@pytest.fixture
def seven(server: Server) -> Server:
    """Seven sessions, begun one after the other."""
    for name in NAMES:
        server.post("/v1/traces", chat(name, question=f"Is this {name}?", answer="Yes."))
    server.wait_derived()
    return server


def begun(server: Server) -> list[str]:
    """Returns the sessions by their start."""
    rows = server.get_json("/api/v1/sessions?sort=started_at")["sessions"]
    return [row["session_id"] for row in rows]


@pytest.mark.parametrize("path", [PATH, "/api/tracing/sessions/query"])
@pytest.mark.parametrize("order", ["ascending", "descending"])
@pytest.mark.parametrize("realtime", [False, True])
def test_pages_have_every_session_once(
    seven: Server, path: str, order: str, realtime: bool
) -> None:
    seen: list[str] = []
    window: dict[str, object] | None = {"limit": 3, "order": order, "newest": None, "rate": None}
    pages = 0
    while window is not None:
        answer = ask(seven, {"realtime": realtime, "windowing": window}, path).json()
        assert answer["count"] == len(answer["session_ids"]) == len(answer["sessions"])
        assert answer["total"] == 7
        seen += answer["session_ids"]
        window = answer["windowing"]
        pages += 1
    expected = begun(seven)
    assert seen == (expected if order == "ascending" else expected[::-1])
    assert pages == 3


def test_the_window_bounds_what_is_listed(seven: Server) -> None:
    rows = seven.get_json("/api/v1/sessions?sort=started_at")["sessions"]
    window = {"newest": rows[2]["started_at"]}
    answer = ask(seven, {"windowing": window}).json()
    assert answer["session_ids"] == [row["session_id"] for row in rows[1::-1]]
    assert answer["windowing"] is None
    assert ask(seven, {}).json()["count"] == 7
    assert ask(seven, {"q": '"Is this s3?"'}).json()["session_ids"] == ["s3"]
    assert ask(seven.in_project("nobody"), {}).json()["session_ids"] == []


def test_what_is_wrong_is_named(server: Server) -> None:
    for body, field in (
        ({"realtime": "yes"}, "realtime"),
        ({"sort": "cost"}, "sort"),
        ({"windowing": {"most": 5}}, "windowing.most"),
        ({"windowing": {"limit": 0}}, "windowing.limit"),
        ({"windowing": {"limit": 501}}, "windowing.limit"),
        ({"windowing": {"oldest": "yesterday"}}, "windowing.oldest"),
        ({"windowing": {"newest": 7}}, "windowing.newest"),
        ({"windowing": {"order": "up"}}, "windowing.order"),
        ({"windowing": {"next": "nonsense"}}, "windowing.next"),
        ({"windowing": {"rate": 0.5}}, "windowing.rate"),
        ({"windowing": {"oldest": "2026-02-01", "newest": "2026-01-01"}}, "windowing.oldest"),
        ({"filter": "cost >"}, "filter"),
    ):
        answer = ask(server, body)
        assert answer.status_code == 400, (body, answer.text)
        assert answer.json()["error"]["field"] == field, (body, answer.text)
