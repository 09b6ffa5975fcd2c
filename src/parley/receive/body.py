"""Request bodies, read within limits of size and time, counted while they are in memory."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from parley.receive.errors import Busy, TooLarge, TooSlow

__all__ = ["Disconnected", "InFlight", "read_body"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Disconnected(Exception):
    """The client went away before its body was complete; nobody waits for an answer."""


class InFlight:
    """Bytes in memory between arrival and acknowledgement, over all requests of an event loop."""

    def __init__(self, limit_bytes: int) -> None:
        self._limit_bytes = limit_bytes
        self.bytes = 0

    def hold(self) -> "Held":
        """Returns the share of one request, empty. Use it with `with`."""
        return Held(self)

    def change(self, by_bytes: int) -> None:
        """Takes more, or gives back. Raises Busy when the limit would be passed."""
        if by_bytes > 0 and self.bytes + by_bytes > self._limit_bytes:
            message = f"{self.bytes} bytes are in work; try again in a moment"
            raise Busy(message)
        self.bytes += by_bytes


class Held:
    """What one request holds."""

    def __init__(self, all_of_them: InFlight) -> None:
        self._all = all_of_them
        self._bytes = 0

    def __enter__(self) -> "Held":
        return self

    def __exit__(self, *_: object) -> None:
        self._all.change(-self._bytes)
        self._bytes = 0

    def grow(self, by_bytes: int) -> None:
        """Holds more. Raises Busy."""
        self._all.change(by_bytes)
        self._bytes += by_bytes


async def read_body(
    receive: Receive, held: Held, *, declared: int | None, limit_bytes: int, limit_seconds: float
) -> bytes:
    """Returns the whole body. Raises TooLarge, TooSlow, Busy and Disconnected."""
    too_large = f"the body is over the limit of {limit_bytes} bytes"
    if declared is not None and declared > limit_bytes:
        raise TooLarge(too_large)
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limit_seconds):
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    raise Disconnected
                part: bytes = message.get("body", b"")
                size += len(part)
                if size > limit_bytes:
                    raise TooLarge(too_large)
                held.grow(len(part))
                parts.append(part)
                if not message.get("more_body", False):
                    break
    except TimeoutError as error:
        message_text = f"the body did not arrive within {limit_seconds:g} seconds"
        raise TooSlow(message_text) from error
    return parts[0] if len(parts) == 1 else b"".join(parts)
