"""Sends spans from a thread of its own. The application never waits for it, except at its end.

MUST hold: `put` neither blocks nor raises; what is kept is bounded in number and in bytes; a server
that is not there is told once, and once more when it is back or at the end; a forked child starts
empty, with a connection of its own; `close` returns in time.
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from opentelemetry.context import (
    _SUPPRESS_HTTP_INSTRUMENTATION_KEY,
    _SUPPRESS_INSTRUMENTATION_KEY,
    Context,
    attach,
)
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

__all__ = ["Sender"]

QUEUE_SPANS_MAX = 8192
QUEUE_BYTES_MAX = 64 * 1024 * 1024
BATCH_SPANS_MAX = 512
BATCH_BYTES_MAX = 16 * 1024 * 1024  # a quarter of what the server takes in one request
DELAY_S = 1.0
SPAN_BYTES = 600  # of a span without attributes, and per attribute below
ATTRIBUTE_BYTES = 40
FAILING_CLOSE_S = 0.5  # at the end, when the server is known to be away
EXPORTER_LOGS = (
    "opentelemetry.exporter.otlp.proto.http.trace_exporter",
    "opentelemetry.exporter.otlp.proto.common._internal",
)
SYSTEM_ERROR = re.compile(r"\[Errno -?\d+\] [\w ]+")  # the kernel of what libraries wrap
REASON_CHARACTERS = 200

log = logging.getLogger("agenta")

MakeExporter = Callable[[], SpanExporter]


class Sender:
    """A bounded queue and the thread that empties it."""

    def __init__(self, make_exporter: MakeExporter, *, address: str, close_s: float) -> None:
        self._make = make_exporter
        # Made here, for what it imports: a child that is forked while a thread is within an import
        # has half a module for good.
        self._exporter: SpanExporter | None = make_exporter()
        self._address = address
        self.close_s = close_s
        self._closed = False
        self._outage = Outage()
        self._is_odd_told = False
        self._reset()
        for name in EXPORTER_LOGS:
            logging.getLogger(name).addFilter(self._hear)
        again = weakref.WeakMethod(self._after_fork)
        if hasattr(os, "register_at_fork"):  # not on Windows, which does not fork

            def after_fork() -> None:
                if reset := again():
                    reset()

            os.register_at_fork(after_in_child=after_fork)

    def _reset(self) -> None:
        self._wake = threading.Condition(threading.Lock())
        self._queue: deque[tuple[ReadableSpan, int] | Redirection] = deque()
        self._bytes = 0
        self._first_at = 0.0
        self._accepted = 0
        self._finished = 0
        self._is_urgent = False
        self._thread: threading.Thread | None = None
        self._sending_in = 0  # which thread speaks to the server

    def _after_fork(self) -> None:
        # What the parent queued, the parent sends; its connection is not ours.
        waiting = [item for item in self._queue if isinstance(item, Redirection)]
        for item in waiting:
            self._make, self._address = item
        self._exporter = None
        self._outage = Outage()
        self._reset()

    def put(self, span: ReadableSpan) -> None:
        """Queues a span, or counts it as lost when the queue is full."""
        size = size_of(span)
        with self._wake:
            if self._closed:
                return
            count = len(self._queue)
            if count >= QUEUE_SPANS_MAX or (count and self._bytes + size > QUEUE_BYTES_MAX):
                self._outage.lost += 1
                return
            self._queue.append((span, size))
            self._bytes += size
            self._accepted += 1
            if count == 0:
                self._first_at = time.monotonic()
            if self._thread is None:
                self._start()
            elif count in (0, BATCH_SPANS_MAX) or self._bytes >= BATCH_BYTES_MAX:
                self._wake.notify_all()

    def redirect(self, make_exporter: MakeExporter, *, address: str) -> None:
        """Sends what is put from now on elsewhere; what was put before goes where it was to."""
        with self._wake:
            self._queue.append(Redirection(make_exporter, address))
            self._accepted += 1
            if self._thread is None:
                self._start()
            self._wake.notify_all()

    def flush(self, timeout_s: float) -> bool:
        """Waits until what was put before is sent or given up; False when time ran out first."""
        deadline = time.monotonic() + timeout_s
        with self._wake:
            wanted = self._accepted
            self._is_urgent = True
            self._wake.notify_all()
            while self._finished < wanted:
                left = deadline - time.monotonic()
                if left <= 0:
                    return False
                self._wake.wait(left)
        return True

    def close(self) -> None:
        """Sends what is left within the time it has, then ends. Says what was lost."""
        with self._wake:
            if self._closed:
                return
            self._closed = True
            is_idle = self._thread is None or not self._thread.is_alive()
        limit = min(self.close_s, FAILING_CLOSE_S) if self._outage.is_known else self.close_s
        if is_idle and self._queue:  # at the very end no thread can be started any more
            self._work_off()
        elif not self.flush(limit):
            with self._wake:
                self._outage.lost += self._accepted - self._finished
        if self._exporter is not None:
            self._exporter.shutdown()
        if lost := self._outage.lost:
            log.warning("%d spans were not delivered to %s", lost, self._address)

    def _start(self) -> None:
        thread = threading.Thread(target=self._work, name="agenta-sender", daemon=True)
        try:
            thread.start()
        except RuntimeError:
            return  # the interpreter is ending: close() does it
        self._thread = thread

    def _work(self) -> None:
        # Our own requests are no spans, and this thread belongs to no session.
        quiet = Context({_SUPPRESS_INSTRUMENTATION_KEY: True})
        attach(Context({**quiet, _SUPPRESS_HTTP_INSTRUMENTATION_KEY: True}))
        while True:
            with self._wake:
                while not self._is_due():
                    if self._closed and not self._queue:
                        return
                    late = self._first_at + DELAY_S - time.monotonic()
                    self._wake.wait(max(late, 0.001) if self._queue else None)
            self._send_next()

    def _is_due(self) -> bool:
        if not self._queue:
            self._is_urgent = False
            return False
        return (
            self._is_urgent
            or self._closed
            or len(self._queue) >= BATCH_SPANS_MAX
            or self._bytes >= BATCH_BYTES_MAX
            or isinstance(self._queue[0], Redirection)
            or time.monotonic() - self._first_at >= DELAY_S
        )

    def _work_off(self) -> None:
        deadline = time.monotonic() + self.close_s
        while self._queue and time.monotonic() < deadline:
            self._send_next()
        self._outage.lost += len(self._queue)

    def _send_next(self) -> None:
        """Sends one batch from the head of the queue, or turns to another server."""
        batch: list[ReadableSpan] = []
        size = 0
        turn: Redirection | None = None
        with self._wake:
            while self._queue and len(batch) < BATCH_SPANS_MAX and size < BATCH_BYTES_MAX:
                item = self._queue[0]
                if isinstance(item, Redirection):
                    if not batch:
                        turn = item
                        self._queue.popleft()
                    break
                self._queue.popleft()
                batch.append(item[0])
                size += item[1]
            self._bytes -= size
            self._first_at = time.monotonic()
        try:
            if turn is not None:
                self._turn(turn)
            else:
                self._send(batch)
        finally:
            with self._wake:
                self._finished += len(batch) + (turn is not None)
                self._wake.notify_all()

    def _turn(self, turn: Redirection) -> None:
        if self._exporter is not None:
            self._exporter.shutdown()
        self._exporter = None
        self._make, self._address = turn
        self._outage.is_known = False

    def _send(self, batch: Sequence[ReadableSpan]) -> None:
        self._outage.heard = ""
        self._sending_in = threading.get_ident()
        try:
            if self._exporter is None:
                self._exporter = self._make()
            is_taken = self._exporter.export(batch) is SpanExportResult.SUCCESS
            reason = self._outage.heard
        except Exception as error:  # whatever it is, the application goes on
            is_taken = False
            reason = f"{type(error).__name__}: {error}"
        finally:
            self._sending_in = 0
        if is_taken:
            self._recover()
        elif len(batch) > 1 and "encode" in reason.lower() and not self._outage.is_known:
            # One span that cannot be encoded would cost all the others: find it by halving.
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])
        else:
            self._outage.lost += len(batch)
            self._tell(reason or "it did not take them")

    def _hear(self, record: logging.LogRecord) -> bool:
        """Takes what the exporter logs about our sending; of that, one line is enough."""
        if record.thread != self._sending_in:
            return True
        self._outage.heard = reason = record.getMessage()
        if "transient" in reason.lower() or "encode" in reason.lower():
            self._tell(reason)
        return False

    def _tell(self, reason: str) -> None:
        found = SYSTEM_ERROR.search(reason)
        reason = found[0] if found else reason[:REASON_CHARACTERS]
        if not self._outage.is_known and "encode" in reason.lower():
            if not self._is_odd_told:
                self._is_odd_told = True
                log.warning("Something that cannot be sent is left out: %s", reason)
        elif not self._outage.is_known:
            self._outage.is_known = True
            message = "Telemetry does not reach %s: %s. The application goes on without."
            log.warning(message, self._address, reason)

    def _recover(self) -> None:
        if self._outage.is_known:
            message = "Telemetry reaches %s again; %d spans were lost."
            log.warning(message, self._address, self._outage.lost)
            self._outage = Outage()


class Redirection(NamedTuple):
    """Stands in the queue where another server's spans begin."""

    make_exporter: MakeExporter
    address: str


class Outage:
    """What is known about a server that takes nothing."""

    def __init__(self) -> None:
        self.is_known = False  # and told
        self.lost = 0
        self.heard = ""


def size_of(span: ReadableSpan) -> int:
    """Returns about how much memory a span keeps."""
    attributes = span.attributes
    if not attributes:
        return SPAN_BYTES
    size = SPAN_BYTES
    for value in attributes.copy().values():  # type: ignore[attr-defined]
        size += ATTRIBUTE_BYTES + (len(value) if value.__class__ is str else 0)
    return size
