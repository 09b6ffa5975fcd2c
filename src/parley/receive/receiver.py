"""The raw ASGI application behind all ingest paths."""

import math
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from parley.receive.answers import JSON, PROTOBUF, Answer, export_answer, status_answer
from parley.receive.body import Disconnected, read_body
from parley.receive.convert import Incoming
from parley.receive.errors import NotAllowed, NotFound, UnsupportedType
from parley.receive.inflate import check_encoding
from parley.receive.intake import Intake
from parley.receive.refusal import REFUSALS, Refusal, refuse

__all__ = ["INGEST_PATHS", "Receiver"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

READY_PATH = "/api/otlp/v1/traces"  # Agenta's clients ask it with GET

# SDKs hard-code theirs (CONVENTIONS: wire level).
INGEST_PATHS: dict[str, str] = {
    "/v1/traces": "traces",
    "/v1/logs": "logs",
    "/v1/metrics": "metrics",
    READY_PATH: "traces",
    "/api/public/otel/v1/traces": "traces",
    "/otel/v1/traces": "traces",
    "/opik/api/v1/private/otel/v1/traces": "traces",
}
_SOURCES = {
    READY_PATH: "agenta",
    "/api/public/otel/v1/traces": "langfuse",
    "/otel/v1/traces": "langsmith",
    "/opik/api/v1/private/otel/v1/traces": "opik",
}
_CONTENT_TYPES = {
    "application/x-protobuf": PROTOBUF,
    "application/protobuf": "application/protobuf",
    "application/json": JSON,
}


class Receiver:
    """Takes telemetry over HTTP; answers once the journal has it on the disk.

    Checks host, origin and token itself, so that refusals have the form that OTLP clients read.
    """

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one request."""
        headers: dict[bytes, str] = {
            key: value.decode("latin-1").strip() for key, value in scope["headers"]
        }
        declared_type = headers.get(b"content-type", "").partition(";")[0].strip().lower()
        content_type = _CONTENT_TYPES.get(declared_type, JSON)
        try:
            answer = await self._answer(scope, receive, headers, content_type=content_type)
        except Disconnected:
            return
        except REFUSALS as error:
            refusal = refuse(error, self._intake.limits)
            self._intake.count_refusal(refusal)
            answer = _refused(refusal, scope["path"], content_type)
        requests = self._intake.counts.requests
        requests[answer.status] = requests.get(answer.status, 0) + 1
        await _send(send, answer, self._intake.access.page_headers(scope["headers"]))

    async def _answer(
        self, scope: Scope, receive: Receive, headers: dict[bytes, str], *, content_type: str
    ) -> Answer:
        path, method = scope["path"], scope["method"]
        kind = INGEST_PATHS.get(path)
        if kind is None:
            message = f"{path} takes no telemetry; try /v1/traces or /v1/logs"
            raise NotFound(message)
        self._intake.access.check_request(method, scope["headers"], is_ingest=True)
        if method == "OPTIONS":
            allowed = self._intake.access.preflight(scope["headers"])
            if allowed is not None:
                return Answer(204, "", b"", tuple(allowed))
        if method in ("GET", "HEAD") and path == READY_PATH:
            return Answer(200, JSON, b"" if method == "HEAD" else b'{"status":"ready"}')
        if method != "POST":
            message = f"{path} takes POST only"
            raise NotAllowed(message)
        project_id = self._intake.admit(scope["headers"])
        encoding = check_encoding(headers.get(b"content-encoding", ""))
        given_type = headers.get(b"content-type", "")
        if given_type.partition(";")[0].strip().lower() not in _CONTENT_TYPES:
            message = f"content-type {given_type[:100]!r}; expected {' or '.join(_CONTENT_TYPES)}"
            raise UnsupportedType(message)
        with self._intake.in_flight.hold(project_id) as held:
            body = await read_body(
                receive, held, declared=_content_length(headers), limits=self._intake.limits
            )
            source = _SOURCES.get(path, "otlp-http")
            incoming = Incoming(kind, content_type, encoding, project_id, source, body)
            converted = await self._intake.take(incoming, held)
        return export_answer(
            kind, content_type, rejected=converted.rejected, message=converted.problems
        )


def _refused(refusal: Refusal, path: str, content_type: str) -> Answer:
    """Returns the answer to a request that was not taken."""
    headers: list[tuple[bytes, bytes]] = []
    if refusal.retry_seconds is not None:
        headers.append((b"retry-after", str(math.ceil(refusal.retry_seconds)).encode()))
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="parley"'))
    if refusal.status == 405:
        headers.append((b"allow", b"GET, HEAD, POST" if path == READY_PATH else b"POST"))
    if refusal.status in (408, 503):
        headers.append((b"connection", b"close"))  # nobody waits for the rest of it
    return status_answer(
        refusal.status,
        content_type,
        rpc_code=refusal.rpc_code,
        message=refusal.message,
        headers=tuple(headers),
    )


def _content_length(headers: dict[bytes, str]) -> int | None:
    value = headers.get(b"content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None


async def _send(send: Send, answer: Answer, page_headers: list[tuple[bytes, bytes]]) -> None:
    headers = list(answer.headers)
    if answer.status != 204:
        headers += [
            (b"content-type", answer.content_type.encode()),
            (b"content-length", str(len(answer.body)).encode()),
            *page_headers,
        ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
