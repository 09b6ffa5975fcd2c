"""How many spans a second are accepted, queryable and derived."""

import tempfile
import time
from pathlib import Path

from msgspec import Struct
from tests.serving import Server, start_server

from bench.load import send

__all__ = ["IngestOptions", "measure_ingest", "measure_start"]

PROJECT = "bench"
POLL_SECONDS = 0.1


class IngestOptions(Struct, frozen=True, kw_only=True):
    """One measurement."""

    seconds: float
    connections: int
    spans: int
    limit_seconds: float


def measure_ingest(options: IngestOptions) -> None:
    """Prints the three rates, on a folder that is thrown away."""
    with tempfile.TemporaryDirectory(prefix="parley-bench-") as folder:
        server = start_server(Path(folder) / "data").in_project(PROJECT)
        try:
            report(server, options)
        finally:
            server.stop(30)
        stored = sum(file.stat().st_size for file in telemetry_files(server.data))
        print(f"disk              {stored / 1e6:10,.0f} MB of telemetry at the end")


def telemetry_files(data: Path) -> list[Path]:
    """Returns the files of the store."""
    return [path for path in (data / "telemetry").rglob("*") if path.is_file()]


def report(server: Server, options: IngestOptions) -> None:
    """Sends, waits, prints. Rates count from the first request to the moment all was there."""
    began = time.monotonic()
    sent = send(
        server.url,
        seconds=options.seconds,
        connections=options.connections,
        spans=options.spans,
        project=PROJECT,
    )
    print(
        f"{sent.spans:,} spans of {sent.span_bytes:,.0f} bytes in {sent.requests:,} requests of "
        f"{options.spans}, {options.connections} connections, {options.seconds:.0f} s; "
        f"told to wait {sent.told_to_wait} times"
    )
    print(f"accepted, durable {sent.spans / sent.seconds:10,.0f} spans/s")
    queryable = derived = 0.0
    deadline = began + options.seconds + options.limit_seconds
    while time.monotonic() < deadline and not derived:
        stats = server.get_json("/api/v1/stats")
        elapsed = time.monotonic() - began
        if not queryable and stats["journal_bytes"] == 0:
            queryable = elapsed
            print(f"queryable         {stats['spans'] / elapsed:10,.0f} spans/s")
        if queryable and stats["derivation_lag_ms"] == 0:
            derived = elapsed
            print(f"derived           {stats['spans'] / elapsed:10,.0f} spans/s")
            print(f"spans stored      {stats['spans']:10,d}, sessions {stats['sessions']:,}")
            assert stats["spans"] == sent.spans, "an acknowledged span is missing or doubled"
        time.sleep(POLL_SECONDS)
    if not derived:
        print(f"NOT REACHED within {options.limit_seconds:.0f} s after sending: {stats}")
    print(f"memory            {memory_bytes(server) / 1e6:10,.0f} MB")


def memory_bytes(server: Server) -> int:
    """Returns the server's resident memory."""
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * 4096


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
                megabytes = memory_bytes(server) / 1e6
                print(f"memory after {idle_seconds:.0f} s idle {megabytes:10,.0f} MB")
            server.stop()
