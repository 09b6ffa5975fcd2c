"""What the server knows about sessions; docs/api.md of the server names the fields."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from agenta.errors import BadAnswer

__all__ = ["Sessions", "as_map", "as_text"]

LIST = "/api/v1/sessions"
ONE = "/api/v1/session"


class Asking(Protocol):
    """Who asks the server."""

    def ask(self, method: str, path: str, parameters: Mapping[str, Any] | None = None) -> Any:
        """Returns the JSON that the server answers."""

    async def aask(
        self, method: str, path: str, parameters: Mapping[str, Any] | None = None
    ) -> Any:
        """The same, awaited."""


class Sessions:
    """Sessions as the server has them. Each method has one with an `a` in front, to be awaited."""

    def __init__(self, client: Asking) -> None:
        self._client = client

    def list(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        q: str | None = None,
        filter: str | None = None,  # noqa: A002 - the API calls it so
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Returns `{"sessions": […], "next_cursor": …, "total": n}`, newest activity first.

        Args:
            since: only sessions that were alive after this; naive times are UTC.
            until: and before this.
            q: words, and phrases in quotes, that the conversation must hold.
            filter: the filter language, such as `score["helpful"] >= 0.8`.
            sort: a number of a session, such as `-cost_usd`.
            limit: 1 to 500.
            cursor: `next_cursor` of the page before.
        """
        asked: dict[str, Any] = {"from": since, "to": until, "q": q, "filter": filter}
        asked |= {"sort": sort, "limit": limit, "cursor": cursor}
        return as_map(self._client.ask("GET", LIST, asked))

    async def alist(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        q: str | None = None,
        filter: str | None = None,  # noqa: A002 - the API calls it so
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """The same as `list`, awaited."""
        asked: dict[str, Any] = {"from": since, "to": until, "q": q, "filter": filter}
        asked |= {"sort": sort, "limit": limit, "cursor": cursor}
        return as_map(await self._client.aask("GET", LIST, asked))

    def get(self, session_id: str) -> dict[str, Any]:
        """Returns `{"session": {…}, "turns": […]}`. Raises NotFound."""
        return as_map(self._client.ask("GET", ONE, {"id": session_id}))

    async def aget(self, session_id: str) -> dict[str, Any]:
        """The same as `get`, awaited."""
        return as_map(await self._client.aask("GET", ONE, {"id": session_id}))

    def transcript(self, session_id: str, *, cursor: str | None = None) -> dict[str, Any]:
        """Returns `{"session": {…}, "turns": [{"turn", "messages"}], "next_cursor": …}`."""
        return as_map(self._client.ask("GET", ONE, part("transcript", session_id, cursor)))

    async def atranscript(self, session_id: str, *, cursor: str | None = None) -> dict[str, Any]:
        """The same as `transcript`, awaited."""
        return as_map(await self._client.aask("GET", ONE, part("transcript", session_id, cursor)))

    def annotations(self, session_id: str, *, cursor: str | None = None) -> dict[str, Any]:
        """Returns `{"annotations": […], "next_cursor": …}`, newest first, replaced ones too."""
        return as_map(self._client.ask("GET", ONE, part("annotations", session_id, cursor)))

    async def aannotations(self, session_id: str, *, cursor: str | None = None) -> dict[str, Any]:
        """The same as `annotations`, awaited."""
        return as_map(await self._client.aask("GET", ONE, part("annotations", session_id, cursor)))


def part(name: str, session_id: str, cursor: str | None) -> dict[str, Any]:
    """Returns the parameters that ask for a part of a session."""
    return {"id": session_id, "part": name, "cursor": cursor}


def as_text(value: Any) -> str:
    """Returns a parameter as it stands in an address."""
    return value.isoformat() if isinstance(value, datetime) else str(value)


def as_map(value: Any) -> dict[str, Any]:
    """Returns an answer that must be a map. Raises BadAnswer."""
    if not isinstance(value, dict):
        message = f"expected a map, the server answered {type(value).__name__}"
        raise BadAnswer(message)
    return value
