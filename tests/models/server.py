"""Serves the model over real HTTP, from threads, and remembers every exchange."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, ClassVar

from tests.models import chat, embeddings, messages, responses
from tests.models.script import Answer, Failure, Heard, Script, answer, failure_of, read_script

__all__ = ["Exchange", "ModelServer", "serve_models"]

FORMATS: dict[str, Any] = {
    "/v1/chat/completions": chat,
    "/v1/responses": responses,
    "/v1/messages": messages,
}
WRONG_KEY = "wrong"
PIECES_BEFORE_BREAK = 3


@dataclass(frozen=True)
class Exchange:
    """One request and what became of it. usage_sent: whether the client was told the usage."""

    path: str
    heard: Heard
    answer: Answer | None
    failure: Failure | None
    usage_sent: bool


@dataclass
class ModelServer:
    """A running server. `url` has no /v1 at its end, which OpenAI's clients want."""

    url: str
    exchanges: list[Exchange] = field(default_factory=list)
    last_body: dict[str, Any] = field(default_factory=dict)  # as it was sent
    stopping: threading.Event = field(default_factory=threading.Event)
    failed_once: set[tuple[str, str]] = field(default_factory=set)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def exchanges_in(self, system: str) -> list[Exchange]:
        """Returns the exchanges whose system prompt holds these words, in their order."""
        with self.lock:
            return [item for item in self.exchanges if system in item.heard.system]

    def failure_of(self, heard: Heard, script: Script) -> Failure | None:
        """Returns the refusal that is due; one that shall happen once is due once."""
        if script.fails_once:
            said = (heard.system, heard.question)
            with self.lock:
                if said in self.failed_once:
                    return None
                self.failed_once.add(said)
        return failure_of(script)

    def remember(self, exchange: Exchange) -> int:
        """Returns the number of an exchange."""
        with self.lock:
            self.exchanges.append(exchange)
            return len(self.exchanges)


class Refused(Exception):
    """A request that cannot be answered."""

    def __init__(self, failure: Failure):
        super().__init__(failure.message)
        self.failure = failure


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    protocol_version = "HTTP/1.1"
    models: ClassVar[ModelServer]

    def do_GET(self) -> None:
        """Answers the list of models."""
        if self.path == "/v1/models":
            self.send_json(200, embeddings.list_models())
        else:
            self.send_json(404, chat.error_body(Failure(404, f"no such path: {self.path}")))

    def do_POST(self) -> None:
        """Answers a question."""
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        path = self.path.partition("?")[0]
        wire = FORMATS.get(path, chat)
        try:
            self.check_key()
            request = self.models.last_body = read_json(body)
            if path == "/v1/embeddings":
                self.send_json(200, embeddings.embed(request))
            elif path in FORMATS:
                self.converse(path, hear(wire, request, self.headers.get("x-model-script") or ""))
            else:
                raise Refused(Failure(404, f"no such path: {path}"))
        except Refused as refused:
            error_body = getattr(wire, "error_body", chat.error_body)
            self.send_json(refused.failure.status, error_body(refused.failure), refused.failure)

    def check_key(self) -> None:
        """Refuses a request without a key, or with the one that is wrong."""
        sent = self.headers.get("authorization") or self.headers.get("x-api-key") or ""
        if sent.removeprefix("Bearer ") in ("", WRONG_KEY):
            raise Refused(Failure(401, "Incorrect API key provided."))

    def converse(self, path: str, heard: Heard) -> None:
        """Answers as the words ask, and remembers it."""
        script = read_script(heard)
        if script.unknown:
            raise Refused(Failure(400, f"no such word of a script: {', '.join(script.unknown)}"))
        if self.models.stopping.wait(script.wait_seconds):
            return
        if script.fail == "hang":
            self.models.remember(Exchange(path, heard, None, None, usage_sent=False))
            self.models.stopping.wait()
            return
        failure = self.models.failure_of(heard, script)
        if failure:
            self.models.remember(Exchange(path, heard, None, failure, usage_sent=False))
            raise Refused(failure)
        said = answer(heard, script)
        sent = heard.wants_usage and not script.breaks
        number = self.models.remember(Exchange(path, heard, said, None, usage_sent=sent))
        if heard.stream:
            self.stream(FORMATS[path].answer_events(heard, said, number), script)
        elif not script.breaks:
            self.send_json(200, FORMATS[path].answer_body(heard, said, number))
        else:
            self.close_connection = True

    def stream(self, events: Iterator[tuple[str, Any]], script: Script) -> None:
        """Sends server-sent events, each in a chunk of its own."""
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for place, (name, data) in enumerate(events):
            if script.breaks and place == PIECES_BEFORE_BREAK:
                self.close_connection = True
                return
            if self.models.stopping.wait(script.drip_seconds):
                return
            text = data if isinstance(data, str) else json.dumps(data)
            line = (f"event: {name}\n" if name else "") + f"data: {text}\n\n"
            self.wfile.write(b"%x\r\n%s\r\n" % (len(line.encode()), line.encode()))
            self.wfile.flush()
        self.wfile.write(b"0\r\n\r\n")

    def send_json(self, status: int, body: Any, failure: Failure | None = None) -> None:
        """Sends a whole answer."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        if failure and failure.retry_after_seconds is not None:
            self.send_header("retry-after", str(failure.retry_after_seconds))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *arguments: Any) -> None:
        """Says nothing: exchanges are remembered."""


def read_json(body: bytes) -> dict[str, Any]:
    """Returns a request's body."""
    try:
        request = json.loads(body)
    except ValueError as error:
        raise Refused(Failure(400, f"not JSON: {error}")) from error
    if not isinstance(request, dict):
        raise Refused(Failure(400, "not a JSON object"))
    return request


def hear(wire: Any, request: dict[str, Any], header: str) -> Heard:
    """Returns what a request says in a wire format."""
    try:
        heard: Heard = wire.hear(request, header)
    except KeyError as error:
        raise Refused(Failure(400, f"missing required field: {error.args[0]}")) from error
    return heard


class Threads(ThreadingHTTPServer):
    """One thread for each connection; none outlives the server."""

    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Says nothing of a client that went away; clients that time out do."""


@contextmanager
def serve_models() -> Iterator[ModelServer]:
    """Serves on a free port of 127.0.0.1 until the block ends."""
    handler = type("BoundHandler", (Handler,), {})
    with Threads(("127.0.0.1", 0), handler) as http:
        handler.models = ModelServer(url=f"http://127.0.0.1:{http.server_address[1]}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield handler.models
        finally:
            handler.models.stopping.set()
            http.shutdown()
            thread.join()
