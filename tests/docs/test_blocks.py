"""Every piece of code in the documentation runs, is read by what reads it, or says why not."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from parley.pricing import read_rows
from parley.query.filters import check_filter, parse_filter
from tests.docs.blocks import PYTHON_RUN, Block, blocks
from tests.serving import ROOT

BLOCKS = blocks()
SYNTAX = {"js": (".mjs", ".cjs")}


def of_kind(kind: str) -> list[Block]:
    return [block for block in BLOCKS if block.kind == kind]


def test_nothing_is_left_out() -> None:
    """test_docs runs shell; PYTHON_RUN says what runs Python; the rest is read below."""
    read = {"sh", "json", "csv", ""}
    left = [
        block.name
        for block in BLOCKS
        if block.reason is None
        and block.kind not in read
        and not (block.kind == "python" and str(block.page.relative_to(ROOT)) in PYTHON_RUN)
    ]
    assert not left
    for page, test in PYTHON_RUN.items():
        assert (
            Path(page).name in (ROOT / test).read_text()
            or "PYTHON_RUN" in (ROOT / test).read_text()
        )


@pytest.mark.parametrize("block", of_kind("sh"), ids=lambda block: block.name)
def test_shell_is_shell(block: Block) -> None:
    done = subprocess.run(
        ["/bin/sh", "-n"], input=block.text, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("block", of_kind("python"), ids=lambda block: block.name)
def test_python_is_python(block: Block) -> None:
    compile(block.text, block.name, "exec")


@pytest.mark.parametrize("block", of_kind("js"), ids=lambda block: block.name)
def test_javascript_is_javascript(block: Block, tmp_path: Path) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("NOT TESTED: JavaScript of the documentation; node is not here")
    file = tmp_path / ("code.cjs" if "require(" in block.text else "code.mjs")
    file.write_text(block.text)
    done = subprocess.run([node, "--check", str(file)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("block", of_kind("json"), ids=lambda block: block.name)
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@pytest.mark.parametrize("block", of_kind(""), ids=lambda block: block.name)
def test_filters_are_understood(block: Block) -> None:
    for line in block.text.splitlines():
        check_filter(parse_filter(line), now_ns=1_790_000_000_000_000_000)


@pytest.mark.parametrize("block", of_kind("csv"), ids=lambda block: block.name)
def test_prices_are_read(block: Block) -> None:
    assert read_rows(block.text)
