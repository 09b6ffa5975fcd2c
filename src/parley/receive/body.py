"""Request bodies, read within limits of size and time, counted while they are in memory."""

import asyncio
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
    too_large = f"the body is over the limit of {limits.body_bytes} bytes"
    if declared is not None and declared > limits.body_bytes:
        raise TooLarge(too_large)
    parts: list[bytes] = []
    size = 0
    now = asyncio.get_running_loop().time
    begun = now()
    while True:
        allowed = limits.body_grace_seconds + size / limits.body_rate_bytes
        try:
            async with asyncio.timeout_at(begun + min(allowed, limits.body_seconds)):
                message = await receive()
        except TimeoutError as error:
            raise TooSlow(_too_slow(size, limits)) from error
        if message["type"] == "http.disconnect":
            raise Disconnected
        part: bytes = message.get("body", b"")
        size += len(part)
        if size > limits.body_bytes:
            raise TooLarge(too_large)
        arrived = now()
        await held.grow(len(part), wait_seconds=limits.in_flight_wait_seconds)
        begun += now() - arrived  # it was us who were slow
        parts.append(part)
        if not message.get("more_body", False):
            break
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _too_slow(size: int, limits: ReceiveLimits) -> str:
    return (
        f"{size} bytes of the body arrived in time; expected {limits.body_rate_bytes} each second "
        f"after {limits.body_grace_seconds:g} seconds, all within {limits.body_seconds:g} seconds"
    )
