"""The demo's traffic: the history once, then conversations that keep arriving."""

import logging
import threading
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.demo.door import Door
from parley.demo.errors import DemoError
from parley.demo.history import scripted_requests
from parley.demo.live import LiveTraffic
from parley.demo.script import read_cast
from parley.demo.wire import pack_requests

__all__ = ["DemoTraffic"]

STOP_SECONDS = 1.5
LONGEST_SLEEP_SECONDS = 0.5
SECOND_NS = 1_000_000_000


class DemoTraffic:
    """Pushes demo traffic to a running server; the live part runs in a thread of its own.

    `pace_seconds` is how often a user somewhere says something. `error` is why the live part
    ended by itself, None while it runs.
    """

    def __init__(
        self,
        base_url: str,
        *,
        token: str | None = None,
        project: str = "default",
        pace_seconds: float = 2.5,
        seed: int = 11,
    ) -> None:
        self._stopped = threading.Event()
        self._door = Door(base_url, token=token, project=project, stopped=self._stopped)
        self._pace = pace_seconds
        self._seed = seed
        self._posting = threading.Lock()  # held by whoever uses the door
        self.error: DemoError | None = None

    def push_history(self) -> int:
        """Returns the spans sent: the sessions of the last three days, oldest first.

        A second push adds new sessions; ask the server for its sessions first.

        Raises:
            DemoError: the server refused or is not there; also when `stop` was called meanwhile.
        """
        sent = 0
        with self._posting:
            for body in scripted_requests(now_ns=time.time_ns(), seed=self._seed):
                if self._stopped.is_set():
                    raise DemoError("stopped while the history was on its way")
                self._door.post(body)
                sent += _count_spans(body)
        return sent

    def start_live(self) -> None:
        """Starts the conversations that go on now. Call it once."""
        threading.Thread(target=self._run, name="demo-live", daemon=True).start()

    def stop(self) -> None:
        """Ends the traffic; returns within two seconds. What is under way is left unfinished."""
        self._stopped.set()
        if self._posting.acquire(timeout=STOP_SECONDS):
            self._door.close()
            self._posting.release()

    def _run(self) -> None:
        with self._posting:
            self._live()

    def _live(self) -> None:
        now_ns = time.time_ns()
        # The moment is part of the seed: a restarted demo begins new sessions.
        live = LiveTraffic(read_cast(), seed=f"{self._seed}:{now_ns}", pace_seconds=self._pace)
        live.begin(now_ns)
        while not self._stopped.is_set():
            try:
                for body in pack_requests(live.due(time.time_ns())):
                    self._door.post(body)
            except DemoError as error:
                if not self._stopped.is_set():
                    self.error = error
                    logging.getLogger(__name__).warning("live demo traffic ended: %s", error)
                return
            wait = (live.next_ns() - time.time_ns()) / SECOND_NS
            self._stopped.wait(min(max(wait, 0.0), LONGEST_SLEEP_SECONDS))


def _count_spans(body: bytes) -> int:
    request = ExportTraceServiceRequest.FromString(body)
    return sum(len(scope.spans) for group in request.resource_spans for scope in group.scope_spans)
