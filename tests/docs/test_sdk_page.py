"""Every piece of Python in the pages about the SDK runs, and what the SDK's page names is there."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import agenta as ag
import pytest
from agenta.errors import AgentaError
from agenta.libraries import LIBRARIES
from agenta.telling import Tracing

from tests.docs.blocks import PYTHON_RUN
from tests.sdk.conftest import SDK_FOLDER, plain_environment
from tests.sdk.fake_openai import serving
from tests.serving import ROOT, Server

PAGES = [ROOT / name for name, test in PYTHON_RUN.items() if test.endswith("/test_sdk_page.py")]
PYTHON = re.compile(r"(?:<!-- not run: [^>]+ -->\n)?```python\n(.*?)```", re.S)
BLOCKS = [
    pytest.param(found[1], id=f"{page.parent.name}/{page.name}:{number}")
    for page in PAGES
    for number, found in enumerate(PYTHON.finditer(page.read_text()))
    if not found[0].startswith("<!--")
]
MADE = ("conversation_123", "chat-7", "chat-8", "chat-9")  # sessions that blocks say


def run_block(code: str, server: Server, folder: Path) -> subprocess.CompletedProcess[str]:
    """Runs a program; only addresses and the project come from outside."""
    program = folder / "block.py"
    program.write_text(code)
    with serving() as model:
        variables = {
            "PYTHONPATH": str(SDK_FOLDER),
            "AGENTA_HOST": server.url,
            "PARLEY_PROJECT": server.project,
            "OPENAI_BASE_URL": f"{model}/v1",
            "OPENAI_API_KEY": "any",
        }
        return subprocess.run(
            [sys.executable, str(program)],
            env={**plain_environment(), **variables},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


@pytest.mark.parametrize("code", BLOCKS)
def test_python_of_the_documentation_runs(server: Server, tmp_path: Path, code: str) -> None:
    done = run_block(code, server, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    server.wait_derived()
    found = [item["session_id"] for item in server.get_json("/api/v1/sessions")["sessions"]]
    makes_spans = any(word in code for word in ("OpenAI(", "@ag.instrument", "start_span("))
    assert found == [name for name in MADE if makes_spans and f'"{name}"' in code]


def test_the_page_names_what_there_is() -> None:
    page = (ROOT / "docs" / "sdk.md").read_text()
    for name, value in vars(Tracing).items():
        if not name.startswith("_") and name not in ("flush", "get_current_span"):
            assert re.search(rf"\b{name}\(", page), name
            assert callable(value)
    for name in inspect.signature(ag.init).parameters:
        assert f"`{name}`" in page or name in ("host", "api_key"), name
    for name in LIBRARIES:
        assert f"`{name}`" in page or name == "openai", name
    for kind in AgentaError.__subclasses__():
        for name in (kind.__name__, *(below.__name__ for below in kind.__subclasses__())):
            assert f"`{name}`" in page or f".{name}`" in page, name


def test_extras_and_libraries_name_each_other() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text())["project"]
    assert {"openai", *project["optional-dependencies"]} == set(LIBRARIES)
