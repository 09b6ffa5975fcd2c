"""Disks that are full, refuse, or are put back from a copy: nothing acknowledged is lost."""

import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.test_stopping import start_refused
from tests.serving import Server, Start
from tests.telemetry import chat

FILLING = "x" * 40_000
Mount = Callable[[Path, int], None]


@pytest.fixture
def mount() -> Iterator[Mount]:
    """Mounts file systems in memory, of so many megabytes; again changes the size."""
    mounted: list[Path] = []

    def begin(folder: Path, megabytes: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        options = f"size={megabytes}m" + (",remount" if folder in mounted else "")
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)],
            capture_output=True,
            check=False,
        )
        if done.returncode:
            pytest.skip(f"NOT TESTED: no file system can be mounted here: {done.stderr!r}")
        mounted.append(folder)

    yield begin
    for folder in dict.fromkeys(reversed(mounted)):
        subprocess.run(["umount", "-l", str(folder)], check=True)


def push(server: Server, name: str, count: int) -> tuple[set[str], int]:
    """Returns the sessions that were acknowledged, and how many requests were refused."""
    acknowledged, refused = set(), 0
    for number in range(count):
        session_id = f"{name}-{number}"
        answer = server.post("/v1/traces", chat(session_id, question=FILLING + session_id))
        if answer.status_code == 200:
            acknowledged.add(session_id)
        else:
            assert answer.status_code in (429, 503), answer.text
            assert int(answer.headers["retry-after"]) > 0
            refused += 1
    return acknowledged, refused


def sessions_of(server: Server) -> set[str]:
    server.wait_derived()
    found = server.get_json("/api/v1/sessions", params={"limit": "500"})["sessions"]
    return {item["session_id"] for item in found}


def test_a_full_journal_disk_refuses_and_recovers(
    start: Start, mount: Mount, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    mount(data / "journal", 3)
    server = start()
    ballast = data / "journal" / "ballast"
    acknowledged, refused = push(server, "before", 120)  # 5 MB through 3: what is loaded gives way
    assert refused < 120
    ballast.write_bytes(b"")
    fill(ballast)
    more, refused = push(server, "full", 60)
    assert refused > 0
    assert server.get("/readyz").status_code == 503
    assert server.get("/healthz").status_code == 200
    ballast.unlink()
    assert acknowledged | more <= sessions_of(server)
    last, refused = push(server, "after", 100)  # 4 MB more: what is kept of the loaded gives way
    assert refused < 50
    sessions_of(server)
    assert server.get("/readyz").status_code == 200
    assert acknowledged | more | last <= sessions_of(server)
    assert server.stop() == 0


def fill(path: Path) -> None:
    """Writes until there is no more room."""
    with path.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return


def test_a_full_store_disk_waits_and_recovers(start: Start, mount: Mount, tmp_path: Path) -> None:
    data = tmp_path / "data"
    mount(data / "telemetry", 16)
    server = start()
    ballast = data / "telemetry" / "ballast"
    before, _ = push(server, "before", 5)
    assert before <= sessions_of(server)
    fill(ballast)
    while_full, refused = push(server, "full", 60)  # the journal takes what the store cannot
    assert refused == 0
    wait_for_log(server, "waits for the store")
    assert server.get_json("/api/v1/stats")["journal_bytes"] > 0
    ballast.unlink()
    assert before | while_full <= sessions_of(server)
    assert server.get_json("/api/v1/stats")["quarantined"] == 0
    # A kill while it is full changes nothing.
    fill(ballast)
    killed, _ = push(server, "killed", 20)
    server.kill()
    ballast.unlink()
    server = start()
    assert before | while_full | killed <= sessions_of(server)
    assert server.stop() == 0


def wait_for_log(server: Server, words: str, *, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while words not in server.log.read_text():
        assert time.monotonic() < deadline, f"{words!r} is not in the log"
        time.sleep(0.05)


def test_a_disk_that_refuses_every_write_for_a_while(start: Start) -> None:
    """As a file system that turned read-only in the midst: by a limit on the running process."""
    server = start()
    before, _ = push(server, "before", 3)
    assert before <= sessions_of(server)
    pid = server.process.pid
    soft, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
    started, _ = push(server, "started", 3)
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (0, hard))
    nothing, refused = push(server, "refused", 5)
    assert (nothing, refused) == (set(), 5)
    assert server.get("/readyz").status_code == 503
    assert before <= {
        item["session_id"] for item in server.get_json("/api/v1/sessions?limit=500")["sessions"]
    }
    resource.prlimit(pid, resource.RLIMIT_FSIZE, (soft, hard))
    after, refused = push(server, "after", 3)
    assert refused == 0
    assert before | started | after == sessions_of(server)
    assert server.get_json("/api/v1/stats")["quarantined"] == 0
    assert server.stop() == 0


def test_a_read_only_folder_is_refused_at_start_in_one_sentence(
    start: Start, mount: Mount, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    mount(data, 32)
    server = start()
    kept, _ = push(server, "kept", 3)
    assert server.stop() == 0
    subprocess.run(["mount", "-o", "remount,ro", str(data)], check=True)
    said = start_refused("--port", "0", "--data", str(data))
    assert str(data) in said
    assert "Read-only" in said
    subprocess.run(["mount", "-o", "remount,rw", str(data)], check=True)
    server = start()
    assert kept <= sessions_of(server)
    server.stop()


def test_an_old_copy_of_the_store_is_brought_up_to_date_by_the_journal(start: Start) -> None:
    server = start()
    old, _ = push(server, "old", 3)
    assert old <= sessions_of(server)
    assert server.stop() == 0
    telemetry = server.data / "telemetry"
    shutil.copytree(telemetry, server.data / "copy", symlinks=True)
    server = start()
    new, _ = push(server, "new", 3)
    assert new <= sessions_of(server)
    assert server.stop() == 0
    shutil.rmtree(telemetry)
    (server.data / "copy").rename(telemetry)
    server = start()
    assert old | new == sessions_of(server)
    last, _ = push(server, "last", 2)
    assert old | new | last == sessions_of(server)
    for session_id in sorted(old | new | last):
        session = server.open_session(session_id)["session"]
        assert (session["spans"], session["turns"]) == (1, 1)
    assert server.stop() == 0
