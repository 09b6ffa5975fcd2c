"""Saved views through the API and the page's forms."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from tests.serving import Server
from tests.telemetry import chat

VIEWS = "/api/v1/views"


def save(server: Server, **body: Any) -> httpx.Response:
    return ask(server, "POST", VIEWS, json=body)


def ask(server: Server, method: str, path: str, **more: Any) -> httpx.Response:
    url, asked = server.url + path, {"project": server.project}
    return httpx.request(method, url, params=asked, timeout=30, **more)


def names(server: Server) -> list[str]:
    return [view["name"] for view in ask(server, "GET", VIEWS).json()["views"]]


def test_a_view_is_saved_changed_and_removed(server: Server) -> None:
    saved = save(server, name=" Failed ", filter="failed", range="24h", columns=["turns"])
    assert saved.status_code == 201
    view = saved.json()
    assert (view["name"], view["filter"], view["columns"]) == ("Failed", "failed", ["turns"])
    assert (view["sort"], view["chart"], view["q"]) == ("-last_activity_at", "sessions", "")
    save(server, name="Second", **{"from": "2026-01-01", "to": "2026-01-02"})
    assert names(server) == ["Failed", "Second"]
    path = f"{VIEWS}/{view['id']}"
    changed = ask(server, "PATCH", path, json={"name": "Dear", "sort": "-cost_usd"}).json()
    assert changed == {**view, "name": "Dear", "sort": "-cost_usd"}
    assert ask(server, "GET", VIEWS).json()["views"][0] == changed
    assert ask(server, "DELETE", path).json() == {"removed": view["id"]}
    assert names(server) == ["Second"]
    for method, body in (("DELETE", None), ("PATCH", {"q": "x"})):
        assert ask(server, method, path, json=body).status_code == 404


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("name", {}),
        ("name", {"name": "  "}),
        ("name", {"name": "x" * 61}),
        ("name", {"name": "taken"}),
        ("filter", {"name": "a", "filter": "tunrs > 1"}),
        ("q", {"name": "a", "q": "x" * 501}),
        ("range", {"name": "a", "range": "1y"}),
        ("from", {"name": "a", "from": "soon"}),
        ("sort", {"name": "a", "sort": "-charm"}),
        ("columns", {"name": "a", "columns": ["x"]}),
        ("density", {"name": "a", "density": "high"}),
        ("chart", {"name": "a", "chart": "pie"}),
        ("colour", {"name": "a", "colour": "red"}),
    ],
)
def test_what_cannot_be_saved_names_its_field(
    server: Server, field: str, body: dict[str, Any]
) -> None:
    assert save(server, name="taken").status_code == 201
    refused = save(server, **body)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == field
    assert names(server) == ["taken"]


def test_views_of_another_project_are_not_there(server: Server) -> None:
    view = save(server, name="mine").json()
    other = server.in_project(server.project + "-other")
    assert names(other) == []
    path = f"{VIEWS}/{view['id']}"
    assert ask(other, "PATCH", path, json={"name": "theirs"}).status_code == 404
    assert ask(other, "DELETE", path).status_code == 404
    assert save(other, name="mine").status_code == 201
    assert names(server) == ["mine"]


def test_a_project_has_at_most_fifty_views(server: Server) -> None:
    for number in range(50):
        assert save(server, name=f"view {number}").status_code == 201
    refused = save(server, name="one more").json()["error"]
    assert "50 views" in refused["message"]


def test_the_forms_of_the_page_save_replace_rename_and_remove(server: Server) -> None:
    server.post("/v1/traces", chat("s", "Hello?", "Hi!"))
    server.wait_derived()

    def send(path: str, **form: str) -> dict[str, list[str]]:
        answer = ask(server, "POST", path, data=form)
        assert answer.status_code == 303
        return parse_qs(urlsplit(answer.headers["location"]).query)

    shown = send("/views", name="Dear", filter="turns >= 1", sort="-cost_usd", range="all")
    assert shown["filter"] == ["turns >= 1"]
    assert shown["sort"] == ["-cost_usd"]
    asked = {"project": server.project, **{key: value[0] for key, value in shown.items()}}
    page = httpx.get(server.url, params=asked).text
    assert 'aria-current="true">Dear</a>' in page
    assert 'aria-current="true">All sessions</a>' not in page
    send("/views", name="Dear", filter="failed")
    (view,) = ask(server, "GET", VIEWS).json()["views"]
    assert (view["filter"], view["sort"]) == ("failed", "-last_activity_at")
    send(f"/views/{view['id']}/rename", name="Broken")
    assert names(server) == ["Broken"]
    refused = ask(server, "POST", "/views", data={"name": ""})
    assert refused.status_code == 400
    assert "The view was not saved" in refused.text
    foreign = {"origin": "https://elsewhere.example"}
    assert ask(server, "POST", "/views", data={"name": "x"}, headers=foreign).status_code == 403
    send(f"/views/{view['id']}/remove")
    assert names(server) == []
