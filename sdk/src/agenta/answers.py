"""The answer of a chat run: whole, or piece by piece as it is written."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from types import TracebackType
from typing import Any, TypedDict, cast

from agenta.errors import BadAnswer, refusal
from agenta.sessions import as_map
from agenta.wire import AsyncReply, Reply, decoded

__all__ = ["AsyncChatStream", "ChatAnswer", "ChatStream", "chat_answer"]

RUN_FIELDS = ("message", "usage", "cost_usd", "trace_id", "session_id", "version")


class ChatAnswer(TypedDict):
    """What `run` returns: a plain dict, and with whatever else the server said."""

    message: str
    usage: dict[str, int]
    cost_usd: float | None  # None: unknown
    trace_id: str
    session_id: str
    version: int | str


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
                return str(as_map(decoded(data.encode())).get("text", "")), None
            case "end":
                return "", chat_answer(decoded(data.encode()))
            case "error":
                found = as_map(decoded(data.encode())).get("status", 500)
                raise refusal(found if isinstance(found, int) else 500, data.encode(), {})
        return "", None  # a comment, or an event of a later version


def chat_answer(value: Any) -> ChatAnswer:
    """Returns the answer of a run. Raises BadAnswer."""
    found = as_map(value)
    if missing := [name for name in RUN_FIELDS if name not in found]:
        message = f"the answer lacks {', '.join(missing)}"
        raise BadAnswer(message)
    if not isinstance(found["message"], str):
        raise BadAnswer("message: expected text")
    return cast(ChatAnswer, found)
