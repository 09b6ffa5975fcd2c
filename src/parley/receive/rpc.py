"""The gRPC door: the three OTLP services, with raw bytes and no generated code.

Every method is served as if the client streamed, which looks the same on the wire: so the headers
are checked before a message is read, and reading it has limits of our own.

The protocol: https://opentelemetry.io/docs/specs/otlp/#otlpgrpc-response
"""

import asyncio
import math
from collections.abc import AsyncIterator
from typing import Any

import grpc
import structlog
from grpc import aio

from parley.journal import varint
from parley.receive.answers import MESSAGE_CHARACTERS_MAX, PROTOBUF, export_answer
from parley.receive.convert import Incoming
from parley.receive.errors import BadBody, Busy, TooSlow
from parley.receive.flight import Held
from parley.receive.intake import Intake
from parley.receive.refusal import REFUSALS, Refusal, refuse

__all__ = ["RPC_METHODS", "RpcDoor"]

_PACKAGE = "/opentelemetry.proto.collector"
RPC_METHODS = {
    f"{_PACKAGE}.trace.v1.TraceService/Export": "traces",
    f"{_PACKAGE}.logs.v1.LogsService/Export": "logs",
    f"{_PACKAGE}.metrics.v1.MetricsService/Export": "metrics",
}
# Held before a message is read, for nobody says how long it will be. Exporters send 0.1 to 4 MiB.
UNREAD_BYTES = 1 << 20
STREAMS_PER_CONNECTION = 100
HANDSHAKE_MS = 20_000  # for a connection to say that it speaks HTTP/2
IDLE_MS = 120_000  # exporters send every few seconds, and connect again when they must
_CODES = {code.value[0]: code for code in grpc.StatusCode}
_RETRY_INFO = b"type.googleapis.com/google.rpc.RetryInfo"

log = structlog.get_logger("parley.receive")

Export = grpc.RpcMethodHandler


class RpcDoor(grpc.GenericRpcHandler):  # type: ignore[misc]  # grpcio has no types
    """Takes telemetry over gRPC, in the running event loop."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._running = 0
        self._methods = {path: self._method(kind) for path, kind in RPC_METHODS.items()}
        self._server: aio.Server | None = None

    def service(self, handler_call_details: Any) -> Any:
        """Returns the handler of a method; None is UNIMPLEMENTED."""
        return self._methods.get(handler_call_details.method)

    async def open(self, address: str) -> int:
        """Listens at `host:port`; returns the port. Raises RuntimeError when that is taken."""
        limits = self._intake.limits
        server = aio.server(
            handlers=(self,),
            options=[
                ("grpc.so_reuseport", 0),  # or a second server would share the port silently
                ("grpc.max_receive_message_length", limits.body_bytes),  # inflated as well
                ("grpc.max_concurrent_streams", STREAMS_PER_CONNECTION),
                ("grpc.server_handshake_timeout_ms", HANDSHAKE_MS),
                ("grpc.max_connection_idle_ms", IDLE_MS),
                ("grpc.max_allowed_incoming_connections", limits.rpc_connections),
            ],
        )
        port: int = server.add_insecure_port(address)
        await server.start()
        self._server = server
        return port

    async def close(self, seconds: float) -> None:
        """Refuses new requests at once (UNAVAILABLE); those that run have so many seconds."""
        if self._server is not None:
            await self._server.stop(seconds)
            self._server = None

    def _method(self, kind: str) -> Any:
        async def export(_: AsyncIterator[bytes], context: Any) -> bytes:
            return await self._export(kind, context)

        return grpc.stream_unary_rpc_method_handler(export)

    async def _export(self, kind: str, context: Any) -> bytes:
        self._running += 1
        try:
            answer = await self._take(kind, context)
        except REFUSALS as error:
            refusal = refuse(error, self._intake.limits)
        except Exception:
            log.exception("request failed", method=kind)
            refusal = Refusal(500, 13, "bug", "Parley failed here; its log has the details")
        else:
            self._count(grpc.StatusCode.OK)
            return answer
        finally:
            self._running -= 1
        self._intake.count_refusal(refusal)
        code = _CODES[refusal.rpc_code]
        self._count(code)
        message = refusal.message[:MESSAGE_CHARACTERS_MAX]
        await context.abort(code, message, trailers(refusal.rpc_code, message, refusal))
        raise AssertionError  # abort raises

    async def _take(self, kind: str, context: Any) -> bytes:
        if self._running > self._intake.limits.rpcs:
            message = f"{self._running} requests are in work; try again in a moment"
            raise Busy(message)
        project_id = self._intake.admit(headers_of(context.invocation_metadata()))
        with self._intake.in_flight.hold(project_id) as held:
            body = await self._read(context, held)
            incoming = Incoming(kind, PROTOBUF, "", project_id, "otlp-grpc", body)
            converted = await self._intake.take(incoming, held)
        answer = export_answer(
            kind, PROTOBUF, rejected=converted.rejected, message=converted.problems
        )
        return answer.body

    async def _read(self, context: Any, held: Held) -> bytes:
        """Returns the message. Raises BadBody, TooSlow and Busy."""
        limits = self._intake.limits
        unread = min(UNREAD_BYTES, limits.body_bytes)
        await held.grow(unread, wait_seconds=limits.in_flight_wait_seconds)
        seconds = limits.message_seconds
        try:
            async with asyncio.timeout(seconds):
                body = await context.read()
        except TimeoutError as error:
            message = f"the message did not arrive within {seconds:g} seconds"
            raise TooSlow(message) from error
        if body is aio.EOF:
            message = f"expected one message of at most {limits.body_bytes} bytes, got none"
            raise BadBody(message)
        if len(body) > unread:
            await held.grow(len(body) - unread, wait_seconds=limits.in_flight_wait_seconds)
        else:
            held.give(unread - len(body))
        data: bytes = body
        return data

    def _count(self, code: grpc.StatusCode) -> None:
        rpcs = self._intake.counts.rpcs
        rpcs[code.name] = rpcs.get(code.name, 0) + 1


def headers_of(metadata: Any) -> list[tuple[bytes, bytes]]:
    """Returns gRPC metadata as HTTP headers; `x-parley-project-bin` may hold any UTF-8."""
    found = []
    for key, value in metadata or ():
        name = key.removesuffix("-bin") if key == "x-parley-project-bin" else key
        found.append((name.encode(), value if isinstance(value, bytes) else value.encode()))
    return found


def trailers(code: int, message: str, refusal: Refusal) -> tuple[tuple[str, bytes], ...]:
    """Returns google.rpc.Status, and RetryInfo where the request may be sent again.

    Exporters send again after RESOURCE_EXHAUSTED only when there is a RetryInfo. Most read it in
    the status, Python's in a trailer of its own.
    """
    text = message.encode(errors="replace")
    status = b"\x08" + varint(code) + _field(0x12, text)
    if refusal.retry_seconds is None:
        return (("grpc-status-details-bin", status),)
    nanoseconds = math.ceil(refusal.retry_seconds * 1e9)
    seconds, nanos = divmod(nanoseconds, 1_000_000_000)
    delay = (b"\x08" + varint(seconds) if seconds else b"") + (
        b"\x10" + varint(nanos) if nanos else b""
    )
    retry = _field(0x0A, delay)
    status += _field(0x1A, _field(0x0A, _RETRY_INFO) + _field(0x12, retry))
    return (("grpc-status-details-bin", status), ("google.rpc.retryinfo-bin", retry))


def _field(tag: int, payload: bytes) -> bytes:
    return bytes((tag,)) + varint(len(payload)) + payload
