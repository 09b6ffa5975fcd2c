"""Programs that use the SDK, in each environment that it is tested in."""

import os
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.sdk.conftest import SDK_FOLDER, plain_environment
from tests.serving import ROOT, Server

INSTALLED = ROOT / "sdk" / ".venv" / "bin" / "python"  # made by scripts/sdk
RunProgram = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(params=["developed", "installed"])
def run_program(
    request: pytest.FixtureRequest, tmp_path: Path, server: Server, model: str
) -> RunProgram:
    """Runs a program against the server and a provider; only their addresses come from outside."""
    python, path = Path(sys.executable), {"PYTHONPATH": str(SDK_FOLDER)}
    if request.param == "installed":
        if not INSTALLED.exists():
            pytest.skip("the installed SDK was not tested: scripts/sdk --prepare makes it")
        python, path = INSTALLED, {}

    def run(code: str, **variables: str) -> subprocess.CompletedProcess[str]:
        program = tmp_path / "program.py"
        program.write_text(textwrap.dedent(code))
        ours = {
            "AGENTA_HOST": server.url,
            "PARLEY_PROJECT": server.project,
            "OPENAI_BASE_URL": model,
            "OPENAI_API_KEY": "any",
        }
        return subprocess.run(
            [str(python), str(program)],
            env={**plain_environment(), **path, **ours, **variables},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            cwd=os.fspath(tmp_path),
        )

    return run
