"""/api/v1/events: says which sessions changed, as server-sent events."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
from litestar import get
from litestar.response import Stream

from parley.bus import Bus
from parley.model import ProjectId

__all__ = ["listen"]

HEARTBEAT_SECONDS = 15.0
TICK_SECONDS = 1.0  # at most one event in this time, however much changes


@get(
    "/api/v1/events",
    summary="Listen to changes",
    tags=["events"],
    media_type="text/event-stream",
)
async def listen(bus: Bus, project_id: ProjectId) -> Stream:
    """A stream of `event: sessions` with `{"ids": [...]}`: ids only, at most one each second.

    An empty list means that anything may have changed. `event: still` comes every 15 s without one.
    """
    headers = {"cache-control": "no-cache", "x-accel-buffering": "no"}
    return Stream(changes(bus, project_id), media_type="text/event-stream", headers=headers)


async def changes(bus: Bus, project_id: ProjectId) -> AsyncIterator[str]:
    """Yields the lines of a stream until the bus closes or the client leaves."""
    with bus.listen(project_id) as listener:
        yield ": listening\n\n"
        while not listener.closed:
            change = await listener.next_change(HEARTBEAT_SECONDS)
            if change is not None:
                data = msgspec.json.encode({"ids": change.session_ids}).decode()
                yield f"event: sessions\ndata: {data}\n\n"
                await asyncio.sleep(TICK_SECONDS)
            elif not listener.closed:
                yield "event: still\ndata: {}\n\n"
