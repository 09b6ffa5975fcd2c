"""Request bodies, read within limits of size and time, counted while they are in memory."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from parley.receive.errors import TooLarge, TooSlow
from parley.receive.flight import Held
from parley.receive.limits import ReceiveLimits

__all__ = ["Disconnected", "read_body"]

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Disconnected(Exception):
    """The client went away before its body was complete; nobody waits for an answer."""


async def read_body(
    receive: Receive, held: Held, *, declared: int | None, limits: ReceiveLimits
) -> bytes:
    """Returns the whole body. Raises TooLarge, TooSlow, Busy and Disconnected.

    Only what has arrived is held, so a slow sender costs nobody else. After a grace it must have
    kept a rate, and every body has an end.
    """
    if declared is not None and declared > limits.body_bytes:
        raise TooLarge(_too_large(limits))
    body = _Arriving(held, limits)
    now = asyncio.get_running_loop().time
    begun = now()
    # One timer for most bodies, not one for each piece of them: it is looked at when it rings.
    while (due := begun + body.allowed_seconds()) > now():
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(due):
                while not body.is_complete:
                    body.add(await receive())
                    if body.missing_bytes:
                        break
        if body.missing_bytes:
            arrived = now()
            await body.wait_for_room()
            begun += now() - arrived  # it was us who were slow
        if body.is_complete:
            return body.joined()
    raise TooSlow(_too_slow(body.size, limits))


class _Arriving:
    """A body of which a part has come."""

    def __init__(self, held: Held, limits: ReceiveLimits) -> None:
        self._held = held
        self._limits = limits
        self._parts: list[bytes] = []
        self.size = 0
        self.missing_bytes = 0  # arrived, but there was no room to hold them
        self.is_complete = False

    def add(self, message: MutableMapping[str, Any]) -> None:
        """Takes what `receive` returned. Raises TooLarge and Disconnected."""
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        self.size += len(part)
        if self.size > self._limits.body_bytes:
            raise TooLarge(_too_large(self._limits))
        self._parts.append(part)
        self.is_complete = not message.get("more_body", False)
        if not self._held.try_grow(len(part)):
            self.missing_bytes = len(part)

    async def wait_for_room(self) -> None:
        """Holds what could not be held at once. Raises Busy."""
        await self._held.grow(self.missing_bytes, wait_seconds=self._limits.in_flight_wait_seconds)
        self.missing_bytes = 0

    def allowed_seconds(self) -> float:
        """Returns how long it may take to get this far and to the next piece."""
        allowed = self._limits.body_grace_seconds + self.size / self._limits.body_rate_bytes
        return min(allowed, self._limits.body_seconds)

    def joined(self) -> bytes:
        """Returns all of it."""
        return self._parts[0] if len(self._parts) == 1 else b"".join(self._parts)


def _too_large(limits: ReceiveLimits) -> str:
    return f"the body is over the limit of {limits.body_bytes} bytes"


def _too_slow(size: int, limits: ReceiveLimits) -> str:
    return (
        f"{size} bytes of the body arrived in time; expected {limits.body_rate_bytes} each second "
        f"after {limits.body_grace_seconds:g} seconds, all within {limits.body_seconds:g} seconds"
    )
