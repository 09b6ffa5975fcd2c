"""HTTP to the server, with nothing but the standard library.

`requests`, which the exporter brings, cannot be cancelled while it waits and blocks a thread for
each call of an async program; httpx is no dependency of ours.
"""

from __future__ import annotations

import asyncio
import http.client
import io
import json
import ssl
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from agenta.errors import AgentaError, BadAnswer, TimedOut, Unreachable, refusal

__all__ = ["AsyncReply", "Reply", "Request", "asking", "asking_async", "decoded"]

ANSWER_BYTES_MAX = 64 * 1024 * 1024
LINE_BYTES_MAX = 16 * 1024 * 1024


@dataclass(frozen=True)
class Request:
    """What is asked, of whom."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    timeout_s: float

    @property
    def target(self) -> str:
        """Path and query."""
        parts = urlsplit(self.url)
        return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def decoded(body: bytes) -> Any:
    """Returns the JSON of an answer. Raises BadAnswer."""
    try:
        return json.loads(body)
    except ValueError:
        shown = body[:200].decode("utf-8", "replace")
        message = f"expected JSON, the server answered {shown!r}"
        raise BadAnswer(message) from None


class Reply:
    """An answer that is being read; its status was good."""

    def __init__(self, response: http.client.HTTPResponse, request: Request) -> None:
        self._response = response
        self._request = request
        self.kind = response.headers.get_content_type()

    def read(self) -> bytes:
        """Returns the whole answer."""
        with _explained(self._request):
            body = self._response.read(ANSWER_BYTES_MAX + 1)
        _check_size(body)
        return body

    def lines(self) -> Iterator[str]:
        """Yields the lines of a stream as they come, without their ends."""
        while True:
            with _explained(self._request):
                line = self._response.readline(LINE_BYTES_MAX)
            if not line:
                return
            yield line.decode("utf-8", "replace").rstrip("\r\n")


@contextmanager
def asking(request: Request) -> Iterator[Reply]:
    """Asks, and gives the answer while it is being read. Raises what errors.py says."""
    parts = urlsplit(request.url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(host, parts.port, timeout=request.timeout_s)
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=request.timeout_s)
    try:
        with _explained(request):
            connection.request(
                request.method, request.target, body=request.body, headers=dict(request.headers)
            )
            response = connection.getresponse()
            if response.status >= 300:
                headers = {name.lower(): value for name, value in response.getheaders()}
                raise refusal(response.status, response.read(ANSWER_BYTES_MAX), headers)
        yield Reply(response, request)
    finally:
        connection.close()


class AsyncReply:
    """The same in an async program."""

    def __init__(self, reader: _Patient, headers: Mapping[str, str]) -> None:
        self._reader = reader
        self._is_chunked = headers.get("transfer-encoding", "").lower() == "chunked"
        self._left = int(headers["content-length"]) if "content-length" in headers else -1
        self.kind = headers.get("content-type", "").partition(";")[0].strip().lower()

    async def read(self) -> bytes:
        """Returns the whole answer."""
        body = bytearray()
        async for piece in self.pieces():
            body += piece
            _check_size(body)
        return bytes(body)

    async def lines(self) -> AsyncIterator[str]:
        """Yields the lines of a stream as they come, without their ends."""
        rest = b""
        async for piece in self.pieces():
            *whole, rest = (rest + piece).split(b"\n")
            if len(rest) > LINE_BYTES_MAX:
                raise BadAnswer("a line without an end")
            for line in whole:
                yield line.decode("utf-8", "replace").rstrip("\r")
        if rest:
            yield rest.decode("utf-8", "replace")

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yields the body as it comes. Raises BadAnswer when it is cut off."""
        if self._is_chunked:
            while size := _chunk_size(await self._reader.readline()):
                yield await self._reader.readexactly(size)
                await self._reader.readexactly(2)
            return
        while self._left:
            piece = await self._reader.read(65536 if self._left < 0 else min(65536, self._left))
            if not piece:
                if self._left > 0:
                    raise BadAnswer("the answer was cut off")
                return
            self._left -= len(piece) if self._left > 0 else 0
            yield piece


@asynccontextmanager
async def asking_async(request: Request) -> AsyncIterator[AsyncReply]:
    """Asks without blocking; leaving or being cancelled closes the connection.

    `timeout_s` is the longest silence of the server, as in `asking`.
    """
    parts = urlsplit(request.url)
    is_tls = parts.scheme == "https"
    with _explained(request):
        raw_reader, writer = await asyncio.wait_for(
            asyncio.open_connection(
                parts.hostname,
                parts.port or (443 if is_tls else 80),
                ssl=ssl.create_default_context() if is_tls else None,
                limit=LINE_BYTES_MAX,
            ),
            request.timeout_s,
        )
    try:
        reader = _Patient(raw_reader, request)
        writer.write(_head(request, parts.netloc.rpartition("@")[2]) + (request.body or b""))
        with _explained(request):
            await writer.drain()
        status, headers = await _answered(reader)
        reply = AsyncReply(reader, headers)
        if status >= 300:
            raise refusal(status, await reply.read(), headers)
        yield reply
    finally:
        writer.close()


class _Patient:
    """A reader that waits for each piece as long as the request may."""

    def __init__(self, reader: asyncio.StreamReader, request: Request) -> None:
        self._inner = reader
        self._request = request

    async def read(self, n: int) -> bytes:
        return await self._wait(self._inner.read(n))

    async def readline(self) -> bytes:
        return await self._wait(self._inner.readline())

    async def readexactly(self, n: int) -> bytes:
        return await self._wait(self._inner.readexactly(n))

    async def _wait(self, piece: Coroutine[Any, Any, bytes]) -> bytes:
        with _explained(self._request):
            return await asyncio.wait_for(piece, self._request.timeout_s)


def _chunk_size(line: bytes) -> int:
    try:
        return int(line.partition(b";")[0], 16)
    except ValueError:
        raise BadAnswer("the answer was cut off") from None


async def _answered(reader: _Patient) -> tuple[int, dict[str, str]]:
    first = await reader.readline()
    words = first.split(None, 2)
    if len(words) < 2 or not first.startswith(b"HTTP/1.") or not words[1].isdigit():
        if not first:
            raise Unreachable("the server closed the connection")
        raise BadAnswer("expected HTTP, the server speaks something else")
    head = bytearray()
    while (line := await reader.readline()) not in (b"\r\n", b"\n", b""):
        head += line
    found = http.client.parse_headers(io.BytesIO(bytes(head) + b"\r\n"))
    return int(words[1]), {name.lower(): value for name, value in found.items()}


def _head(request: Request, host: str) -> bytes:
    headers = {
        "Host": host,
        "Connection": "close",
        "Content-Length": str(len(request.body or b"")),
        **request.headers,
    }
    lines = [f"{request.method} {request.target} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if any("\r" in line or "\n" in line for line in lines):
        raise ValueError("a header holds a line break")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


@contextmanager
def _explained(request: Request) -> Iterator[None]:
    """Turns what sockets raise into what errors.py says."""
    where = f"{request.method} {request.url.partition('?')[0]}"
    try:
        yield
    except AgentaError:
        raise
    except (TimeoutError, asyncio.TimeoutError) as error:
        message = f"{where}: no answer within {request.timeout_s:g} s"
        raise TimedOut(message) from error
    except (OSError, http.client.HTTPException, EOFError) as error:
        message = f"{where}: {type(error).__name__}: {error}"
        raise Unreachable(message) from error


def _check_size(body: bytes | bytearray) -> None:
    if len(body) > ANSWER_BYTES_MAX:
        message = f"an answer of more than {ANSWER_BYTES_MAX} bytes"
        raise BadAnswer(message)
