"""Records a client into tests/corpus: `python -m tests.clients.record NAME` (a name of the roster).

Keeps each request body as it was sent, with its path and headers, and writes the truth beside it.
"""

import json
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.clients import talk
from tests.clients.environments import prepare_modules, prepare_python
from tests.clients.roster import CLIENTS, Client
from tests.clients.running import run_client
from tests.clients.truth import facts_true
from tests.models import Exchange, serve_models

__all__ = ["record"]

CORPUS = Path(__file__).parent.parent / "corpus"
PRIVATE = {"authorization", "host"}


def record(client: Client, environment: Path, folder: Path) -> None:
    """Writes what the client sends over HTTP, and expected.json, into a new folder."""
    folder.mkdir(parents=True)
    with tempfile.TemporaryDirectory() as home, serve_models() as models, keep(folder) as url:
        run_client(
            client,
            environment,
            parley_url=url,
            parley_grpc="",
            model_url=models.url,
            home=Path(home),
        )
        sessions = {
            session_id: expected(key, models.exchanges_in(f"<{session_id}>"))
            for key in talk.CONVERSATIONS
            for session_id in [f"{client.name}-{key}"]
        }
    truth = {"client": client.name, "traces_mode": "turn", "sessions": sessions}
    (folder / "expected.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1) + "\n")


def expected(key: str, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Returns the truth of one conversation as tests/corpus tells it."""
    true = facts_true(key, exchanges)
    same = ("turns", "llm_calls", "tool_calls", "cached_tokens", "errors")
    reasoning = [item.answer.usage.reasoning for item in exchanges if item.answer]
    return {
        "key": key,
        "user_id": true["users"][0],
        **{name: true[name] for name in same},
        "prompt_tokens": true["input_tokens"],
        "completion_tokens": true["output_tokens"],
        "reasoning_tokens": sum(reasoning),
        "first_input": true["inputs"][0],
        "last_output": true["outputs"][-1],
        "turn_list": [
            {"input": turn.words, "output": turn.answer, "stream": turn.stream}
            for turn in talk.CONVERSATIONS[key]
        ],
    }


@contextmanager
def keep(folder: Path) -> Iterator[str]:
    """Takes OTLP over HTTP as a server would, and keeps it; yields the address."""
    lock = threading.Lock()

    class Keeper(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            chunked = "chunked" in (self.headers.get("transfer-encoding") or "")
            length = int(self.headers.get("content-length") or 0)
            body = read_chunks(self.rfile) if chunked else self.rfile.read(length)
            sent = {name.lower(): value for name, value in self.headers.items()}
            kept = {name: value for name, value in sent.items() if name not in PRIVATE}
            suffix = "json" if "json" in sent.get("content-type", "") else "bin"
            with lock:
                number = len(list(folder.glob("*.meta.json"))) + 1
                file = f"{number:03}.{suffix}"
                meta = {"method": "POST", "path": self.path, "headers": kept, "transport": "http"}
                meta |= {"seq": number, "file": file, "bytes": len(body)}
                (folder / file).write_bytes(body)
                text = json.dumps(meta, indent=1)
                (folder / f"{number:03}.meta.json").write_text(text + "\n")
            answer = b"{}" if suffix == "json" else b""
            self.send_response(200)
            self.send_header("content-type", sent.get("content-type", ""))
            self.send_header("content-length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Keeper) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_address[1]}"
        finally:
            http.shutdown()
            thread.join()


def read_chunks(stream: Any) -> bytes:
    """Returns a body of chunked transfer encoding."""
    body = b""
    while size := int(stream.readline().split(b";")[0], 16):
        body += stream.read(size)
        stream.readline()
    stream.readline()
    return body


if __name__ == "__main__":
    chosen = next(client for client in CLIENTS if client.name == sys.argv[1])
    prepare = prepare_python if chosen.script.endswith(".py") else prepare_modules
    record(chosen, prepare(chosen.environment), CORPUS / chosen.name)
