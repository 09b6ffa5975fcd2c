"""However a server ends, and whoever else wants its folder or port."""

import socket
import subprocess
import threading
import time
from pathlib import Path

import httpx

from tests.serving import Server, Start, command, environment
from tests.telemetry import chat

STOP_SECONDS = 5.0


def start_refused(*options: str) -> str:
    """Returns what a server says that does not start."""
    done = subprocess.run(
        command("serve", *options),
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        check=False,
    )
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr
    return done.stderr


def test_sigterm_ends_open_event_streams_within_five_seconds(start: Start) -> None:
    server = start()
    server.post("/v1/traces", chat("a"))
    opened, ended = threading.Barrier(6), []

    def listen() -> None:
        with (
            httpx.Client(timeout=30, trust_env=False) as client,
            client.stream("GET", server.url + "/api/v1/events") as stream,
        ):
            lines = stream.iter_lines()
            next(lines)
            opened.wait(10)
            for _ in lines:
                pass
            ended.append(time.monotonic())

    listeners = [threading.Thread(target=listen, daemon=True) for _ in range(5)]
    for listener in listeners:
        listener.start()
    opened.wait(10)
    began = time.monotonic()
    assert server.stop(STOP_SECONDS) == 0
    assert time.monotonic() - began < STOP_SECONDS
    for listener in listeners:
        listener.join(5)
    assert len(ended) == 5  # each stream came to its proper end


def test_sigterm_under_load_loses_nothing_acknowledged(start: Start) -> None:
    server = start()
    acknowledged = push_until_it_ends(server, seconds=2)
    assert server.stop(STOP_SECONDS) == 0
    again = start()
    again.wait_derived()
    assert acknowledged <= sessions_of(again)
    again.stop()


def push_until_it_ends(server: Server, *, seconds: float) -> set[str]:
    """Returns the sessions that were acknowledged until the deadline."""
    deadline = time.monotonic() + seconds
    acknowledged = set()
    number = 0
    while time.monotonic() < deadline:
        number += 1
        if server.post("/v1/traces", chat(f"s{number}")).is_success:
            acknowledged.add(f"s{number}")
    return acknowledged


def sessions_of(server: Server) -> set[str]:
    """Returns the ids of all sessions."""
    found: set[str] = set()
    cursor = ""
    while True:
        parameters = {"limit": "500"} | ({"cursor": cursor} if cursor else {})
        page = server.get_json("/api/v1/sessions", params=parameters)
        found |= {item["session_id"] for item in page["sessions"]}
        cursor = page["next_cursor"]
        if cursor is None:
            return found


def test_a_second_server_on_the_folder_is_refused(start: Start) -> None:
    server = start()
    said = start_refused("--port", "0", "--data", str(server.data))
    assert str(server.data) in said
    assert f"process {server.process.pid}" in said
    assert server.get_json("/healthz")["status"] == "ok"
    server.kill()
    again = start()  # the lock died with its holder
    assert again.stop() == 0


def test_a_second_server_on_the_port_is_refused_and_leaves_no_trace(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        data = tmp_path / "other"
        said = start_refused("--port", port, "--data", str(data))
    assert f"port {port}" in said
    assert not (data / "telemetry").exists()


def test_hosts_and_ports_that_cannot_be_are_refused(tmp_path: Path) -> None:
    data = str(tmp_path / "data")
    assert "port 70000" in start_refused("--port", "70000", "--data", data)
    said = start_refused(
        "--host", "no.such.host.invalid", "--token", "x", "--port", "0", "--data", data
    )
    assert "no.such.host.invalid" in said
    file = tmp_path / "file"
    file.write_text("not a folder")
    assert "cannot write" in start_refused("--port", "0", "--data", str(file))
