"""The limits of the door, against a real server: floods, slow senders, and pages of others."""

import asyncio
import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from grpc import aio

from parley.access import Access, AccessRules
from parley.journal import Journal
from parley.receive import Intake, ReceiveLimits
from parley.receive.rpc import RPC_METHODS, RpcDoor
from tests.receive.doors import open_doors
from tests.receive.envelopes import request_of
from tests.serving import Server, Start, start_server
from tests.telemetry import chat

TRACES = next(iter(RPC_METHODS))
MIB = 1 << 20
CONNECTIONS = 60
PAGE = "https://shop.example"


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start_server(
        tmp_path_factory.mktemp("limited") / "data",
        *("--journal-quota-bytes", str(4 * MIB), "--connection-limit", str(CONNECTIONS)),
        *("--cors-origin", PAGE, "--cors-origin", "http://localhost:3000"),
    )
    yield running
    assert running.stop() == 0


def begin_post(server: Server, size: int, declared: int, project: str) -> socket.socket:
    """Returns a connection that has sent so many bytes of a body, and not the rest."""
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.sendall(
        f"POST /v1/traces HTTP/1.1\r\nhost: {host}\r\ncontent-type: application/x-protobuf\r\n"
        f"x-parley-project: {project}\r\ncontent-length: {declared}\r\n\r\n".encode()
    )
    connection.sendall(bytes(size))
    return connection


def in_flight(server: Server) -> int:
    text = server.get("/metrics").text
    return int(float(text.partition("\nparley_in_flight_bytes ")[2].split()[0]))


def wait_until(is_true, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not is_true():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_project_that_fills_the_memory_leaves_room_for_another(limited: Server) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(5):  # of which four fit into two thirds of 256 MiB
            with contextlib.suppress(OSError):
                stack.enter_context(begin_post(limited, 40 * MIB, 60 * MIB, "flood"))
        wait_until(lambda: in_flight(limited) > 100 * MIB)
        assert in_flight(limited) < 180 * MIB
        before = time.monotonic()
        answer = limited.in_project("calm").post("/v1/traces", chat("s", question="x" * 50_000))
        assert answer.status_code == 200
        assert time.monotonic() - before < 2  # it did not wait for room
        with pytest.raises(grpc.RpcError) as refused:
            limited.in_project("flood").export(chat("s", question="x" * 50 * MIB), TRACES)
        assert refused.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert limited.in_project("calm").export(chat("s-2"), TRACES) == b""
    wait_until(lambda: in_flight(limited) == 0)


def test_a_project_that_fills_the_journal_leaves_room_for_another(limited: Server) -> None:
    flood, calm = limited.in_project("flood"), limited.in_project("calm")
    body = request_of("x", noise=os.urandom(100_000).hex()).SerializeToString()
    for _ in range(500):
        answer = flood.post("/v1/traces", body)
        if answer.status_code != 200:
            break
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 1
    assert "of this project" in answer.content.decode(errors="replace")
    assert calm.post("/v1/traces", body).status_code == 200
    limited.wait_derived()
    assert flood.post("/v1/traces", body).status_code == 200


def test_a_flood_of_slow_conversions_waits_behind_itself(tmp_path: Path) -> None:
    attributes = [{"key": f"k{n}", "value": {"stringValue": "v"}} for n in range(20)]
    spans = [{"name": "chat", "attributes": attributes}] * 1000
    body = json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": spans}]}]}).encode()
    small = b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"calm"}]}]}]}'
    with open_doors(tmp_path / "journal") as doors, contextlib.ExitStack() as stack:
        flood = []
        for _ in range(30):
            flood.append(stack.enter_context(socket.create_connection(("127.0.0.1", doors.port))))
            flood[-1].sendall(
                b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n"
                b"x-parley-project: flood\r\ncontent-length: %d\r\n\r\n" % len(body) + body[:-1]
            )
        wait_until(lambda: doors.intake.in_flight.bytes == 30 * (len(body) - 1))
        for connection in flood:
            connection.sendall(body[-1:])
        headers = {"content_type": "application/json", "x_parley_project": "calm"}
        assert doors.post(small, **headers).status_code == 200
        assert doors.intake.counts.requests[200] < 20
        for connection in flood:
            assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_flood_of_connections_costs_those_that_are_idle(limited: Server) -> None:
    host, _, port = limited.url.removeprefix("http://").partition(":")
    body = chat("in work")
    with contextlib.ExitStack() as stack:
        working = stack.enter_context(begin_post(limited, 0, len(body), "calm"))
        working.sendall(body[:10])
        wait_until(lambda: in_flight(limited) >= 10)
        idle = []
        for _ in range(4 * CONNECTIONS):
            idle.append(stack.enter_context(socket.create_connection((host, int(port)))))
            idle[-1].sendall(b"POST /v1/tra")  # as slow attackers begin
        for _ in range(20):
            assert httpx.get(limited.url + "/healthz", trust_env=False).status_code == 200
        assert sum(map(is_closed, idle)) >= 3 * CONNECTIONS
        working.sendall(body[10:])
        assert working.recv(1000).startswith(b"HTTP/1.1 200")
    assert 'parley_limited_connections_total{which="idle"}' in limited.get("/metrics").text


def is_closed(connection: socket.socket) -> bool:
    """Returns whether the server has ended a connection; what it said before stays unread."""
    connection.setblocking(False)
    try:
        while connection.recv(1000):
            pass
    except BlockingIOError:
        return False
    except ConnectionError:
        return True
    return True


def test_a_flood_of_connections_to_grpc_leaves_those_that_are_there(limited: Server) -> None:
    host, _, port = limited.grpc.partition(":")
    with contextlib.ExitStack() as stack:
        channel = stack.enter_context(grpc.insecure_channel(limited.grpc))
        export = channel.unary_unary(TRACES)
        export(chat("s"), timeout=10)
        idle = [
            stack.enter_context(socket.create_connection((host, int(port))))
            for _ in range(4 * CONNECTIONS)
        ]
        wait_until(lambda: sum(map(is_closed, idle)) > 3 * CONNECTIONS)
        assert export(chat("s"), timeout=10) == b""
        assert httpx.get(limited.url + "/healthz", trust_env=False).status_code == 200


def test_a_slow_sender_is_cut_off_and_holds_next_to_nothing(serve_with) -> None:
    served = serve_with(body_grace_seconds=0.3, body_rate_bytes=100)
    most = 0
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as slow:
        slow.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n"
            b"content-type: application/json\r\n\r\n"
        )
        slow.settimeout(0.05)
        answer = b""
        deadline = time.monotonic() + 10
        while not answer:
            assert time.monotonic() < deadline
            slow.sendall(b" ")
            most = max(most, served.intake.in_flight.bytes)
            with contextlib.suppress(TimeoutError):
                answer = slow.recv(1000)
        assert answer.startswith(b"HTTP/1.1 408 ")
        slow.settimeout(5)
        while slow.recv(1000):
            pass  # it is closed: the rest is not waited for
    assert 0 < most < 100
    assert served.intake.in_flight.bytes == 0


async def slow_message(folder: Path) -> grpc.StatusCode:
    journal = Journal(folder, quota_bytes=MIB, keep_seconds=1, keep_bytes=1)
    journal.open()
    intake = Intake(
        journal=journal,
        access=Access(AccessRules(None, frozenset())),
        limits=ReceiveLimits(message_seconds=0.2),
        quota_bytes=MIB,
    )
    door = RpcDoor(intake)
    port = await door.open("127.0.0.1:0")
    try:
        async with aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            silent = channel.stream_unary(TRACES)()  # says nothing
            code = await silent.code()
            assert await channel.unary_unary(TRACES)(chat("s")) == b""
        assert intake.in_flight.bytes == 0
    finally:
        await door.close(0)
        intake.close()
        journal.close()
    return code


def test_a_slow_message_is_cut_off_too(tmp_path: Path) -> None:
    assert asyncio.run(slow_message(tmp_path / "journal")) is grpc.StatusCode.DEADLINE_EXCEEDED


def preflight(server: Server, origin: str, path: str = "/v1/traces", **more: str) -> httpx.Response:
    headers = {
        "origin": origin,
        "access-control-request-method": "POST",
        "access-control-request-headers": "Content-Type, x-api-key, cookie, x-evil",
        **more,
    }
    return httpx.options(server.url + path, headers=headers, trust_env=False)


def test_pages_of_named_origins_may_send_telemetry(limited: Server) -> None:
    asked = preflight(limited, PAGE)
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == PAGE
    assert asked.headers["access-control-allow-methods"] == "POST"
    assert asked.headers["access-control-allow-headers"] == "content-type, x-api-key"
    assert asked.headers["vary"] == "origin"
    for body, status in ((chat("page"), 200), (b"\xff", 400)):
        headers = {"origin": PAGE, "sec-fetch-site": "cross-site"}
        answer = limited.in_project("page").post("/v1/traces", body, headers)
        assert answer.status_code == status
        assert answer.headers["access-control-allow-origin"] == PAGE
        assert "access-control-allow-credentials" not in answer.headers


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example", "null", "http://shop.example", PAGE + ":444", PAGE + "/", "*"],
)
def test_pages_of_others_may_not(limited: Server, origin: str) -> None:
    assert preflight(limited, origin).status_code == 403
    answer = limited.post("/v1/traces", chat("evil"), {"origin": origin})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_only_ingest_paths_answer_pages(limited: Server) -> None:
    for path in ("/api/v1/sessions", "/healthz", "/"):
        answer = preflight(limited, PAGE, path)
        assert "access-control-allow-origin" not in answer.headers
    answer = limited.get("/api/v1/sessions", headers={"origin": PAGE})
    assert "access-control-allow-origin" not in answer.headers
    evil = preflight(limited, PAGE, host="evil.example")
    assert evil.status_code == 403


@pytest.mark.parametrize("origin", ["*", "https://*.example"])
def test_a_wildcard_is_no_origin(start: Start, origin: str) -> None:
    with pytest.raises(Exception, match="is not an origin"):
        start("--cors-origin", origin)
