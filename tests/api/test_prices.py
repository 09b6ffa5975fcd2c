"""Prices over HTTP: set, listed, imported, updated, by one project for itself."""

import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import httpx
import pytest

from tests.derive.test_prices import package
from tests.serving import Server, Start
from tests.telemetry import chat, chat_attributes, make_span, pack

GOOD = {"model": "mine", "input": "1.5", "output": 2}


def ask(server: Server, method: str, path: str, **options: Any) -> httpx.Response:
    headers = {"x-parley-project": server.project}
    return server.client.request(method, server.url + path, headers=headers, **options)


def send(server: Server, session: str, model: str = "mine", **more: Any) -> None:
    attributes = chat_attributes(session, [("user", "Hi")], "Hello", **more)
    attributes["gen_ai.request.model"] = attributes["gen_ai.response.model"] = model
    answer = server.post("/v1/traces", pack(make_span(attributes=attributes)))
    assert answer.status_code == 200


def wait_priced(server: Server) -> None:
    """Returns once every change of prices is in every answer."""
    deadline = time.monotonic() + 60
    while not server.get_json("/api/v1/prices/repricing")["is_done"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_price_is_set_listed_and_removed(server: Server) -> None:
    send(server, "s")
    server.wait_derived()
    listed = server.get_json("/api/v1/prices", params={"unknown": "true"})
    (model,) = listed["models"]
    assert (model["model"], model["calls"], model["unpriced_calls"]) == ("mine", 1, 1)
    assert (model["cost_usd"], model["cost_reason"], model["rate"]) == (None, "no_price", {})

    answer = ask(server, "PUT", "/api/v1/prices", json=GOOD)
    assert answer.status_code == 200
    assert answer.json()["changed"]
    (price,) = answer.json()["prices"]
    assert (price["input"], price["output"], price["scope"]) == ("1.5", "2", "project")
    wait_priced(server)
    session = server.open_session("s")
    assert session["session"]["cost_usd"] == pytest.approx(190 / 1e6)
    assert session["usage"][0]["cost_source"] == "override"
    assert session["cost_reason"] == ""
    (model,) = server.get_json("/api/v1/prices")["models"]
    assert (model["source"], model["price_id"]) == ("override", price["id"])
    assert model["rate"] == {"input": "1.5", "output": "2"}
    assert server.get_json("/api/v1/prices", params={"unknown": "true"})["models"] == []

    other = server.in_project("somebody-else")
    assert other.get_json("/api/v1/prices")["prices"] == []
    path = f"/api/v1/prices/{price['id']}"
    assert ask(other, "DELETE", path).status_code == 404
    assert ask(server, "DELETE", path).json() == {"removed": price["id"]}
    assert ask(server, "DELETE", path).status_code == 404
    wait_priced(server)
    assert server.open_session("s")["session"]["cost_usd"] is None
    assert server.open_session("s")["cost_reason"] == "no_price"


def test_what_is_wrong_is_named_by_its_field(server: Server) -> None:
    answer = ask(server, "PUT", "/api/v1/prices", json={**GOOD, "input": "x", "valid_from": "y"})
    assert answer.status_code == 400
    assert set(answer.json()["error"]["fields"]) == {"input", "valid_from"}
    for body in (b"", b"[", b"[1]", b"\xff"):
        answer = ask(server, "PUT", "/api/v1/prices", content=body)
        assert (answer.status_code, answer.json()["error"]["field"]) == (400, "body")
    assert server.get_json("/api/v1/prices")["prices"] == []
    assert server.get("/api/v1/prices?unknown=perhaps").status_code == 400


def test_a_file_sets_all_its_prices_or_none(server: Server) -> None:
    wrong = b"model,input,output\nmine,1,2\nyours,1,x\n"
    answer = ask(server, "POST", "/api/v1/prices/import", content=wrong)
    assert answer.status_code == 400
    assert answer.json()["error"]["message"].startswith("line 3: output")
    assert server.get_json("/api/v1/prices")["prices"] == []
    right = b"model,provider,input,output\nmine,,1,2\nyours,acme,1,2\n"
    answer = ask(server, "POST", "/api/v1/prices/import", content=right)
    assert answer.json()["changed"]
    found = server.get_json("/api/v1/prices")["prices"]
    assert [(item["model"], item["provider"]) for item in found] == [
        ("yours", "acme"),
        ("mine", ""),
    ]
    assert not ask(server, "POST", "/api/v1/prices/import", content=right).json()["changed"]


class Publisher:
    """An address that publishes data of genai-prices; `content` is what it answers."""

    def __init__(self) -> None:
        self.status, self.content = 200, b""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(outer.status)
                self.end_headers()
                self.wfile.write(outer.content)

            def log_message(self, *_: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/data.json"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    running = Publisher()
    yield running
    running.server.shutdown()
    running.server.server_close()


def test_newer_rates_are_fetched_and_a_failure_changes_nothing(
    start: Start, publisher: Publisher
) -> None:
    server = start("--prices-url", publisher.url)
    send(server, "s", "acme-late")
    send(server, "t", "acme-later")
    server.wait_derived()
    publisher.status = 500
    answer = ask(server, "POST", "/api/v1/prices/update")
    assert answer.status_code == 502
    assert "500" in answer.json()["error"]["message"]
    assert "nothing was changed" in answer.json()["error"]["message"]
    publisher.status, publisher.content = 200, b"<html>"
    assert ask(server, "POST", "/api/v1/prices/update").status_code == 502
    assert server.get_json("/api/v1/prices")["package"] == {"source": "", "updated_at": None}

    publisher.content = package("acme-late").encode()
    answer = ask(server, "POST", "/api/v1/prices/update")
    assert answer.json()["source"] == publisher.url
    wait_priced(server)
    assert server.open_session("s")["session"]["cost_usd"] == pytest.approx(700 / 1e6)
    assert server.open_session("t")["session"]["cost_usd"] is None
    bad = ask(server, "POST", "/api/v1/prices/update", content=b"[]")
    assert (bad.status_code, bad.json()["error"]["field"]) == (400, "body")
    content = package("acme-late", "acme-later").encode()
    assert ask(server, "POST", "/api/v1/prices/update", content=content).status_code == 200
    wait_priced(server)
    assert server.open_session("t")["session"]["cost_usd"] is not None
    server.stop()
    again = start()
    assert again.get_json("/api/v1/prices")["package"]["source"] == "a file"


def test_what_was_not_understood_is_listed_with_examples(server: Server) -> None:
    odd = {"acme.plan": "x", "acme.items.0.id": 1, "acme.items.1.id": 2, "http.route": "/"}
    unread = {"gen_ai.input.messages": '[{"role": 7}]'}
    cached = {"gen_ai.usage.cache_read.input_tokens": 10**9}
    send(server, "s", **odd, **unread)
    send(server, "odd", "gpt-4o", **cached)
    server.post("/v1/traces", pack(make_span(span_id=b"abc", attributes={"acme.plan": 1})))
    server.post("/v1/traces", chat("fine"))
    server.wait_derived()
    found = server.get_json("/api/v1/unknown")
    names = {item["name"]: item for item in found["attributes"]}
    assert set(names) == {"acme.plan", "acme.items.N.id"}
    assert names["acme.plan"]["spans"] == 2, "of a span without a session too"
    assert (names["acme.plan"]["service"], names["acme.plan"]["scope"]) == ("tests", "tests")
    assert [item["name"] for item in found["unused"]] == ["http.route"]
    assert [item["model"] for item in found["models"]] == ["mine"]
    assert [item["model"] for item in found["clamped"]] == ["gpt-4o"]
    assert [item["name"] for item in found["payloads"]] == ["gen_ai.input.messages"]
    assert [item["name"] for item in found["notes"]] == ["span id of 3 bytes or all zero"]
    assert found["failed"] == []
    assert (found["sample"]["sessions"], found["sample"]["is_all"]) == (3, True)
    nothing = server.in_project("nobody").get_json("/api/v1/unknown")
    assert nothing["attributes"] == nothing["models"] == []

    example = names["acme.items.N.id"]
    trace = server.get_json(f"/api/v1/traces/{example['trace_id']}")
    (span,) = trace["spans"]
    assert span["span_id"] == example["span_id"]
    assert span["understood"]["input_tokens"] == "genai: gen_ai.usage.input_tokens"
    assert span["unclaimed"] == ["acme.items.0.id", "acme.items.1.id", "acme.plan"]
    assert span["unused"] == ["http.route"]
    assert "understood" not in server.open_session("s", "spans")["traces"][0]["spans"][0]
