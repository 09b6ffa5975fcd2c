"""Session ids in paths, whatever characters they hold.

A router that matches decoded paths cannot tell `a%2Fb` from `a/b`. This wrapper splits the path
as it was on the wire and hands each id on in the equivalent query form:

    /api/v1/sessions/{id}[/{part}]  ->  /api/v1/session?id={id}[&part={part}]
    /api/v1/sessions/{id}/export    ->  /api/v1/session/export?id={id}
    /api/v1/traces/{id}             ->  /api/v1/trace?id={id}
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import quote_from_bytes, unquote_to_bytes

__all__ = ["RawPaths"]

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SESSIONS = b"/api/v1/sessions/"
EXPORT = b"/export"
FORMS = {SESSIONS: "/api/v1/session", b"/api/v1/traces/": "/api/v1/trace"}


class RawPaths:
    """ASGI wrapper that moves ids from the raw path into the query string."""

    def __init__(self, app: App) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, rewritten when its path holds an id."""
        if scope["type"] == "http":
            raw_path = scope["raw_path"]
            for prefix, path in FORMS.items():
                if raw_path.startswith(prefix):
                    rest = raw_path.removeprefix(prefix)
                    if prefix == SESSIONS and rest.endswith(EXPORT) and rest.count(b"/") == 1:
                        rest, path = rest.removesuffix(EXPORT), path + EXPORT.decode()  # noqa: PLW2901
                    query = query_form(rest, scope["query_string"])
                    rewritten = {
                        **scope,
                        "path": path,
                        "raw_path": path.encode(),
                        "query_string": query,
                    }
                    await self.app(rewritten, receive, send)
                    return
        await self.app(scope, receive, send)


def query_form(rest: bytes, query_string: bytes) -> bytes:
    """Returns the query string for what follows the prefix: `id[/part]`, still encoded."""
    raw_id, slash, raw_part = rest.partition(b"/")
    fields = [f"id={requote(raw_id)}".encode()]
    if slash:
        fields.append(f"part={requote(raw_part)}".encode())
    if query_string:
        fields.append(query_string)
    return b"&".join(fields)


def requote(raw: bytes) -> str:
    """Returns a path segment encoded as a query value, where `+` and `&` mean something else."""
    return quote_from_bytes(unquote_to_bytes(raw), safe="")
