"""Runs a client's script in its environment."""

import os
import shutil
import subprocess
from pathlib import Path

from tests.clients import talk
from tests.clients.roster import FOLDER, Client

__all__ = ["run_client"]

RUN_SECONDS = 90
# Nothing of the caller's settings reaches a client: a key or an endpoint would lead elsewhere.
KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


def run_client(
    client: Client,
    environment: Path,
    *,
    parley_url: str,
    parley_grpc: str,
    model_url: str,
    home: Path,
) -> None:
    """Runs a client's script to its end, in an environment made for it."""
    variables = {
        **{name: os.environ[name] for name in KEPT if name in os.environ},
        "HOME": str(home),
        "LIVE_NAME": client.name,
        "LIVE_PARLEY_URL": parley_url,
        "LIVE_PARLEY_GRPC": parley_grpc,
        "LIVE_MODEL_URL": model_url,
        "LIVE_CONVERSATIONS": talk.as_json(),
        **client.options,
    }
    command = [str(environment), str(FOLDER / client.script)]
    if not client.script.endswith(".py"):
        (home / "node_modules").symlink_to(environment)
        for name in ("talk.cjs", client.script):
            shutil.copy(FOLDER / name, home)
        command = ["node", client.script]
    done = subprocess.run(
        command,
        check=False,
        cwd=home,
        env=variables,
        capture_output=True,
        text=True,
        timeout=RUN_SECONDS,
    )
    assert done.returncode == 0, f"{done.stdout[-1000:]}\n{done.stderr[-4000:]}"
    leaks = [line for line in done.stderr.splitlines() if line.startswith("LEAK")]
    assert not leaks, leaks
