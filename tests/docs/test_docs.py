"""What the documentation says is true: commands run, routes exist, pages are current."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.main import get_command

from parley.cli.main import app
from parley.model import Session, Turn
from parley.receive import INGEST_PATHS
from parley.settings import SETTINGS
from tests.docs.blocks import DOCUMENTS, Block, blocks
from tests.docs.generated import PAGES
from tests.serving import ROOT, Server, environment
from tests.telemetry import chat

OTHERS = ("ARCHITECTURE.md", "CHANGELOG.md")
LINK = re.compile(r"\]\((?!https?:|#)([^)#]+)")


RUN = [
    block
    for block in blocks()
    if block.kind == "sh" and block.reason is None and not block.only_exports
]


@pytest.mark.parametrize(
    "block", RUN, ids=[f"{block.page.name}:{block.text.split()[0]}" for block in RUN]
)
def test_commands_of_the_documentation_work(server: Server, block: Block) -> None:
    server.post("/v1/traces", chat("my-first-session"))
    server.wait_derived()
    # The server of the tests is another; each test has a project of its own.
    text = block.text.replace("http://127.0.0.1:4318", server.url)
    text = text.replace("curl ", f"curl --header 'x-parley-project: {server.project}' ")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    variables = {"PATH": path, "PARLEY_URL": server.url, "PARLEY_PROJECT": server.project}
    done = subprocess.run(
        ["/bin/sh", "-euc", text],
        capture_output=True,
        text=True,
        timeout=60,
        env={**environment(), **variables},
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 0, f"{text}\n{done.stdout}\n{done.stderr}"


def test_the_readme_session_is_what_the_readme_says(server: Server) -> None:
    example = next(block for block in RUN if "5b8efff798038103d269b633813fc60c" in block.text)
    body = example.text.split("--data '", 1)[1].rsplit("'", 1)[0]
    answer = server.post("/v1/traces", body.encode(), {"content-type": "application/json"})
    assert (answer.status_code, answer.json()) == (200, {"partialSuccess": {}})
    server.wait_derived()
    opened = server.open_session("my-first-session")
    assert [(turn["input"], turn["output"]) for turn in opened["turns"]] == [("Hello?", "Hi!")]
    assert (opened["session"]["input_tokens"], opened["session"]["output_tokens"]) == (12, 7)


@pytest.mark.parametrize("name", sorted(PAGES))
def test_generated_pages_are_current(name: str) -> None:
    assert (ROOT / name).read_text() == PAGES[name](), "run scripts/fix"


def test_every_setting_is_documented() -> None:
    page = (ROOT / "docs" / "settings.md").read_text()
    for item in SETTINGS:
        assert f"`--{item.name}`" in page
        assert f"`{item.variable}`" in page


def test_routes_and_documentation_name_each_other(server: Server) -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    described = server.get_json("/api/v1/openapi.json")["paths"]
    documented = set(re.findall(r"GET (/[\w/{}-]+)", page))
    documented |= set(
        re.findall(
            r"(?:POST|DELETE) (/(?:api/(?:v1|spans|tracing|simple)|chat|services)/[\w/{}-]+)", page
        )
    )
    assert documented == set(described)
    for path in INGEST_PATHS:
        assert f"`{path}`" in page or f"POST {path}" in page
    for methods in described.values():
        for operation in methods.values():
            for parameter in operation.get("parameters", []):
                assert parameter["name"] in page


def test_metrics_and_documentation_name_each_other(server: Server) -> None:
    page = (ROOT / "docs" / "operations.md").read_text()
    told = set(re.findall(r"^# TYPE (\S+)", server.get("/metrics").text, re.MULTILINE))
    table = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    assert set(re.findall(r"`(\w+)`", table)) == told


def test_every_name_of_the_answers_is_documented() -> None:
    page = (ROOT / "docs" / "api.md").read_text()
    for noun in (Session, Turn):
        for name in noun.__struct_fields__:
            assert f"`{name}`" in page, f"{noun.__name__}.{name}"


def test_every_command_is_documented() -> None:
    page = (ROOT / "docs" / "cli.md").read_text()
    for name in get_command(app).commands:  # type: ignore[attr-defined]
        assert f"## parley {name}" in page


@pytest.mark.parametrize("page", [*DOCUMENTS, *(ROOT / name for name in OTHERS)])
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text()):
        assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_architecture_names_every_room_and_no_other() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    source = ROOT / "src" / "parley"
    rooms = {path.parent.name for path in source.glob("*/__init__.py")}
    rooms |= {path.stem for path in source.glob("[!_]*.py")}
    table = page.split("## The rooms")[1].split("## ")[0]
    named = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`(\w+)`", line.split("|")[1] if line.startswith("|") else "")
    }
    assert named == rooms
