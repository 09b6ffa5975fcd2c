"""The way of a request that both protocols share: from the bytes to the acknowledgement."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from parley.access import Access
from parley.journal import Journal
from parley.receive.answers import JSON
from parley.receive.convert import Converted, Incoming, convert
from parley.receive.counts import ReceiveCounts
from parley.receive.envelope import Stamps, make_envelope
from parley.receive.errors import Stopping
from parley.receive.flight import Held, InFlight
from parley.receive.limits import ReceiveLimits
from parley.receive.refusal import Refusal
from parley.receive.shares import Backlog, Rates
from parley.receive.turns import Turns

__all__ = ["Intake"]

INLINE_BYTES_MAX = 32 * 1024  # 0.1 ms of protobuf: cheaper than a thread's hand-over
CONVERTING_THREADS = 2  # each may hold an inflated body, its tree and its canonical copy


class Intake:
    """What the doors have in common: their limits, their counts and the journal behind them."""

    def __init__(
        self, *, journal: Journal, access: Access, limits: ReceiveLimits, quota_bytes: int
    ) -> None:
        """`quota_bytes` is the journal's."""
        self.access = access
        self.limits = limits
        self.counts = ReceiveCounts()
        self.in_flight = InFlight(limits.in_flight_bytes, waiting_max=limits.waiting_requests)
        self._journal = journal
        self._stamps = Stamps()
        self._rates = Rates(limits.project_rate_bytes)
        self._backlog = Backlog(quota_bytes, retry_seconds=limits.full_retry_seconds)
        self._turns = Turns(CONVERTING_THREADS)
        self._threads = ThreadPoolExecutor(CONVERTING_THREADS, "parley-receive")
        self._is_stopping = False

    def stop(self) -> None:
        """Refuses what comes from now on; what is being handled goes on."""
        self._is_stopping = True

    def close(self) -> None:
        """Ends the threads. Call it when no request runs any more."""
        self._threads.shutdown()

    def admit(self, headers: list[tuple[bytes, bytes]]) -> str:
        """Returns the project that a request writes to, before any of its body is read.

        Raises Stopping, OverRate and AccessErrors.
        """
        if self._is_stopping:
            message = "the server is stopping"
            raise Stopping(message)
        self.access.check_token(headers)
        project_id = self.access.write_project(headers)
        self._rates.check(project_id)
        return project_id

    async def take(self, incoming: Incoming, held: Held) -> Converted:
        """Returns once the request is on the disk. `held` holds its body.

        Raises BadBody, TooLarge, Busy, OverShare, JournalFull and JournalBroken.
        """
        converted = await self._convert(incoming, held)
        self._rates.spend(incoming.project_id, converted.inflated_bytes)
        if size := len(converted.envelope):
            project_id = incoming.project_id
            waiting = self._journal.bytes_waiting()
            self._backlog.check(project_id, size, waiting_bytes=waiting)
            await self._journal.append(incoming.kind, converted.envelope)
            self._backlog.add(project_id, size)
        self._count(incoming.kind, converted)
        return converted

    async def keep(self, project_id: str, request: bytes, *, source: str) -> None:
        """Returns once spans of our own making are on the disk: canonical bytes of a request.

        Raises JournalFull and JournalBroken.
        """
        stamp = self._stamps.next_ns()
        envelope = make_envelope(project_id, request, received_at=stamp, source=source)
        await self._journal.append("traces", envelope)

    async def _convert(self, incoming: Incoming, held: Held) -> Converted:
        # JSON and what inflates to who knows how much never run on the event loop.
        is_small = len(incoming.body) <= INLINE_BYTES_MAX
        if is_small and not incoming.encoding and incoming.content_type != JSON:
            return convert(incoming, self._stamps, held, limits=self.limits)
        async with self._turns.place(incoming.project_id):
            return await asyncio.get_running_loop().run_in_executor(
                self._threads, lambda: convert(incoming, self._stamps, held, limits=self.limits)
            )

    def _count(self, kind: str, converted: Converted) -> None:
        counts = self.counts
        if kind == "traces":
            counts.accepted_spans += converted.accepted
        elif kind == "logs":
            counts.accepted_logs += converted.accepted
        counts.accepted_bytes += len(converted.envelope)
        if converted.rejected:
            reason = "metrics" if kind == "metrics" else "bad_field"
            counts.rejected[reason] = counts.rejected.get(reason, 0) + converted.rejected

    def count_refusal(self, refusal: Refusal) -> None:
        """Counts a request that was refused, by its reason."""
        refused = self.counts.refused
        refused[refusal.reason] = refused.get(refusal.reason, 0) + 1
