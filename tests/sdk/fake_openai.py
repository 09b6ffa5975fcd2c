"""A model's provider on this machine: answers as OpenAI's API does, whatever is asked.

`python -m tests.sdk.fake_openai` prints its address and serves until its input ends.
"""

import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "gpt-4o-mini-2024-07-18"


def answer_to(asked: dict[str, Any]) -> str:
    """Returns what the model says: the last words of the user, in capitals."""
    said = [message["content"] for message in asked["messages"] if message["role"] == "user"]
    return str(said[-1]).upper()


class Handler(BaseHTTPRequestHandler):
    """POST …/chat/completions, streamed or not."""

    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if asked["model"] == "broken":
            body = {"error": {"message": "the model is broken", "type": "server_error"}}
            return self.reply(400, "application/json", [json.dumps(body)])
        if asked.get("stream"):
            return self.reply(200, "text/event-stream", list(self.events(asked)))
        message = {"role": "assistant", "content": answer_to(asked)}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        return self.reply(200, "application/json", [json.dumps(self.body([choice], usage=True))])

    def events(self, asked: dict[str, Any]) -> Iterator[str]:
        """Yields the chunks of a streamed answer, word by word."""
        for word in answer_to(asked).split(" "):
            choice = {"index": 0, "delta": {"role": "assistant", "content": word + " "}}
            yield f"data: {json.dumps(self.body([choice], kind='chat.completion.chunk'))}\n\n"
        end = {"index": 0, "delta": {}, "finish_reason": "stop"}
        yield f"data: {json.dumps(self.body([end], kind='chat.completion.chunk', usage=True))}\n\n"
        yield "data: [DONE]\n\n"

    def body(
        self, choices: list[Any], *, kind: str = "chat.completion", usage: bool = False
    ) -> dict[str, Any]:
        """Returns one answer or chunk."""
        count = {"prompt_tokens": 12, "completion_tokens": 7, "total_tokens": 19}
        return {
            "id": f"chatcmpl-{id(self)}",
            "object": kind,
            "created": 1767225600,
            "model": MODEL,
            "choices": choices,
            **({"usage": count} if usage else {}),
        }

    def reply(self, status: int, kind: str, pieces: list[str]) -> None:
        """Sends an answer."""
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(sum(len(piece.encode()) for piece in pieces)))
        self.end_headers()
        for piece in pieces:
            self.wfile.write(piece.encode())
            self.wfile.flush()

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler] = Handler) -> Iterator[str]:
    """Serves on a free port; gives the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


if __name__ == "__main__":
    with serving() as address:
        print(f"{address}/v1", flush=True)
        sys.stdin.read()
