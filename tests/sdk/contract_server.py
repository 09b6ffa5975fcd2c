"""The smallest server that keeps sdk/CONTRACT.md: an application that echoes, over real HTTP."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import unquote

from tests.sdk.fake_openai import serving

TRACE_ID = "5b8efff798038103d269b633813fc60c"
ERRORS = {
    "nobody": (404, "not_found", "there is no application nobody", "base_id"),
    "keyless": (424, "failed_dependency", "openai has no key", None),
    "busy": (429, "too_many_requests", "later", None),
    "broken": (502, "bad_gateway", "the provider failed", None),
    "teapot": (418, "teapot", "short and stout", None),
}


@dataclass
class Contract:
    """A running server and what it was asked."""

    url: str = ""
    asked: list[tuple[dict[str, str], Any]] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)  # runs whose client left


@contextmanager
def keeping_the_contract() -> Iterator[Contract]:
    """Serves on a free port."""
    contract = Contract()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            contract.asked.append((headers, body))
            assert self.path == "/chat/run", self.path
            if headers.get("authorization") == "ApiKey wrong":
                return self.refuse(401, "unauthorized", "the key is not known", None)
            if body["base_id"] in ERRORS:
                return self.refuse(*ERRORS[body["base_id"]])
            if "chat_history" not in body["inputs"]:
                said = "inputs: chat_history is missing"
                return self.refuse(422, "unprocessable_entity", said, "inputs.chat_history")
            return self.run(headers, body)

        def run(self, headers: dict[str, str], body: Any) -> None:
            base = body["base_id"]
            if base == "silent":
                time.sleep(3)
                contract.gone.append(base)
            if base == "html":
                return self.reply(200, "text/html", "<html>")
            answer = answer_to(headers, body)
            if base == "odd":
                del answer["usage"]
            if body.get("stream"):
                return self.stream(body, answer)
            return self.reply(200, "application/json", json.dumps(answer))

        def stream(self, body: Any, answer: dict[str, Any]) -> None:
            self.send_response(200)
            self.send_header("content-type", "text/event-stream; charset=utf-8")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            try:
                self.chunk(": hello\n\nevent: later\ndata: {}\n\n")
                for word in answer["message"].split(" "):
                    self.chunk(f"event: delta\ndata: {json.dumps({'text': word + ' '})}\n\n")
                    time.sleep(0.3 if body["base_id"] == "slow" else 0)
                    if body["base_id"] == "cut":
                        self.close_connection = True
                        return None
                    if body["base_id"] == "failing":
                        error = {"code": "bad_gateway", "message": "it broke", "field": None}
                        data = json.dumps({"status": 502, "error": error})
                        self.chunk(f"event: error\ndata: {data}\n\n")
                        return self.chunk("")
                self.chunk(f"event: end\r\ndata: {json.dumps(answer)}\r\n\r\n")
                self.chunk("")
            except OSError:
                contract.gone.append(body["base_id"])
                self.close_connection = True

        def chunk(self, text: str) -> None:
            data = text.encode()
            self.wfile.write(f"{len(data):x}\r\n".encode() + data + b"\r\n")
            self.wfile.flush()

        def refuse(self, status: int, code: str, message: str, name: str | None) -> None:
            error = {"code": code, "message": message, "field": name}
            self.reply(status, "application/json", json.dumps({"error": error}))

        def reply(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            if status == 429:
                self.send_header("retry-after", "7")
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with serving(Handler) as contract.url:
        yield contract


def answer_to(headers: dict[str, str], body: Any) -> dict[str, Any]:
    """Returns the answer of the echoing application."""
    baggage = dict(item.split("=", 1) for item in headers.get("baggage", "").split(",") if item)
    session = (
        body["metadata"].get("ag.session.id")
        or headers.get("x-ag-session-id")
        or unquote(baggage.get("ag.session.id", "minted"))
    )
    return {
        "message": f"You said: {body['inputs']['chat_history'][-1]['content']}",
        "usage": {"input_tokens": 12, "output_tokens": 7, "total_tokens": 19},
        "cost_usd": None,
        "trace_id": headers.get("traceparent", f"00-{TRACE_ID}").split("-")[1],
        "session_id": session,
        "version": 3,
        "finish_reason": "stop",
    }
