"""HTTP connections, limited in number: a flood of them costs those that do nothing.

At the limit a new connection takes the place of the one that is idle longest: nothing sent, a
request's head still incomplete, or kept alive after an answer. Requests in work go on; when all
are in work, the new connection is closed at once.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["HEAD_SECONDS", "ConnectionCounts", "limited_protocol"]

HEAD_SECONDS = 20.0  # for the head of the first request


class ConnectionCounts:
    """What became of connections at the limit, since the start."""

    evicted = 0
    refused = 0


def limited_protocol(limit: int, counts: ConnectionCounts) -> type[asyncio.Protocol]:
    """Returns Uvicorn's protocol with at most `limit` connections open."""
    idle: dict[HttpToolsProtocol, None] = {}  # the longest idle first

    def evict(connection: HttpToolsProtocol) -> None:
        idle.pop(connection, None)
        connection.connections.discard(connection)  # at once: its loss is told a turn later
        connection.transport.close()

    class LimitedProtocol(HttpToolsProtocol):
        """One connection."""

        _head_timer: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            """Makes room, or closes."""
            if len(self.connections) >= limit:
                if not idle:
                    counts.refused += 1
                    self.transport = transport  # type: ignore[assignment]
                    self.transport.abort()
                    return
                counts.evicted += 1
                evict(next(iter(idle)))
            super().connection_made(transport)  # type: ignore[arg-type]
            idle[self] = None
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._end_if_idle)

        def connection_lost(self, exc: Exception | None) -> None:
            """Forgets the connection."""
            self._forget()
            super().connection_lost(exc)

        def on_headers_complete(self) -> None:
            """A request is in work from here to its answer."""
            self._forget()
            super().on_headers_complete()

        def on_response_complete(self) -> None:
            """Idle again, unless the next request waits already."""
            super().on_response_complete()
            if not self.transport.is_closing() and self.cycle.response_complete:
                idle[self] = None

        def _forget(self) -> None:
            idle.pop(self, None)
            if self._head_timer:
                self._head_timer.cancel()
                self._head_timer = None

        def _end_if_idle(self) -> None:
            if self in idle:
                evict(self)

    return LimitedProtocol
