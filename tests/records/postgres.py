"""A PostgreSQL of the test's own, where its binaries are installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FOLDERS = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)


def binaries() -> Path | None:
    """Returns the folder with initdb, None when PostgreSQL is not installed."""
    found = shutil.which("initdb")
    folders = [Path(found).parent] if found else FOLDERS
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def unprivileged() -> list[str]:
    """Returns what a command begins with: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return []
    pwd.getpwnam("postgres")
    return ["runuser", "-u", "postgres", "--"]


@contextmanager
def running_postgres() -> Iterator[str]:
    """Yields the URL of a fresh server; it ends with the block."""
    folder = binaries()
    assert folder is not None
    with tempfile.TemporaryDirectory(prefix="prices-postgres-") as place:
        data = Path(place) / "data"
        Path(place).chmod(0o777)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        begin = unprivileged()
        subprocess.run(
            [*begin, folder / "initdb", "-D", data, "-U", "parley", "-A", "trust", "-N"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = f"-h 127.0.0.1 -p {port} -k {place} -c fsync=off"
        control = [*begin, folder / "pg_ctl", "-D", data, "-w"]
        subprocess.run(
            [*control, "-o", options, "-l", f"{place}/log", "start"],
            check=True,
            stdout=subprocess.DEVNULL,
            cwd="/",
        )
        try:
            yield f"postgresql://parley@127.0.0.1:{port}/postgres"
        finally:
            subprocess.run(
                [*control, "-m", "immediate", "stop"],
                check=True,
                cwd="/",
                stdout=subprocess.DEVNULL,
            )
