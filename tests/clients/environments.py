"""Makes what a client runs in: an interpreter or packages that its requirements name, kept."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

__all__ = ["NotInstalled", "prepare_modules", "prepare_python"]

REQUIREMENTS = Path(__file__).parent / "requirements"
# All installing of one run together; a machine without a registry must not wait for each client.
BUDGET_SECONDS = 150.0
_spent_seconds = 0.0


class NotInstalled(Exception):
    """A client that is not here and cannot be fetched."""


def prepare_python(name: str) -> Path:
    """Returns an interpreter that has requirements/<name>.txt, installed at its first use.

    uv does it in seconds; pip, where uv finds no registry. Raises NotInstalled.
    """

    def install(folder: Path, deadline: float) -> None:
        wanted = str(REQUIREMENTS / f"{name}.txt")
        python = str(folder / "bin" / "python")
        uv = [sys.executable, "-m", "uv", "--quiet", "--no-progress"]
        try:
            run([*uv, "venv", "--python", sys.executable, str(folder)], deadline)
            run([*uv, "pip", "install", "--python", python, "--requirement", wanted], deadline)
        except NotInstalled:
            shutil.rmtree(folder, ignore_errors=True)
            run([sys.executable, "-m", "venv", str(folder)], deadline)
            pip = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
            run([*pip, "--requirement", wanted], deadline)

    return kept(f"{name}.txt", install) / "bin" / "python"


def prepare_modules(name: str) -> Path:
    """Returns the node_modules with requirements/<name>.json. Raises NotInstalled."""
    missing = [program for program in ("node", "npm") if not shutil.which(program)]
    if missing:
        raise NotInstalled(f"{' and '.join(missing)} is not here")

    def install(folder: Path, deadline: float) -> None:
        folder.mkdir()
        shutil.copy(REQUIREMENTS / f"{name}.json", folder / "package.json")
        npm = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error"]
        run(npm, deadline, working_in=folder)

    return kept(f"{name}.json", install) / "node_modules"


def kept(file: str, install: Callable[[Path, float], None]) -> Path:
    """Returns the folder of a requirements file, outside the repository; filled when it is new."""
    global _spent_seconds  # noqa: PLW0603 - one budget for the process
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    wanted = (REQUIREMENTS / file).read_bytes() + version.encode()
    name = f"{Path(file).stem}-{hashlib.sha256(wanted).hexdigest()[:16]}"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "parley" / "clients" / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            shutil.rmtree(folder, ignore_errors=True)
            begun = time.monotonic()
            try:
                install(folder, begun + BUDGET_SECONDS - _spent_seconds)
            finally:
                _spent_seconds += time.monotonic() - begun
            (folder / "complete").touch()
    return folder


def run(command: list[str], deadline: float, working_in: Path | None = None) -> None:
    """Runs one step of an installation. Raises NotInstalled with what it said."""
    left = deadline - time.monotonic()
    if left <= 0:
        raise NotInstalled(f"the {BUDGET_SECONDS:.0f} s for installing are over")
    try:
        done = subprocess.run(
            command, check=False, cwd=working_in, capture_output=True, text=True, timeout=left
        )
    except subprocess.TimeoutExpired:
        raise NotInstalled(f"the {BUDGET_SECONDS:.0f} s for installing are over") from None
    if done.returncode:
        raise NotInstalled((done.stderr or done.stdout).strip()[-300:])
