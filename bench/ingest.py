"""One table of what a server takes and what it costs: rates, CPU, memory, disk, answers."""

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

from msgspec import Struct
from tests.serving import Server, start_server

from bench.load import Sending, Sent, prepare, send
from bench.spans import PROFILES, Body
from bench.stages import Watch, resident_bytes

__all__ = ["IngestOptions", "Measured", "measure_ingest", "measure_start", "telemetry_bytes"]

PROJECT = "bench"
POLL_SECONDS = 0.1
ASK_SECONDS = 0.25  # how often the list is asked for meanwhile
PROBE_SECONDS = 0.02
PROBES = 8  # sessions waited for at a time
VISIBLE_RATE = 5000
STAGES = ("receive", "journal", "load", "derive", "pool", "engine", "all")


class IngestOptions(Struct, frozen=True, kw_only=True):
    """What to measure. prepared: spans made beforehand for profiles that are dear to make."""

    profiles: tuple[str, ...] = tuple(PROFILES)
    seconds: float = 15
    connections: int = 4
    spans: int = 200
    rate: float = 0
    limit_seconds: float = 300
    prepared: int = 200_000
    has_visible: bool = True


class Measured(Struct):
    """One run of one profile. Times in seconds, rates in spans a second."""

    profile: str
    sent: Sent
    queryable: float = 0.0
    derived: float = 0.0
    lag: float = 0.0
    stored: int = 0
    cpu: dict[str, float] = {}
    sender_cpu: float = 0.0
    peak_bytes: int = 0
    after_bytes: int = 0
    disk_bytes: int = 0
    asked_ms: list[float] = []
    visible_ms: list[float] = []

    def micros(self, stage: str) -> float:
        """Returns microseconds of CPU a span."""
        return self.cpu.get(stage, 0.0) / max(self.sent.spans, 1) * 1e6


def measure_ingest(options: IngestOptions) -> list[Measured]:
    """Prints the table, each profile on a folder that is thrown away; returns what was measured."""
    runs = []
    for name in options.profiles:
        print(f"… {name}", flush=True)
        runs.append(measure_profile(name, options))
    if options.has_visible:
        print(f"… visible at {VISIBLE_RATE:,} spans/s", flush=True)
        runs.append(measure_visible(options))
    print(table(runs))
    return runs


def sending_of(profile: str, options: IngestOptions, rate: float) -> Sending:
    """Returns how to send a profile."""
    return Sending(
        profile=PROFILES[profile],
        seconds=options.seconds,
        connections=options.connections,
        spans=options.spans,
        rate=rate,
        headers={"x-parley-project": PROJECT},
    )


def measure_profile(profile: str, options: IngestOptions) -> Measured:
    """Returns what one profile does, sent as fast as it is taken or at the rate asked for."""
    sending = sending_of(profile, options, options.rate)
    bodies = prepare(sending, spans=options.prepared) if sending.profile.is_gzip else None
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        server = start_server(Path(folder) / "data").in_project(PROJECT)
        try:
            run = measure_run(profile, server, lambda: send(server.url, sending, bodies), options)
        finally:
            server.stop(60)
        run.disk_bytes = telemetry_bytes(server.data)
    return run


def measure_visible(options: IngestOptions) -> Measured:
    """Returns how long after its acknowledgement a session is listed, at a fixed rate."""
    sending = sending_of("protobuf", options, VISIBLE_RATE)
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        server = start_server(Path(folder) / "data").in_project(PROJECT)
        probes = Probes(server)
        try:
            work = lambda: send(server.url, sending, acknowledged=probes.note)  # noqa: E731
            run = measure_run(f"{VISIBLE_RATE:,}/s", server, work, options)
            probes.stop()
        finally:
            server.stop(60)
        run.visible_ms = probes.found_ms
        run.disk_bytes = telemetry_bytes(server.data)
    return run


def measure_run(
    profile: str, server: Server, work: Callable[[], Sent], options: IngestOptions
) -> Measured:
    """Returns one run: sends, asks for the list meanwhile, waits until all is derived.

    Rates count from the first request to the moment all was there.
    """
    asking = Asking(server)
    watch = Watch(server.process.pid)
    began, cpu_began = time.monotonic(), time.process_time()
    run = Measured(profile, work())
    run.sender_cpu = time.process_time() - cpu_began
    run.asked_ms = asking.stop()
    run.lag = server.get_json("/api/v1/stats")["derivation_lag_ms"] / 1000
    deadline = began + options.seconds + options.limit_seconds
    while time.monotonic() < deadline and not run.derived:
        stats = server.get_json("/api/v1/stats")
        elapsed = time.monotonic() - began
        if not run.queryable and stats["journal_bytes"] == 0:
            run.queryable = run.sent.spans / elapsed
        if run.queryable and stats["derivation_lag_ms"] == 0:
            run.derived = run.sent.spans / elapsed
        time.sleep(POLL_SECONDS)
    watch.stop()
    run.stored = stats["spans"]
    run.cpu, run.peak_bytes = watch.cpu_seconds(), watch.peak_bytes
    run.after_bytes = resident_bytes(server.process.pid)
    if run.derived and run.stored != run.sent.spans:
        raise AssertionError(f"{run.sent.spans:,} acknowledged, {run.stored:,} stored")
    return run


class Asking:
    """Asks for the first page of the list again and again, as open pages would."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = threading.Event()
        self._times: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        while not self._stop.wait(ASK_SECONDS):
            began = time.perf_counter()
            self._server.get_json("/api/v1/sessions?limit=100")
            self._times.append((time.perf_counter() - began) * 1000)

    def stop(self) -> list[float]:
        """Returns the milliseconds of every answer."""
        self._stop.set()
        self._thread.join()
        return self._times


class Probes:
    """Follows some acknowledged sessions until the server shows them."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._lock = threading.Lock()
        self._waiting: dict[str, float] = {}
        self._stop = threading.Event()
        self.found_ms: list[float] = []
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def note(self, body: Body) -> None:
        """Follows the session of a body that was just acknowledged, if there is room."""
        with self._lock:
            if len(self._waiting) < PROBES:
                self._waiting[body.session] = time.perf_counter()

    def _run(self) -> None:
        while not self._stop.wait(PROBE_SECONDS):
            with self._lock:
                waiting = dict(self._waiting)
            for session, since in waiting.items():
                # The row that the list shows: unknown until it is there.
                if self._server.get(f"/api/v1/sessions/{session}").status_code == 200:
                    self.found_ms.append((time.perf_counter() - since) * 1000)
                    with self._lock:
                        del self._waiting[session]

    def stop(self) -> None:
        """Ends; what was not seen by then is not counted: call it when all is derived."""
        while self._waiting:
            time.sleep(PROBE_SECONDS)
        self._stop.set()
        self._thread.join()


def percentile(values: list[float], share: float) -> float:
    """Returns a percentile, 0 of nothing."""
    ordered = sorted(values)
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def table(runs: list[Measured]) -> str:
    """Returns the runs side by side."""
    both = f"{os.cpu_count()} cores, the sender on them too"

    def cells(run: Measured) -> list[tuple[str, str]]:
        spent = run.sender_cpu / max(run.sender_cpu + run.cpu.get("all", 0.0), 1e-9)
        asked, visible = run.asked_ms, run.visible_ms
        pair = lambda v: f"{statistics.median(v):,.0f} / {percentile(v, 0.95):,.0f}" if v else "–"  # noqa: E731
        return [
            ("spans sent", f"{run.sent.spans:,}"),
            ("accepted, durable /s", f"{run.sent.spans / run.sent.seconds:,.0f}"),
            ("queryable /s", f"{run.queryable:,.0f}" if run.queryable else "not reached"),
            ("derived /s", f"{run.derived:,.0f}" if run.derived else "not reached"),
            ("told to wait", f"{run.sent.told_to_wait:,}"),
            ("lag at the end of sending, s", f"{run.lag:.1f}"),
            *[(f"CPU µs/span: {stage}", f"{run.micros(stage):,.1f}") for stage in STAGES],
            ("sender's share of all CPU", f"{spent:.0%}"),
            ("memory peak, MB", f"{run.peak_bytes / 1e6:,.0f}"),
            ("memory after, MB", f"{run.after_bytes / 1e6:,.0f}"),
            ("disk B/span, until merged", f"{run.disk_bytes / max(run.sent.spans, 1):,.0f}"),
            ("list meanwhile p50 / p95, ms", pair(asked)),
            ("acknowledged → listed p50 / p95, ms", pair(visible)),
        ]

    columns = [cells(run) for run in runs]
    lines = [f"{'(' + both + ')':38}" + "".join(f"{run.profile:>16}" for run in runs)]
    lines += [
        f"{row[0][0]:38}" + "".join(f"{value:>16}" for _, value in row)
        for row in zip(*columns, strict=True)
    ]
    return "\n".join(lines)


def telemetry_bytes(data: Path) -> int:
    """Returns the size of the store on disk."""
    return sum(path.stat().st_size for path in (data / "telemetry").rglob("*") if path.is_file())


def measure_start(idle_seconds: float) -> None:
    """Prints how long a start takes, on a new folder and on one that exists, and idle memory."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        data = Path(folder) / "data"
        for kind in ("new", "existing"):
            began = time.monotonic()
            server = start_server(data)
            server.get_json("/healthz")
            seconds = time.monotonic() - began
            print(f"cold start on a folder that is {kind:9} {seconds:6.2f} s")
            if kind == "existing":
                time.sleep(idle_seconds)
                megabytes = resident_bytes(server.process.pid) / 1e6
                print(f"memory after {idle_seconds:.0f} s idle {megabytes:10,.0f} MB")
            server.stop()
