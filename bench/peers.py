"""Arize Phoenix and MLflow on the same bodies: each in a venv of its own, with its default storage.

The venvs are kept outside the tree ($XDG_CACHE_HOME/parley-bench). What cannot be installed or
started is named, not skipped silently.
"""

import os
import signal
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path

import httpx
from msgspec import Struct
from msgspec.structs import replace

from bench.ingest import Measured
from bench.load import Sending, Sent, send
from bench.spans import PROFILES
from bench.stages import cpu_of_threads, resident_bytes

__all__ = ["measure_peers"]

START_SECONDS = 120
DRAIN_SECONDS = 60  # that a peer gets to store what it acknowledged
SPANS = 200  # of a request
CONNECTIONS = 2
QUIET_SECONDS = 0.1  # of CPU in one second


class PeerFailed(Exception):
    """A peer that cannot be installed or started; says why."""


class Peer(Struct, frozen=True, kw_only=True):
    """How a peer is installed, started, fed and asked how much it has stored."""

    name: str
    package: str
    command: Callable[[Path, int], list[str]]
    variables: Callable[[Path, int], dict[str, str]]
    health: str
    headers: dict[str, str] = {}
    count: Callable[[str, Path], int]


def phoenix_count(url: str, folder: Path) -> int:
    """Returns what Phoenix's own page says: the record count of its projects."""
    del folder
    query = "{ projects { edges { node { recordCount } } } }"
    answer = httpx.post(f"{url}/graphql", json={"query": query}, timeout=60, trust_env=False)
    edges = answer.json()["data"]["projects"]["edges"]
    return sum(int(edge["node"]["recordCount"]) for edge in edges)


def mlflow_count(url: str, folder: Path) -> int:
    """Returns the rows of MLflow's table of spans: it has no question for their number."""
    del url
    with closing(sqlite3.connect(f"file:{folder}/mlflow.db?mode=ro", uri=True)) as database:
        return int(database.execute("SELECT count(*) FROM spans").fetchone()[0])


PEERS = (
    Peer(
        name="Phoenix",
        package="arize-phoenix",
        command=lambda folder, port: ["phoenix", "serve"],
        variables=lambda folder, port: {
            "PHOENIX_WORKING_DIR": str(folder),
            "PHOENIX_HOST": "127.0.0.1",
            "PHOENIX_PORT": str(port),
            "PHOENIX_GRPC_PORT": str(free_port()),
            "PHOENIX_TELEMETRY_ENABLED": "false",
        },
        health="/healthz",
        count=phoenix_count,
    ),
    Peer(
        name="MLflow",
        package="mlflow",
        command=lambda folder, port: [
            *("mlflow", "server", "--host", "127.0.0.1", "--port", str(port)),
            *("--backend-store-uri", f"sqlite:///{folder}/mlflow.db"),
            *("--artifacts-destination", str(folder / "artifacts")),
        ],
        variables=lambda folder, port: {"MLFLOW_DISABLE_TELEMETRY": "true"},
        health="/health",
        headers={"x-mlflow-experiment-id": "0"},
        count=mlflow_count,
    ),
)


class PeerRun(Struct, frozen=True, kw_only=True):
    """What a peer did. stored: of what it acknowledged, at the end of the wait."""

    name: str
    version: str
    sent: Sent
    stored: int
    seconds: float
    cpu_seconds: float
    resident: int
    disk_bytes: int

    @property
    def rate(self) -> float:
        """Stored spans a second, from the first request until they were there."""
        return self.stored / self.seconds


def measure_peers(ours: Measured, *, seconds: float) -> None:
    """Prints what the peers do with the same bodies, and ratios with our run just before."""
    runs = []
    for peer in PEERS:
        print(f"… {peer.name}", flush=True)
        try:
            runs.append(measure_peer(peer, seconds=seconds))
        except PeerFailed as error:
            print(f"NOT MEASURED: {peer.name}: {error}")
    print(f"{'same bodies, same machine':24}{'accepted/s':>12}{'stored/s':>12}{'CPU µs/span':>14}"
          f"{'B/span':>10}{'memory MB':>11}{'ours is':>12}")  # fmt: skip
    print(
        f"{'Parley':24}{ours.sent.spans / ours.sent.seconds:12,.0f}{ours.queryable:12,.0f}"
        f"{ours.micros('all'):14,.0f}{ours.disk_bytes / ours.sent.spans:10,.0f}"
        f"{ours.peak_bytes / 1e6:11,.0f}"
    )
    for run in runs:
        spans = max(run.stored, 1)
        print(
            f"{run.name + ' ' + run.version:24}{run.sent.spans / run.sent.seconds:12,.0f}"
            f"{run.rate:12,.0f}{run.cpu_seconds / spans * 1e6:14,.0f}"
            f"{run.disk_bytes / spans:10,.0f}"
            f"{run.resident / 1e6:11,.0f}"
            f"{ours.queryable / max(run.rate, 0.1):10,.0f} ×"
        )
        if run.stored < run.sent.spans:
            print(f"  {run.name} had stored {run.stored:,} of {run.sent.spans:,} when we left")


def measure_peer(peer: Peer, *, seconds: float) -> PeerRun:
    """Returns how one peer takes the same bodies.

    Raises:
        PeerFailed: it cannot be installed or does not start.
    """
    programs = installed(peer)
    with tempfile.TemporaryDirectory(prefix="parley-bench-peer-") as name:
        folder, port = Path(name), free_port()
        url = f"http://127.0.0.1:{port}"
        command = peer.command(folder, port)
        with (folder / "peer.log").open("w") as log:
            process = subprocess.Popen(
                [str(programs / command[0]), *command[1:]],
                env={**os.environ, **peer.variables(folder, port)},
                stdout=log, stderr=log, cwd=folder, start_new_session=True,
            )  # fmt: skip
        try:
            wait_healthy(peer, url, process, folder / "peer.log")
            return run_peer(peer, url, folder, process.pid, version_of(peer, programs), seconds)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)


def run_peer(
    peer: Peer, url: str, folder: Path, group: int, version: str, seconds: float
) -> PeerRun:
    """Returns what a running peer does, until it has stored everything or the wait is over."""
    sending = Sending(
        profile=PROFILES["protobuf"],
        seconds=seconds,
        connections=CONNECTIONS,
        spans=SPANS,
        headers=peer.headers,
    )
    warm_up(url, sending, group)
    first, cpu_first, began = peer.count(url, folder), cpu_of_group(group), time.monotonic()
    sent = send(url, sending)
    stored = peer.count(url, folder) - first
    while stored < sent.spans and time.monotonic() - began < seconds + DRAIN_SECONDS:
        time.sleep(0.5)
        stored = peer.count(url, folder) - first
    return PeerRun(
        name=peer.name, version=version, sent=sent, stored=stored,
        seconds=time.monotonic() - began,
        cpu_seconds=cpu_of_group(group) - cpu_first,
        resident=sum(resident_bytes(pid) for pid in group_of(group)),
        disk_bytes=sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()),
    )  # fmt: skip


def warm_up(url: str, sending: Sending, group: int) -> None:
    """Returns when a peer has taken a little and is quiet: workers start after it is healthy."""
    send(url, replace(sending, seconds=1, connections=1, spans=10))
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        spent = cpu_of_group(group)
        time.sleep(1)
        if cpu_of_group(group) - spent < QUIET_SECONDS:
            return


def installed(peer: Peer) -> Path:
    """Returns the folder of a peer's programs, installed when it is not there.

    Raises:
        PeerFailed: the package registry does not give it, or it does not install.
    """
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    home = cache / "parley-bench" / "peers" / peer.package
    programs = home / "bin"
    ready = home / "parley-bench-installed"
    if not ready.exists():
        venv.create(home, with_pip=True, clear=True)
        done = subprocess.run(
            [str(programs / "python"), "-m", "pip", "install", "--quiet", peer.package],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            raise PeerFailed(f"could not be installed: {done.stderr.strip()[-300:]}")
        ready.touch()
    return programs


def version_of(peer: Peer, programs: Path) -> str:
    """Returns the version that is installed."""
    code = f"import importlib.metadata as m; print(m.version({peer.package!r}))"
    command = [str(programs / "python"), "-c", code]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def wait_healthy(peer: Peer, url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Returns when a peer answers.

    Raises:
        PeerFailed: it ended, or was not there in time.
    """
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(httpx.HTTPError):
            if httpx.get(url + peer.health, timeout=5, trust_env=False).status_code == 200:
                return
        time.sleep(0.5)
    raise PeerFailed(f"did not start: {log.read_text()[-300:]}")


def group_of(group: int) -> list[int]:
    """Returns the processes of a session: servers with workers are several."""
    found = []
    for place in Path("/proc").iterdir():
        if place.name.isdigit():
            with suppress(OSError, IndexError):
                if int((place / "stat").read_text().rsplit(")", 1)[1].split()[3]) == group:
                    found.append(int(place.name))
    return found


def cpu_of_group(group: int) -> float:
    """Returns the CPU seconds of the living threads of a session's processes."""
    return sum(sum(cpu_of_threads(pid).values()) for pid in group_of(group))


def free_port() -> int:
    """Returns a port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if sys.platform != "linux":
    raise ImportError("peers are watched through /proc")
