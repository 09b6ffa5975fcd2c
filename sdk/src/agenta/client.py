"""`ag.Agenta`: asks the server. What goes over the wire is in CONTRACT.md."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from datetime import datetime
from types import TracebackType
from typing import Any, Literal, TypedDict, cast, overload
from urllib.parse import urlencode

from agenta.errors import BadAnswer, refusal
from agenta.scope import SESSION_ID, current_values, text_of
from agenta.settings import destination
from agenta.wire import AsyncReply, Reply, Request, asking, asking_async, decoded

__all__ = ["Agenta", "AsyncChatStream", "ChatAnswer", "ChatStream", "Sessions"]

TIMEOUT_S = 120.0
RUN_PATH = "/chat/run"
RUN_FIELDS = ("message", "usage", "cost_usd", "trace_id", "session_id", "version")


class ChatAnswer(TypedDict):
    """What `run` returns: a plain dict, and with whatever else the server said."""

    message: str
    usage: dict[str, int]
    cost_usd: float | None  # None: unknown
    trace_id: str
    session_id: str
    version: int | str


class Agenta:
    """A server and the key for it; holds no connection. Safe to share between threads and tasks."""

    def __init__(
        self,
        api_key: str | None = None,
        host: str | None = None,
        *,
        project: str | None = None,
        timeout_s: float = TIMEOUT_S,
    ) -> None:
        """Chooses the server.

        Args:
            api_key: else PARLEY_API_KEY, PARLEY_TOKEN, AGENTA_API_KEY.
            host: else PARLEY_URL, AGENTA_HOST, else http://127.0.0.1:4318.
            project: else PARLEY_PROJECT, else what belongs to the key.
            timeout_s: how long the server may be silent.

        Raises:
            ValueError: the host is no address.
        """
        self._server = destination(host, api_key, project)
        self._timeout_s = timeout_s
        self.sessions = Sessions(self)

    @overload
    def run(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[False] = ...,
    ) -> ChatAnswer: ...
    @overload
    def run(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[True],
    ) -> ChatStream: ...
    def run(
        self,
        *,
        base_id: str,
        environment: str = "production",
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> ChatAnswer | ChatStream:
        """Runs a managed prompt and returns what the model said.

        Args:
            base_id: the application, by id or slug.
            environment: which of its deployments.
            inputs: the prompt's variables; `chat_history` holds the messages so far.
            metadata: of the run; `ag.session.id` names its session, else the current one does.
            stream: return an iterator of the answer's text, as it is written.

        Raises:
            RequestRefused: the server said no; `field` names what is to blame.
            Unreachable: it did not answer.
        """
        request = self._run_request(base_id, environment, inputs, metadata, is_stream=stream)
        if stream:
            return ChatStream(asking(request))
        with asking(request) as reply:
            return _answer(decoded(reply.read()))

    @overload
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[False] = ...,
    ) -> ChatAnswer: ...
    @overload
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = ...,
        inputs: Mapping[str, Any] | None = ...,
        metadata: Mapping[str, Any] | None = ...,
        stream: Literal[True],
    ) -> AsyncChatStream: ...
    async def arun(
        self,
        *,
        base_id: str,
        environment: str = "production",
        inputs: Mapping[str, Any] | None = None,
        metadata: Mapping[str, Any] | None = None,
        stream: bool = False,
    ) -> ChatAnswer | AsyncChatStream:
        """The same as `run`, awaited. Cancelling it closes the connection."""
        request = self._run_request(base_id, environment, inputs, metadata, is_stream=stream)
        if stream:
            return await AsyncChatStream(asking_async(request)).begin()
        async with asking_async(request) as reply:
            return _answer(decoded(await reply.read()))

    def ask(self, path: str, parameters: Mapping[str, Any]) -> Any:
        """Returns the JSON of a GET of the API; parameters that are None are left out."""
        given = {name: _parameter(value) for name, value in parameters.items() if value is not None}
        query = f"?{urlencode(given)}" if given else ""
        with asking(self._request("GET", path + query, None, "application/json")) as reply:
            return decoded(reply.read())

    def _run_request(
        self,
        base_id: str,
        environment: str,
        inputs: Mapping[str, Any] | None,
        metadata: Mapping[str, Any] | None,
        *,
        is_stream: bool,
    ) -> Request:
        told = {str(name): value for name, value in (metadata or {}).items()}
        here = {**current_values(), **told}
        if SESSION_ID in here:
            told[SESSION_ID] = here[SESSION_ID] = text_of(here[SESSION_ID])
        body = {
            "base_id": base_id,
            "environment": environment,
            "inputs": dict(inputs or {}),
            "metadata": told,
            **({"stream": True} if is_stream else {}),
        }
        kind = "text/event-stream" if is_stream else "application/json"
        return self._request("POST", RUN_PATH, json.dumps(body).encode(), kind)

    def _request(self, method: str, target: str, body: bytes | None, accept: str) -> Request:
        from agenta.telling import Tracing

        headers = dict(Tracing().inject())
        headers.update(self._server.headers, accept=accept)
        if body is not None:
            headers["content-type"] = "application/json"
        return Request(method, self._server.host + target, headers, body, self._timeout_s)


class ChatStream:
    """The answer's text as it is written; `with` or reading to the end closes the connection.

    `answer` is the whole answer once the last piece was read, None before.
    """

    def __init__(self, asked: AbstractContextManager[Reply]) -> None:
        self.answer: ChatAnswer | None = None
        self._asked = asked
        self._events = _Events()
        self._lines = asked.__enter__().lines()

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            while self.answer is None:
                text, self.answer = self._events.read(next(self._lines, None))
                if text:
                    return text
        except BaseException:
            self.close()
            raise
        self.close()
        raise StopIteration

    def close(self) -> None:
        """Leaves; the server stops what it still does for this."""
        self._asked.__exit__(None, None, None)
        self._lines = iter(())

    def __enter__(self) -> ChatStream:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        self.close()


class AsyncChatStream:
    """The same in an async program: `async with`, `async for`."""

    def __init__(self, asked: AbstractAsyncContextManager[AsyncReply]) -> None:
        self.answer: ChatAnswer | None = None
        self._asked = asked
        self._events = _Events()
        self._lines: AsyncIterator[str] | None = None

    async def begin(self) -> AsyncChatStream:
        """Asks; returns itself once the server answers."""
        self._lines = (await self._asked.__aenter__()).lines()
        return self

    def __aiter__(self) -> AsyncIterator[str]:
        return self

    async def __anext__(self) -> str:
        try:
            while self.answer is None:
                line = await anext(self._lines, None) if self._lines else None
                text, self.answer = self._events.read(line)
                if text:
                    return text
        except BaseException:
            await self.close()
            raise
        await self.close()
        raise StopAsyncIteration

    async def close(self) -> None:
        """Leaves; the server stops what it still does for this."""
        if self._lines is not None:
            self._lines = None
            await self._asked.__aexit__(None, None, None)

    async def __aenter__(self) -> AsyncChatStream:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        await self.close()


class _Events:
    """Reads the events of a streamed run, line by line."""

    def __init__(self) -> None:
        self._name = ""
        self._data: list[str] = []

    def read(self, line: str | None) -> tuple[str, ChatAnswer | None]:
        """Returns (text, the answer when this ends it). Raises what the server reports."""
        if line is None:
            raise BadAnswer("the stream ended before its answer")
        if line:
            name, _, value = line.partition(":")
            value = value.removeprefix(" ")
            if name == "event":
                self._name = value
            elif name == "data":
                self._data.append(value)
            return "", None
        name, data = self._name, "\n".join(self._data)
        self._name, self._data = "", []
        match name:
            case "delta":
                return str(_map(decoded(data.encode())).get("text", "")), None
            case "end":
                return "", _answer(decoded(data.encode()))
            case "error":
                found = _map(decoded(data.encode())).get("status", 500)
                raise refusal(found if isinstance(found, int) else 500, data.encode(), {})
        return "", None  # a comment, or an event of a later version


class Sessions:
    """What the server knows about sessions; docs/api.md of the server names the fields."""

    def __init__(self, client: Agenta) -> None:
        self._client = client

    def list(
        self,
        *,
        since: datetime | str | None = None,
        until: datetime | str | None = None,
        sort: str | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> dict[str, Any]:
        """Returns `{"sessions": […], "next_cursor": …, "total": n}`, newest activity first.

        Args:
            since: only sessions that were alive after this; naive times are UTC.
            until: and before this.
            sort: a number of a session, such as `-cost_usd`.
            limit: 1 to 500.
            cursor: `next_cursor` of the page before.
        """
        asked = {"from": since, "to": until, "sort": sort, "limit": limit, "cursor": cursor}
        return _map(self._client.ask("/api/v1/sessions", asked))

    def get(self, session_id: str) -> dict[str, Any]:
        """Returns `{"session": {…}, "turns": […]}`. Raises NotFound."""
        return _map(self._client.ask("/api/v1/session", {"id": session_id}))

    def transcript(self, session_id: str, *, cursor: str | None = None) -> dict[str, Any]:
        """Returns `{"session": {…}, "turns": [{"turn", "messages"}], "next_cursor": …}`."""
        asked = {"id": session_id, "part": "transcript", "cursor": cursor}
        return _map(self._client.ask("/api/v1/session", asked))


def _parameter(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _map(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        message = f"expected a map, the server answered {type(value).__name__}"
        raise BadAnswer(message)
    return value


def _answer(value: Any) -> ChatAnswer:
    found = _map(value)
    if missing := [name for name in RUN_FIELDS if name not in found]:
        message = f"the answer lacks {', '.join(missing)}"
        raise BadAnswer(message)
    if not isinstance(found["message"], str):
        raise BadAnswer("message: expected text")
    return cast(ChatAnswer, found)
