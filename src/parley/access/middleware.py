"""The ASGI middleware that puts the checks before the whole application."""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote

import msgspec

from parley.access.access import SAFE_METHODS, Access, Headers
from parley.access.errors import AccessError, Unauthorized

__all__ = ["AccessMiddleware"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SIGN_IN_PATH = "/sign-in"
OPEN_PATHS = frozenset({"/healthz", "/readyz", SIGN_IN_PATH, "/favicon.ico"})
OPEN_PREFIXES = ("/static/",)


class AccessMiddleware:
    """Lets through what may pass; refuses the rest in JSON, or by the sign-in page.

    `ingest_paths` are left to their receiver, which makes the same checks and answers them in
    the form that OTLP clients read.
    """

    def __init__(
        self, app: App, access: Access, *, ingest_paths: frozenset[str] = frozenset()
    ) -> None:
        self._app = app
        self._access = access
        self._ingest_paths = ingest_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Checks one request."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http" or scope["path"] in self._ingest_paths:
            await self._app(scope, receive, send)
            return
        headers: list[tuple[bytes, bytes]] = list(scope["headers"])
        try:
            self._access.check_request(scope["method"], headers)
            if not _is_open(scope["path"]):
                self._access.check_token(headers)
        except Unauthorized as refusal:
            if scope["method"] in SAFE_METHODS and _wants_html(headers):
                await _send_to_sign_in(scope, send)
            else:
                await _refuse(send, refusal)
        except AccessError as refusal:
            await _refuse(send, refusal)
        else:
            await self._app(scope, receive, send)


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIXES)


def _wants_html(headers: Headers) -> bool:
    return any(key == b"accept" and b"text/html" in value for key, value in headers)


async def _send_to_sign_in(scope: Scope, send: Send) -> None:
    target = scope.get("raw_path") or quote(scope["path"]).encode()
    target = b"/" + target.lstrip(b"/")  # "//name" would be another host
    if query := scope.get("query_string"):
        target += b"?" + query
    location = f"{SIGN_IN_PATH}?next={quote(target, safe='')}"
    await _answer(send, 303, [(b"location", location.encode())], b"")


async def _refuse(send: Send, refusal: AccessError) -> None:
    error = {"code": refusal.code, "message": refusal.message, "field": refusal.field}
    headers = [(b"content-type", b"application/json")]
    if refusal.status == 401:
        headers.append((b"www-authenticate", b'Bearer realm="parley"'))
    await _answer(send, refusal.status, headers, msgspec.json.encode({"error": error}))


async def _answer(send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    headers += [(b"content-length", str(len(body)).encode()), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
