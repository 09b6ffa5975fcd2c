"""Titles, tags and bookmarks through the API, the page's forms, exports and the command."""

import csv
import io
import json
import subprocess
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from tests.serving import Server, command, environment
from tests.telemetry import chat

ODD = "a/b transcript?\n%2F&=\u6771"


@pytest.fixture
def talked(server: Server) -> Server:
    """Three sessions: one, two, and one whose id holds everything."""
    for name in ("one", "two", ODD):
        server.post("/v1/traces", chat(name, f"What is {name}?"))
    server.wait_derived()
    return server


def patch(server: Server, session_id: str, body: Any, **more: Any) -> httpx.Response:
    path = f"{server.url}/api/v1/sessions/{quote(session_id, safe='')}"
    asked = {"project": server.project}
    return httpx.patch(path, params=asked, content=json.dumps(body), timeout=30, **more)


def send(server: Server, form: dict[str, Any], **more: Any) -> httpx.Response:
    asked = {"project": server.project, "sort": "-turns", "open": "one"}
    return httpx.post(f"{server.url}/labels", params=asked, data=form, timeout=30, **more)


def found(server: Server, text: str) -> set[str]:
    page = server.get_json("/api/v1/sessions", params={"filter": text})
    return {session["session_id"] for session in page["sessions"]}


def test_a_session_is_labelled_by_either_form_of_its_address(talked: Server) -> None:
    body = {"title": "<script>alert(1)</script>", "add_tags": ["beta"], "bookmarked": True}
    answer = patch(talked, ODD, body)
    assert answer.status_code == 200
    session = answer.json()["session"]
    assert session == talked.open_session(ODD)["session"]
    assert (session["title"], session["own_tags"]) == (body["title"], ["beta"])
    assert (session["tags"], session["bookmarked"]) == (["beta"], True)
    asked = {"project": talked.project, "id": ODD}
    path = f"{talked.url}/api/v1/session"
    answer = httpx.patch(path, params=asked, json={"tags": ["x"], "title": None}, timeout=30)
    assert answer.json()["session"] == {**session, "title": None, "tags": ["x"], "own_tags": ["x"]}
    assert found(talked, "bookmarked") == {ODD}


@pytest.mark.parametrize(
    ("field", "body"),
    [
        ("titel", {"titel": "x"}),
        ("title", {"title": 5}),
        ("title", {"title": "x" * 201}),
        ("tags", {"tags": "beta"}),
        ("tags", {"tags": [f"{number}" for number in range(51)]}),
        ("add_tags", {"add_tags": [""]}),
        ("bookmarked", {"bookmarked": "yes"}),
    ],
)
def test_a_wrong_body_names_its_field(talked: Server, field: str, body: dict[str, Any]) -> None:
    refused = patch(talked, "one", body)
    assert refused.status_code == 400
    assert refused.json()["error"]["field"] == field


def test_who_asks_for_what_is_not_theirs_is_refused(talked: Server) -> None:
    other = talked.in_project(talked.project + "-other")
    for missing in (patch(other, "one", {"title": "x"}), patch(talked, "none", {"title": "x"})):
        assert missing.status_code == 404
        assert missing.json()["error"]["field"] == "id"
    foreign = {"origin": "https://elsewhere.example"}
    assert patch(talked, "one", {"title": "x"}, headers=foreign).status_code == 403
    assert send(talked, {"session": "one", "title": "x"}, headers=foreign).status_code == 403
    assert talked.open_session("one")["session"]["title"] is None


def test_forms_label_what_is_chosen_and_lead_back(talked: Server) -> None:
    both = ["one", ODD]
    answer = send(talked, {"session": both, "tag": "beta", "do": "add_tag"})
    assert answer.status_code == 303
    assert httpx.URL(answer.headers["location"]).params["open"] == "one"
    assert found(talked, 'tag = "beta"') == set(both)
    send(talked, {"session": both, "bookmarked": "1"})
    send(talked, {"session": "one", "remove_tag": "beta", "title": 'A "quoted" <b>title</b>'})
    assert found(talked, 'tag = "beta" and bookmarked') == {ODD}
    page = httpx.get(talked.url, params={"project": talked.project, "open": "one"}).text
    assert "A &#34;quoted&#34; &lt;b&gt;title&lt;/b&gt;</h1>" in page
    for form in (
        {"tag": "x", "do": "add_tag"},
        {"session": "one", "tag": " ", "do": "add_tag"},
        {"session": "none", "bookmarked": "1"},
        {"session": "one", "export": "Word"},
    ):
        assert send(talked, form).status_code == 400


def test_exports_have_labels_and_what_is_chosen(talked: Server) -> None:
    patch(talked, "one", {"title": "=1+1", "tags": ["a", "b"], "bookmarked": True})

    def download(name: str) -> str:
        answer = send(talked, {"session": ["one", "two"], "export": name}, follow_redirects=True)
        assert answer.status_code == 200
        return answer.text

    rows = {row["session_id"]: row for row in csv.DictReader(io.StringIO(download("CSV")))}
    assert set(rows) == {"one", "two"}
    assert (rows["one"]["title"], rows["two"]["title"]) == ("'=1+1", "")
    assert (rows["one"]["own_tags"], rows["one"]["bookmarked"]) == ("a; b", "true")
    lines = [json.loads(line) for line in download("JSON lines").splitlines()]
    assert {line["session_id"]: line["title"] for line in lines} == {"one": "=1+1", "two": None}
    assert download("Parquet").startswith("PAR1")
    assert len(download("Dataset of chat messages").splitlines()) == 2


def test_the_command_labels_a_session(talked: Server) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        asked = ("--url", talked.url, "--project", talked.project)
        line = command("sessions", "label", *arguments, *asked)
        return subprocess.run(
            line, capture_output=True, text=True, timeout=60, env=environment(), check=False
        )

    done = run("one", "--title", "Named", "--tag", "a", "--tag", "b", "--bookmark")
    assert done.returncode == 0
    assert "Named" in done.stdout
    answer = json.loads(run("one", "--untag", "a", "--no-bookmark", "--json").stdout)["session"]
    assert (answer["title"], answer["own_tags"], answer["bookmarked"]) == ("Named", ["b"], False)
    assert "nothing to change" in run("one").stderr
