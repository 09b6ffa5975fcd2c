"""Starts a real server in a process of its own, and speaks to it as a client would."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import grpc
import httpx

START_SECONDS = 60.0
DERIVE_SECONDS = 60.0
HOP_HEADERS = {"host", "content-length", "connection", "transfer-encoding", "accept-encoding", "te"}
PROTOBUF = {"content-type": "application/x-protobuf"}
ROOT = Path(__file__).parent.parent


class ServerFailed(Exception):
    """A server that did not start, or does not keep up."""


@dataclass(frozen=True)
class Server:
    """A running server and the project that this view of it writes and reads."""

    url: str
    data: Path
    log: Path
    process: subprocess.Popen[str]
    grpc: str = ""  # host:port, "" when it is off
    project: str = "default"
    client: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))

    def in_project(self, name: str) -> "Server":
        """Returns the same server seen through another project."""
        return replace(self, project=name)

    def post(
        self, path: str, body: bytes, headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        """Sends a body; protobuf unless the headers say otherwise."""
        sent = {"x-parley-project": self.project, **PROTOBUF, **(headers or {})}
        return self.client.post(self.url + path, content=body, headers=sent)

    def export(self, body: bytes, method: str, headers: Mapping[str, str] | None = None) -> bytes:
        """Sends a message over gRPC; returns the answer's bytes. Raises grpc.RpcError."""
        sent = {"x-parley-project": self.project, **(headers or {})}
        metadata = [
            (name.lower(), value)
            for name, value in sent.items()
            if name.lower() not in ("content-type", "user-agent")
        ]
        with grpc.insecure_channel(self.grpc, [("grpc.max_send_message_length", -1)]) as channel:
            return channel.unary_unary(method)(body, metadata=metadata, timeout=30)

    def get(self, path: str, **options: Any) -> httpx.Response:
        """Returns the answer, whatever its status."""
        headers = {"x-parley-project": self.project, **options.pop("headers", {})}
        return self.client.get(self.url + path, headers=headers, **options)

    def get_json(self, path: str, **options: Any) -> Any:
        """Returns the JSON of an answer that must be 200."""
        answer = self.get(path, **options)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:300]}"
        return answer.json()

    def open_session(self, session_id: str, part: str = "") -> Any:
        """Returns a session, or a part of it, by the path with the id in it."""
        path = f"/api/v1/sessions/{quote(session_id, safe='')}"
        return self.get_json(path + (f"/{part}" if part else ""))

    def wait_derived(self, project: str | None = None, *, seconds: float = DERIVE_SECONDS) -> Any:
        """Returns the stats once all that was acknowledged so far is in every answer."""
        deadline = time.monotonic() + seconds
        view = self.in_project(project) if project else self
        while True:
            stats = view.get_json("/api/v1/stats")
            if stats["journal_bytes"] == 0 and stats["derivation_lag_ms"] == 0:
                return stats
            if time.monotonic() > deadline:
                raise ServerFailed(f"not derived in time: {stats}\n{self.log.read_text()[-2000:]}")
            time.sleep(0.05)

    def replay(self, folder: Path) -> None:
        """Sends the recorded requests of a corpus folder in their order."""
        for meta_path in sorted(folder.glob("*.meta.json")):
            meta = json.loads(meta_path.read_text())
            headers = {
                name: value
                for name, value in meta["headers"].items()
                if name.lower() not in HOP_HEADERS
            }
            if meta.get("transport") == "grpc":
                self.export((folder / meta["file"]).read_bytes(), meta["path"], headers)
                continue
            answer = self.post(meta["path"], (folder / meta["file"]).read_bytes(), headers)
            assert answer.status_code == 200, f"{meta_path}: {answer.status_code} {answer.text}"

    def kill(self) -> None:
        """Ends the process as a power cut would."""
        self.process.kill()
        self.process.wait()

    def stop(self, seconds: float = 10.0) -> int:
        """Asks the process to end; returns its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        return self.process.returncode


Start = Callable[..., Server]  # the fixture `start`


def command(*arguments: str) -> list[str]:
    """Returns the command line of `parley` in this environment."""
    return [sys.executable, "-m", "parley.cli", *arguments]


def environment() -> dict[str, str]:
    """Returns the environment of a server: nothing of the caller's own settings."""
    # Nor an order to compile every module anew, which triples the time of a start.
    dropped = ("PARLEY_", "PYTHONDONTWRITEBYTECODE")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
    return {**kept, "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}


def start_server(
    data: Path,
    *options: str,
    name: str = "serve",
    seconds: float = START_SECONDS,
    working_in: Path = ROOT,
) -> Server:
    """Returns a server on a free port once it says that it is ready."""
    data.mkdir(parents=True, exist_ok=True)
    log = data.parent / f"{data.name}.log"
    arguments = command(name, "--port", "0", "--grpc-port", "0", "--data", str(data), *options)
    with log.open("a") as errors:
        process = subprocess.Popen(
            arguments,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env=environment(),
            cwd=working_in,
        )
    assert process.stdout is not None
    deadline = time.monotonic() + seconds
    url = ""
    while line := process.stdout.readline():
        if line.startswith("Parley is ready at "):
            url = line.rsplit(" ", 1)[1].strip()
        if line.startswith("or, over gRPC, to ") or (url and "-1" in options):
            grpc = line.strip().rpartition("http://")[2] if "gRPC" in line else ""
            return Server(url=url, data=data, log=log, process=process, grpc=grpc)
        if time.monotonic() > deadline:
            break
    process.kill()
    raise ServerFailed(f"no server: exit {process.wait()}\n{log.read_text()[-4000:]}")
