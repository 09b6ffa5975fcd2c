"""The composition root: every room put together, started in order and stopped in order.

Order of start: the folder's lock, the ports, the journal, the store, derivation, the loader, gRPC,
HTTP. Order of stop: event streams end, requests finish, the loader, derivation, journal, store. A
watchdog ends a process that takes longer than five seconds: all that was acknowledged is on disk.
"""

import asyncio
import fcntl
import gc
import os
import resource
import socket
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

import structlog
import uvicorn
from litestar import Litestar

from parley import __version__
from parley.access import Access, AccessMiddleware, AccessRules, checked_origin
from parley.api import (
    ApiParts,
    Check,
    Metric,
    RawPaths,
    answer_error,
    api_router,
    openapi_config,
)
from parley.bus import Bus
from parley.derive import Annotations, Deriver, Elsewhere, Labels, LivePrices
from parley.journal import Journal
from parley.load import Loader
from parley.logs import write_logs
from parley.metrics import Measured, read_metrics
from parley.prompts import ChatRunner, Places, ProviderKeys, Registry
from parley.query import list_projects
from parley.receive import INGEST_PATHS, Intake, ReceiveLimits, Receiver
from parley.receive.connections import ConnectionCounts, limited_protocol
from parley.receive.turns import Turns
from parley.records import Records
from parley.settings import Settings, is_loopback
from parley.store import Store, StoreError
from parley.web import PromptParts, web_router

__all__ = ["StartRefused", "hold_folder", "run_server"]

STOP_SECONDS = 4.5  # then the watchdog ends the process
GRACE_SECONDS = 2  # for requests that are being answered
WORKERS = ("load", "derive")  # the names of their threads
PORT_MAX = 65535
BACKLOG = 2048
LOCK_NAME = "parley.lock"
RECORDS_NAME = "records.db"
SECRET_NAME = "secret.key"  # noqa: S105 - a file; it encrypts keys of model providers

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


def bind_port(
    host: str, port: int, *, option: str = "--port", is_listening: bool = True
) -> socket.socket:
    """Returns a socket that holds the port. One that does not listen only reserves it.

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
        if is_listening:
            listener.listen(BACKLOG)  # from here on nobody else gets it, and early clients wait
    except OSError as error:
        reason = error.strerror or str(error)
        raise StartRefused(
            f"cannot listen on {host} port {port}: {reason}; {option} takes another, 0 a free one"
        ) from error
    return listener


def run_server(
    settings: Settings,
    *,
    on_ready: Callable[[str, str], None],
    on_stop: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or SIGINT.

    `on_ready` gets the address, and that of gRPC ("" without it), once requests are answered.

    Raises:
        StartRefused: before anything was changed.
    """
    if not is_loopback(settings.host) and not settings.token:
        raise StartRefused(
            f"--host {settings.host} lets others reach this server; give it a --token first"
        )
    check_origins(settings)
    raise_open_files()
    write_logs()
    with ExitStack() as stack:
        stack.enter_context(hold_folder(settings.data))
        os.chdir(settings.data)  # the engine answers nothing once its working directory is gone
        listener = stack.enter_context(bind_port(settings.host, settings.port))
        address = f"http://{shown_host(settings.host)}:{listener.getsockname()[1]}"
        rpc_port = None
        if settings.grpc_port >= 0:
            rpc_port = bind_port(
                settings.host, settings.grpc_port, option="--grpc-port", is_listening=False
            )
            stack.enter_context(rpc_port)
        parts = Parts(settings)
        stack.callback(parts.close)
        app = parts.compose(address)
        calm_collector()
        rpc_address = ""
        if rpc_port:
            rpc_address = f"http://{shown_host(settings.host)}:{rpc_port.getsockname()[1]}"
        HttpServer(
            app,
            rpc=RpcServer(parts.intake, rpc_port) if rpc_port else None,
            protocol=limited_protocol(settings.connection_limit, parts.connections),
            on_ready=lambda: on_ready(address, rpc_address),
            on_stop=[on_stop, parts.bus.close, parts.intake.stop],
        ).run(sockets=[listener])


def raise_open_files() -> None:
    """Lets this process open as many files and connections as it may at most."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # macOS says "unlimited" and means less
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def check_origins(settings: Settings) -> None:
    """Raises StartRefused for what is no origin, a wildcard included."""
    for origin in settings.cors_origin:
        try:
            checked_origin(origin)
        except ValueError as error:
            message = f"--cors-origin: {error}"
            raise StartRefused(message) from error


def shown_host(host: str) -> str:
    """Returns the host as it stands in an address a browser can open."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104 - compared, not bound
        return "127.0.0.1" if host == "0.0.0.0" else "[::1]"  # noqa: S104
    return f"[{host}]" if ":" in host and not host.startswith("[") else host


def calm_collector() -> None:
    """Makes cyclic garbage collection rare: derivation makes many objects and no cycles.

    With Python's own thresholds a quarter of derivation went into looking through all of them.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)


class Parts:
    """The rooms of a running server, opened; `close` closes them in the other order."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.started = time.time()
        self.bus = Bus()
        self.connections = ConnectionCounts()
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
            self.records = Records.open(records_url(settings))
            opening.callback(self.records.close)
            self.prices = LivePrices(self.records, self.store)
            self.registry = Registry(self.records)
            self.provider_keys = ProviderKeys(self.records, settings.data / SECRET_NAME)
            self.annotations = Annotations(self.store)
            self.deriver = Deriver(self.store, self.bus, self.prices, self.annotations)
            self.prices.on_change = self.deriver.wake
            self.labels = Labels(self.store, self.deriver)
            self.labels.catch_up()
            self.deriver.start()
            opening.callback(self.deriver.stop)
            if self.store.is_shared:
                elsewhere = Elsewhere(self.store, self.bus)
                elsewhere.start()
                opening.callback(elsewhere.stop)
            self.loader = Loader(self.store, self.journal, loaded=self.deriver.wake)
            self.loader.start()
            opening.callback(self.loader.stop)
            self.stack = opening.pop_all()
        self.access = Access(
            AccessRules(
                token=settings.token or None,
                allowed_hosts=frozenset({*settings.allowed_host, settings.host}),
                allowed_origins=frozenset(settings.cors_origin),
            )
        )
        self.intake = Intake(
            journal=self.journal,
            access=self.access,
            limits=receive_limits(settings),
            quota_bytes=settings.journal_quota_bytes,
        )
        self.stack.callback(self.intake.close)
        self.places = Places(Turns(settings.run_limit), waiting_max=settings.run_queue)

    def close(self) -> None:
        """Stops the loader and derivation where they are; nothing acknowledged is lost."""
        self.stack.close()

    def compose(self, address: str) -> App:
        """Returns the application: access checks around everything, ingest beside the router."""
        chat = ChatRunner(
            self.registry,
            self.provider_keys,
            book=self.prices.book,
            record=partial(self.intake.keep, source="parley"),
            places=self.places,
        )
        api = api_router(
            ApiParts(
                version=__version__,
                access=self.access,
                store=self.store,
                journal=self.journal,
                bus=self.bus,
                prices=self.prices,
                labels=self.labels,
                annotations=self.annotations,
                records=self.records,
                prices_url=self.settings.prices_url,
                registry=self.registry,
                provider_keys=self.provider_keys,
                chat=chat,
                readiness=self.checks,
                read_metrics=self.metrics,
            )
        )
        web = web_router(
            self.store,
            self.journal,
            self.bus,
            self.prices,
            PromptParts(self.registry, self.provider_keys, chat),
            labels=self.labels,
            records=self.records,
            address=address,
            access=self.access,
        )
        router = Litestar(
            route_handlers=[api, web],
            openapi_config=openapi_config(__version__),
            exception_handlers={Exception: answer_error},
            logging_config=None,
        )
        app = with_ingest(Receiver(self.intake), RawPaths(cast("App", router)))
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
        if self.journal.is_full():
            return Check("journal", ok=False, detail="full: see the log and the quarantine")
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
        return read_metrics(
            Measured(
                store=self.store,
                journal=self.journal,
                intake=self.intake,
                places=self.places,
                connections=self.connections,
                loader=self.loader,
                deriver=self.deriver,
                started=self.started,
            )
        )


def records_url(settings: Settings) -> str:
    """Returns where the records are: as told, else in the data folder."""
    return settings.records or str(settings.data / RECORDS_NAME)


def receive_limits(settings: Settings) -> ReceiveLimits:
    """Returns the limits of receiving that follow from the settings."""
    body_bytes = settings.request_limit_bytes
    return ReceiveLimits(
        body_bytes=body_bytes,
        inflated_bytes=body_bytes,
        in_flight_bytes=max(ReceiveLimits().in_flight_bytes, 4 * body_bytes),
        project_rate_bytes=settings.project_rate_bytes,
        rpc_connections=settings.connection_limit,
    )


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


class RpcServer:
    """OTLP/gRPC at a port that was reserved; in the event loop of HTTP."""

    def __init__(self, intake: Intake, reserved: socket.socket) -> None:
        # grpc's handlers at fork() are not for us (nothing here forks), and they write to the log.
        os.environ.setdefault("GRPC_ENABLE_FORK_SUPPORT", "0")
        from parley.receive.rpc import RpcDoor  # noqa: PLC0415 - grpc reads that when imported

        self.door = RpcDoor(intake)
        self.reserved = reserved

    async def open(self) -> None:
        """Takes the port over and serves. Raises StartRefused."""
        host, port = self.reserved.getsockname()[:2]
        try:
            await self.door.open(f"[{host}]:{port}" if ":" in host else f"{host}:{port}")
        except RuntimeError as error:
            message = f"cannot listen on {host} port {port}; --grpc-port takes another"
            raise StartRefused(message) from error
        self.reserved.close()


class HttpServer(uvicorn.Server):
    """Uvicorn that ends event streams before it waits for requests, and never waits for ever."""

    def __init__(
        self,
        app: Any,
        *,
        rpc: RpcServer | None,
        protocol: type[asyncio.Protocol],
        on_ready: Callable[[], None],
        on_stop: list[Callable[[], None]],
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                loop="uvloop",
                http=protocol,
                ws="none",
                lifespan="off",
                access_log=False,
                log_config=None,
                server_header=False,
                backlog=BACKLOG,
                timeout_graceful_shutdown=GRACE_SECONDS,
            )
        )
        self.rpc = rpc
        self.on_ready = on_ready
        self.on_stop = on_stop

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listens, then says so."""
        if self.rpc:
            await self.rpc.open()
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
        ends = [super().shutdown(sockets=sockets)]
        if self.rpc:
            ends.append(self.rpc.door.close(GRACE_SECONDS))
        await asyncio.gather(*ends)


def end_process() -> None:
    """Ends the process at once. Safe: what was acknowledged is in the journal or the store."""
    log.error("stopping took too long, ending now")
    os._exit(1)
