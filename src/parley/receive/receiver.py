"""The raw ASGI application behind all ingest paths."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from msgspec import Struct

from parley.access import Access, AccessError
from parley.journal import Journal, JournalBroken, JournalFull
from parley.receive.answers import JSON, PROTOBUF, Answer, export_answer, status_answer
from parley.receive.body import Disconnected, Held, InFlight, read_body
from parley.receive.convert import Converted, Incoming, convert
from parley.receive.counts import ReceiveCounts
from parley.receive.envelope import Stamps
from parley.receive.errors import NotAllowed, NotFound, ReceiveError, UnsupportedType
from parley.receive.inflate import check_encoding

__all__ = ["INGEST_PATHS", "ReceiveLimits", "Receiver"]

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
_RPC_CODES = {400: 3, 401: 16, 403: 7}
INLINE_BYTES_MAX = 32 * 1024  # 0.1 ms of protobuf: cheaper than a thread's hand-over
CONVERTING_THREADS = 2  # each may hold an inflated body and its canonical copy


class ReceiveLimits(Struct, frozen=True):
    """What one request, and all of them together, may cost."""

    body_bytes: int = 64 << 20
    inflated_bytes: int = 64 << 20
    in_flight_bytes: int = 256 << 20
    body_seconds: float = 120.0
    full_retry_seconds: int = 5  # the loader empties the journal about every second
    broken_retry_seconds: int = 15


class Receiver:
    """Takes telemetry; answers once the journal has it on the disk.

    Checks host, origin and token itself, so that refusals have the form that OTLP clients read.
    """

    def __init__(self, *, journal: Journal, access: Access, limits: ReceiveLimits) -> None:
        self._journal = journal
        self._access = access
        self._limits = limits
        self._stamps = Stamps()
        self._in_flight = InFlight(limits.in_flight_bytes)
        self._threads = ThreadPoolExecutor(CONVERTING_THREADS, "parley-receive")
        self.counts = ReceiveCounts()

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
        except (ReceiveError, AccessError, JournalFull, JournalBroken) as refusal:
            answer = self._refuse(refusal, scope["path"], content_type)
        self.counts.requests[answer.status] = self.counts.requests.get(answer.status, 0) + 1
        await _send(send, answer)

    def close(self) -> None:
        """Ends the threads. Call it when no request runs any more."""
        self._threads.shutdown()

    async def _answer(
        self, scope: Scope, receive: Receive, headers: dict[bytes, str], *, content_type: str
    ) -> Answer:
        path, method = scope["path"], scope["method"]
        kind = INGEST_PATHS.get(path)
        if kind is None:
            message = f"{path} takes no telemetry; try /v1/traces or /v1/logs"
            raise NotFound(message)
        self._access.check_request(method, scope["headers"], is_ingest=True)
        if method in ("GET", "HEAD") and path == READY_PATH:
            return Answer(200, JSON, b"" if method == "HEAD" else b'{"status":"ready"}')
        if method != "POST":
            message = f"{path} takes POST only"
            raise NotAllowed(message)
        self._access.check_token(scope["headers"])
        project_id = self._access.write_project(scope["headers"])
        encoding = check_encoding(headers.get(b"content-encoding", ""))
        given_type = headers.get(b"content-type", "")
        if given_type.partition(";")[0].strip().lower() not in _CONTENT_TYPES:
            message = f"content-type {given_type[:100]!r}; expected {' or '.join(_CONTENT_TYPES)}"
            raise UnsupportedType(message)
        with self._in_flight.hold() as held:
            body = await read_body(
                receive,
                held,
                declared=_content_length(headers),
                limit_bytes=self._limits.body_bytes,
                limit_seconds=self._limits.body_seconds,
            )
            source = _SOURCES.get(path, "otlp-http")
            incoming = Incoming(kind, content_type, encoding, project_id, source, body)
            converted = await self._convert(incoming)
            await self._keep(kind, converted, held)
        return export_answer(
            kind, content_type, rejected=converted.rejected, message=converted.problems
        )

    async def _convert(self, incoming: Incoming) -> Converted:
        limit = self._limits.inflated_bytes
        # JSON and what inflates to who knows how much never run on the event loop.
        is_small = len(incoming.body) <= INLINE_BYTES_MAX
        if is_small and not incoming.encoding and incoming.content_type != JSON:
            return convert(incoming, self._stamps, limit_bytes=limit)
        return await asyncio.get_running_loop().run_in_executor(
            self._threads, lambda: convert(incoming, self._stamps, limit_bytes=limit)
        )

    async def _keep(self, kind: str, converted: Converted, held: Held) -> None:
        if converted.envelope:
            held.grow(len(converted.envelope))
            await self._journal.append(kind, converted.envelope)
        counts = self.counts
        if kind == "traces":
            counts.accepted_spans += converted.accepted
        elif kind == "logs":
            counts.accepted_logs += converted.accepted
        counts.accepted_bytes += len(converted.envelope)
        if converted.rejected:
            reason = "metrics" if kind == "metrics" else "bad_field"
            counts.rejected[reason] = counts.rejected.get(reason, 0) + converted.rejected

    def _refuse(
        self,
        refusal: ReceiveError | AccessError | JournalFull | JournalBroken,
        path: str,
        content_type: str,
    ) -> Answer:
        message = str(refusal)
        headers: tuple[tuple[bytes, bytes], ...] = ()
        match refusal:
            case JournalFull():
                status, rpc_code, reason = 429, 8, "journal_full"
                headers = _retry_after(self._limits.full_retry_seconds)
            case JournalBroken():
                status, rpc_code, reason = 503, 14, "journal_broken"
                headers = _retry_after(self._limits.broken_retry_seconds)
            case AccessError():
                status, reason = refusal.status, refusal.code
                rpc_code = _RPC_CODES[status]
                message = f"{refusal.field}: {message}" if refusal.field else message
                if status == 401:
                    headers = ((b"www-authenticate", b'Bearer realm="parley"'),)
            case ReceiveError():
                status, rpc_code, reason = refusal.status, refusal.rpc_code, refusal.reason
                if status == 429:
                    headers = _retry_after(1)
                if status == 405:
                    allowed = b"GET, HEAD, POST" if path == READY_PATH else b"POST"
                    headers = ((b"allow", allowed),)
        self.counts.refused[reason] = self.counts.refused.get(reason, 0) + 1
        return status_answer(
            status, content_type, rpc_code=rpc_code, message=message, headers=headers
        )


def _content_length(headers: dict[bytes, str]) -> int | None:
    value = headers.get(b"content-length", "")
    return int(value) if value.isascii() and value.isdigit() else None


def _retry_after(seconds: int) -> tuple[tuple[bytes, bytes], ...]:
    return ((b"retry-after", str(seconds).encode()),)


async def _send(send: Send, answer: Answer) -> None:
    headers = [
        (b"content-type", answer.content_type.encode()),
        (b"content-length", str(len(answer.body)).encode()),
        *answer.headers,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
