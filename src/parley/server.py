"""The composition root: every room put together, started in order and stopped in order.

Order of start: the folder's lock, the port, the journal, the store, derivation, the loader, HTTP.
Order of stop: event streams end, requests finish, the loader, derivation, journal, store. A
watchdog ends a process that takes longer than five seconds: all that was acknowledged is on disk.
"""

import fcntl
import os
import resource
import socket
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, cast

import structlog
import uvicorn
from litestar import Litestar

from parley import __version__
from parley.access import Access, AccessMiddleware, AccessRules
from parley.api import (
    ApiParts,
    Check,
    Metric,
    RawPaths,
    Sample,
    answer_error,
    api_router,
    openapi_config,
)
from parley.bus import Bus
from parley.derive import Deriver
from parley.journal import Journal
from parley.load import Loader
from parley.query import list_projects, read_lag_ms
from parley.receive import INGEST_PATHS, ReceiveCounts, ReceiveLimits, Receiver
from parley.settings import Settings, is_loopback
from parley.store import Store, StoreError
from parley.web import web_router

__all__ = ["StartRefused", "hold_folder", "run_server"]

STOP_SECONDS = 4.5  # then the watchdog ends the process
GRACE_SECONDS = 2  # for requests that are being answered
WORKERS = ("load", "derive")  # the names of their threads
PORT_MAX = 65535
BACKLOG = 2048
LOCK_NAME = "parley.lock"

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

log = structlog.get_logger("parley.server")


class StartRefused(Exception):
    """The server cannot start here and now; the message says what to do."""


@contextmanager
def hold_folder(folder: Path) -> Iterator[None]:
    """Holds the data folder alone; the lock ends with the process, however it ends.

    Raises:
        StartRefused: another process holds it, or it cannot be written.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = (folder / LOCK_NAME).open("a+")
    except OSError as error:
        raise StartRefused(f"cannot write to {folder}: {error.strerror}") from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "another process"
            raise StartRefused(f"{folder} is in use by {holder}; --data takes another") from error
        lock.truncate(0)
        lock.write(f"process {os.getpid()}")
        lock.flush()
        yield


def bind_port(host: str, port: int) -> socket.socket:
    """Returns a socket that holds the port.

    Raises:
        StartRefused: the port is taken, or the host is not an address of this machine.
    """
    if not 0 <= port <= PORT_MAX:  # the resolver would take it modulo 65536
        raise StartRefused(f"cannot listen on port {port}: there are ports 0 to {PORT_MAX}")
    try:
        family, *_, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)  # from here on nobody else gets it, and early clients wait
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartRefused(
            f"cannot listen on {host} port {port}: {reason}; --port takes another, 0 a free one"
        ) from error
    return listener


def run_server(
    settings: Settings,
    *,
    on_ready: Callable[[str], None],
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or SIGINT. `on_ready` gets the address once requests are answered.

    Raises:
        StartRefused: before anything was changed.
    """
    if not is_loopback(settings.host) and not settings.token:
        raise StartRefused(
            f"--host {settings.host} lets others reach this server; give it a --token first"
        )
    write_logs()
    with ExitStack() as stack:
        stack.enter_context(hold_folder(settings.data))
        listener = stack.enter_context(bind_port(settings.host, settings.port))
        port = listener.getsockname()[1]
        address = f"http://{shown_host(settings.host)}:{port}"
        parts = Parts(settings)
        stack.callback(parts.close)
        app = parts.compose(address)
        HttpServer(
            app,
            on_ready=lambda: on_ready(address),
            on_stop=[on_stop, parts.bus.close],
        ).run(sockets=[listener])


def shown_host(host: str) -> str:
    """Returns the host as it stands in an address a browser can open."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"  # noqa: S104
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def write_logs() -> None:
    """Sends the log to standard error, one line each; standard output is for answers."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class Parts:
    """The rooms of a running server, opened; `close` closes them in the other order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        self.bus = Bus()
        self.stack = ExitStack()
        with ExitStack() as opening:
            self.journal = Journal(
                settings.data / "journal",
                quota_bytes=settings.journal_quota_bytes,
                keep_seconds=settings.journal_keep_seconds,
                keep_bytes=settings.journal_keep_bytes,
            )
            self.journal.open()
            opening.callback(self.journal.close)
            self.store = Store.open(settings.data / "telemetry", settings.clickhouse or None)
            opening.callback(self.store.close)
            self.deriver = Deriver(self.store, self.bus)
            self.deriver.start()
            opening.callback(self.deriver.stop)
            self.loader = Loader(self.store, self.journal, loaded=self.deriver.wake)
            self.loader.start()
            opening.callback(self.loader.stop)
            self.stack = opening.pop_all()
        self.access = Access(
            AccessRules(
                token=settings.token or None,
                allowed_hosts=frozenset({*settings.allowed_host, settings.host}),
            )
        )
        limits = ReceiveLimits(
            body_bytes=settings.request_limit_bytes, inflated_bytes=settings.request_limit_bytes
        )
        self.receiver = Receiver(journal=self.journal, access=self.access, limits=limits)
        self.stack.callback(self.receiver.close)

    def close(self) -> None:
        """Stops the loader and derivation where they are; nothing acknowledged is lost."""
        self.stack.close()

    def compose(self, address: str) -> App:
        """Returns the application: access checks around everything, ingest beside the router."""
        api = api_router(
            ApiParts(
                version=__version__,
                access=self.access,
                store=self.store,
                journal=self.journal,
                bus=self.bus,
                readiness=self.checks,
                read_metrics=self.metrics,
            )
        )
        web = web_router(self.store, self.bus, address=address, access=self.access)
        router = Litestar(
            route_handlers=[api, web],
            openapi_config=openapi_config(__version__),
            exception_handlers={Exception: answer_error},
            logging_config=None,
        )
        app = with_ingest(self.receiver, RawPaths(cast("App", router)))
        return AccessMiddleware(app, self.access, ingest_paths=frozenset(INGEST_PATHS))

    def checks(self) -> list[Check]:
        """Returns whether the journal can be written, the store answers, and both workers live."""
        alive = {thread.name for thread in threading.enumerate()}
        workers = [
            Check(name, ok=name in alive, detail="" if name in alive else "has ended, see the log")
            for name in WORKERS
        ]
        return [self.check_journal(), self.check_store(), *workers]

    def check_journal(self) -> Check:
        """Writes and removes a small file where the segments are."""
        probe = self.settings.data / "journal" / "ready.tmp"
        try:
            with probe.open("w") as file:
                file.write("ready")
                os.fsync(file.fileno())
            probe.unlink()
        except OSError as error:
            return Check("journal", ok=False, detail=error.strerror or str(error))
        if self.journal.bytes_waiting() >= self.settings.journal_quota_bytes:
            return Check("journal", ok=False, detail="full: loading is behind")
        return Check("journal", ok=True)

    def check_store(self) -> Check:
        """Asks the store something small."""
        try:
            list_projects(self.store)
        except StoreError as error:
            return Check("store", ok=False, detail=str(error)[:200])
        return Check("store", ok=True)

    def metrics(self) -> list[Metric]:
        """Returns every number of /metrics."""
        lag = [
            Sample(read_lag_ms(self.store, name) / 1000, {"project": name})
            for name in list_projects(self.store)
        ]
        return [
            *receiving(self.receiver.counts),
            gauge("journal_bytes", "Accepted and not yet loaded.", self.journal.bytes_waiting()),
            gauge("quarantined", "Envelopes the store refused.", self.journal.quarantined()),
            counter("loaded_bytes", "Journal bytes loaded.", self.loader.loaded_bytes),
            counter("derived_traces", "Traces derived.", self.deriver.derived_traces),
            counter(
                "failed_traces", "Traces not derived; the log says why.", self.deriver.failed_traces
            ),
            gauge("derivation_lag_seconds", "Age of the oldest underived span.", lag),
            *process_numbers(self.started),
        ]


Samples = float | list[Sample]


def counter(name: str, text: str, samples: Samples) -> Metric:
    """Returns a number that only grows while the process lives."""
    return metric(f"parley_{name}_total", "counter", text, samples)


def gauge(name: str, text: str, samples: Samples) -> Metric:
    """Returns a number that comes and goes."""
    return metric(f"parley_{name}", "gauge", text, samples)


def metric(name: str, kind: str, text: str, samples: Samples) -> Metric:
    """Returns a family of one number or of several."""
    several = samples if isinstance(samples, list) else [Sample(samples)]
    return Metric(name=name, kind=kind, help=text, samples=several)


def receiving(counts: ReceiveCounts) -> list[Metric]:
    """Returns what came in since the start."""
    return [
        counter("accepted_spans", "Spans acknowledged.", counts.accepted_spans),
        counter("accepted_logs", "Log records acknowledged.", counts.accepted_logs),
        counter("accepted_bytes", "Canonical bytes journaled.", counts.accepted_bytes),
        counter(
            "rejected",
            "Spans, records and points rejected in partial_success.",
            by_label("reason", counts.rejected),
        ),
        counter("refused_requests", "Whole requests refused.", by_label("reason", counts.refused)),
        counter("ingest_requests", "Requests by status.", by_label("status", counts.requests)),
    ]


def process_numbers(started: float) -> list[Metric]:
    """Returns what Prometheus shows of any process, under its conventional names."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return [
        gauge("build_info", "Version.", [Sample(1, {"version": __version__})]),
        metric("process_start_time_seconds", "gauge", "Start, Unix time.", started),
        metric("process_cpu_seconds_total", "counter", "CPU used.", cpu_seconds),
        metric("process_resident_memory_bytes", "gauge", "Memory.", resident_bytes()),
    ]


def by_label(label: str, counts: dict[Any, int]) -> list[Sample]:
    """Returns one sample per key. The copy is taken at once: the event loop keeps counting."""
    return [Sample(count, {label: str(key)}) for key, count in dict(counts).items()]


def resident_bytes() -> int:
    """Returns the memory of this process now; its peak where /proc is missing."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()


def with_ingest(receiver: App, app: App) -> App:
    """Returns an application that hands ingest paths to the receiver, past the router.

    The router would add its routing, dependency and error layers to every batch.
    """

    async def dispatch(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in INGEST_PATHS:
            await receiver(scope, receive, send)
        else:
            await app(scope, receive, send)

    return dispatch


class HttpServer(uvicorn.Server):
    """Uvicorn that ends event streams before it waits for requests, and never waits for ever."""

    def __init__(
        self, app: Any, *, on_ready: Callable[[], None], on_stop: list[Callable[[], None]]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http="httptools",
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self.on_ready = on_ready
        self.on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then says so."""
        await super().startup(sockets=sockets)
        self.on_ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Ends the streams, lets requests finish, closes the port."""
        watchdog = threading.Timer(STOP_SECONDS, end_process)
        watchdog.daemon = True
        watchdog.start()
        self._captured_signals.clear()  # they were obeyed; raised again they would end us here
        for stop in self.on_stop:
            stop()
        await super().shutdown(sockets=sockets)


def end_process() -> None:
    """Ends the process at once. Safe: what was acknowledged is in the journal or the store."""
    log.error("stopping took too long, ending now")
    os._exit(1)
