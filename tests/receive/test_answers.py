"""The table of answers in docs/receiving.md, row by row, against both doors."""

import contextlib
import gzip
import re
import resource
import shutil
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import pytest

from tests.receive.doors import TRACES, Doors, open_doors
from tests.receive.envelopes import field, request_of
from tests.serving import ROOT

BODY = request_of("hello", session="s-1").SerializeToString()
PAGE = (ROOT / "docs" / "receiving.md").read_text()
SECTION = PAGE.partition("## Answers")[2].partition("\n## ")[0]

Seen = tuple[httpx.Response | None, tuple[str, float | None] | None]
Provoke = Callable[[Doors], Seen]
ROWS: dict[str, tuple[dict, Provoke]] = {}


def documented() -> dict[str, tuple[str, str, str]]:
    """Returns the rows of the page: (HTTP status, gRPC code, when to try again)."""
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", SECTION, re.MULTILINE)
    return {what: (status, code.strip("`"), again) for what, status, code, again in rows[1:]}


def row(what: str, **settings):
    def register(provoke: Provoke) -> Provoke:
        ROWS[what] = (settings, provoke)
        return provoke

    return register


@row("it is on the disk")
def good(doors: Doors) -> Seen:
    return doors.post(BODY), doors.export(BODY)


@row("the body is not what its type says, or nothing good is in it")
def undecodable(doors: Doors) -> Seen:
    return doors.post(BODY[:-3]), doors.export(BODY[:-3])


@row("a project name that cannot be one")
def bad_project(doors: Doors) -> Seen:
    name = "x" * 201
    return doors.post(BODY, x_parley_project=name), doors.export(BODY, x_parley_project=name)


@row("no token, or another one", token="s3cret")
def no_token(doors: Doors) -> Seen:
    return doors.post(BODY), doors.export(BODY, authorization="Bearer other")


@row("a host that is not served, a page of another origin")
def foreign(doors: Doors) -> Seen:
    assert doors.post(BODY, host="evil.example").status_code == 403
    return doors.post(BODY, origin="https://evil.example"), None


@row("an unknown path or method")
def unknown(doors: Doors) -> Seen:
    address = f"http://127.0.0.1:{doors.port}/v1/nothing"
    answer = httpx.post(address, content=BODY, trust_env=False)
    return answer, doors.export(BODY, TRACES.replace("Export", "Import"))


@row("another HTTP method than POST")
def not_post(doors: Doors) -> Seen:
    return httpx.put(f"http://127.0.0.1:{doors.port}/v1/traces", trust_env=False), None


@row("the body does not arrive in time", body_grace_seconds=0.1, message_seconds=0.1)
def slow(doors: Doors) -> Seen:
    with socket.create_connection(("127.0.0.1", doors.port), timeout=10) as raw:
        raw.sendall(
            b"POST /v1/traces HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9\r\n"
            b"content-type: application/json\r\n\r\n{"
        )
        head = raw.recv(2000)
    answer = httpx.Response(int(head.split()[1]))
    with grpc.insecure_channel(f"127.0.0.1:{doors.rpc_port}") as channel:
        silence = iter(lambda: time.sleep(1), 0)
        with pytest.raises(grpc.RpcError) as caught:
            channel.stream_unary(TRACES)(silence, timeout=10)
    return answer, (caught.value.code().name, None)


@row("over 64 MiB as sent", body_bytes=1000)
def too_large(doors: Doors) -> Seen:
    return doors.post(bytes(1001)), doors.export(bytes(1001))


@row("over 64 MiB when inflated", body_bytes=10_000, inflated_bytes=10_000)
def bomb(doors: Doors) -> Seen:
    answer = doors.post(gzip.compress(bytes(10_001)), content_encoding="gzip")
    return answer, doors.export(bytes(10_001), compression=grpc.Compression.Gzip)


@row("over 100,000 spans or records, or 1.5 million fields", items=10)
def too_many(doors: Doors) -> Seen:
    body = field(1, field(2, field(2, b"") * 20))
    return doors.post(body), doors.export(body)


@row("a content type that is not protobuf or JSON")
def content_type(doors: Doors) -> Seen:
    return doors.post(BODY, content_type="text/plain"), None


@row("an unknown compression")
def encoding(doors: Doors) -> Seen:
    return doors.post(BODY, content_encoding="br"), None


@row("too much is in work", in_flight_bytes=10, in_flight_wait_seconds=0.05)
def busy(doors: Doors) -> Seen:
    return doors.post(BODY), doors.export(BODY)


@row("the project is over its rate", project_rate_bytes=1)
def over_rate(doors: Doors) -> Seen:
    doors.post(BODY)
    return doors.post(BODY), doors.export(BODY)


@row("the journal is over its quota, or the project over its share of it", quota_bytes=150)
def full(doors: Doors) -> Seen:
    doors.post(BODY)
    return doors.post(BODY), doors.export(BODY)


@contextlib.contextmanager
def files_end_at(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@row("the disk is full")
def disk_full(doors: Doors) -> Seen:
    body = request_of("big", text="x" * 20_000).SerializeToString()
    with files_end_at(5000):
        seen = doors.post(body), doors.export(body)
    assert doors.post(body).status_code == 200
    return seen


@row("the disk is read-only or broken")
def disk_broken(doors: Doors) -> Seen:
    shutil.rmtree(doors.folder)
    doors.folder.write_text("in the way")
    seen = doors.post(BODY), doors.export(BODY)
    doors.folder.unlink()
    assert doors.post(BODY).status_code == 200
    return seen


@row("the server is stopping")
def stopping(doors: Doors) -> Seen:
    doors.intake.stop()
    return doors.post(BODY), doors.export(BODY)


def test_every_documented_answer_is_provoked_and_the_other_way_round() -> None:
    assert list(documented()) == list(ROWS)


@pytest.mark.parametrize("what", ROWS)
def test_both_doors_answer_as_documented(what: str, tmp_path: Path) -> None:
    status, code, again = documented()[what]
    settings, provoke = ROWS[what]
    with open_doors(tmp_path / "journal", **settings) as doors:
        answer, seen = provoke(doors)
        deadline = time.monotonic() + 10  # a client hears of gRPC's own refusals before we do
        while doors.intake.in_flight.bytes:
            assert time.monotonic() < deadline
            time.sleep(0.005)
    assert answer is not None
    assert str(answer.status_code) == status
    if code == "–":
        assert seen is None
    else:
        assert seen is not None
        assert seen[0] == code
    if what == "the body does not arrive in time":
        return  # its answer was read by hand
    after = answer.headers.get("retry-after")
    if again == "no":
        assert after is None
        assert seen is None or seen[1] is None
    elif again == "the exact time":
        assert seen is not None
        assert seen[1] is not None
        assert after is not None
        assert abs(int(after) - seen[1]) < 2
    else:
        assert after == again.split()[0]
        assert seen is not None
        assert seen[1] == float(after)
