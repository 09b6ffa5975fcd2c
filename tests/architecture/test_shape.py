"""What the code must look like, whoever writes it."""

import ast
import re
import tomllib
from pathlib import Path

import pytest

from tests.serving import ROOT

SOURCE = ROOT / "src" / "parley"
SDK = ROOT / "sdk" / "src" / "agenta"
LINES_MAX = 600
FUNCTION_LINES_MAX = 70
CODE_SUFFIXES = {".py", ".sql", ".js", ".css", ".html", ".toml", ".sh"}
NOT_OURS = {"vendor", ".venv", "build"}  # folders whose files are not ours
READS_SPANS = re.compile(r"\b(FROM|JOIN)\s+(\w+\.)?spans\b(?!_)", re.IGNORECASE)


def own_files(*folders: str) -> list[Path]:
    """Returns the code files that we wrote."""
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*")
        if path.is_file()
        and path.suffix in CODE_SUFFIXES
        and not NOT_OURS & set(path.parts)
        and "__pycache__" not in path.parts
        and (ROOT / "tests" / "corpus") not in path.parents
    )


def python_files() -> list[Path]:
    """Returns the modules of the product."""
    return sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("folder", ["src", "sdk", "tests", "bench", "scripts"])
def test_no_file_is_longer_than_six_hundred_lines(folder: str) -> None:
    long = {
        str(path.relative_to(ROOT)): lines
        for path in own_files(folder)
        if (lines := len(path.read_text().splitlines())) > LINES_MAX
    }
    assert not long


def test_no_function_is_longer_than_a_screen() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in [*python_files(), *SDK.glob("*.py")]
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert not long


def test_scripts_fit_a_screen() -> None:
    long = {
        path.name: lines
        for path in (ROOT / "scripts").iterdir()
        if path.is_file() and (lines := len(path.read_text().splitlines())) >= 30
    }
    assert not long


def test_spans_are_read_through_the_live_fragment_only() -> None:
    """Without FINAL and the tombstones, a moved span would be seen twice."""
    found = [
        f"{path.relative_to(SOURCE)}: {match.group(0)}"
        for path in (SOURCE / "store").rglob("*.sql")
        if "load" not in path.parts and not path.name.startswith("live_spans")
        for match in READS_SPANS.finditer(without_comments(path.read_text()))
    ]
    found += [
        f"{path.relative_to(SOURCE)}: {match.group(0)}"
        for path in python_files()
        for match in READS_SPANS.finditer(string_literals(path))
    ]
    assert not found


def test_sql_lives_in_the_store_only() -> None:
    verbs = re.compile(r"^\s*(SELECT|INSERT INTO|CREATE TABLE|ALTER TABLE|DROP )\b", re.MULTILINE)
    allowed = {"store", "conventions"}  # conventions renders the generated view
    found = [
        str(path.relative_to(SOURCE))
        for path in python_files()
        if path.relative_to(SOURCE).parts[0] not in allowed and verbs.search(string_literals(path))
    ]
    assert not found


def test_every_room_says_what_it_is_for() -> None:
    for room in sorted(path for path in SOURCE.iterdir() if (path / "__init__.py").exists()):
        words = ast.get_docstring(ast.parse((room / "__init__.py").read_text())) or ""
        words = " ".join(words.lower().split())
        assert "may import" in words, f"{room.name} does not say what it may import"
        assert "refuses" in words or "knows nothing" in words, (
            f"{room.name} does not say what it refuses to know"
        )


def test_no_room_is_a_drawer_for_everything() -> None:
    drawers = {"utils", "util", "common", "helpers", "core", "manager", "service", "misc"}
    files = [*SOURCE.rglob("*"), *SDK.rglob("*")]
    assert not [path for path in files if path.stem in drawers]


def test_versions_agree() -> None:
    from parley import __version__

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["version"] == __version__
    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_versions_of_the_sdk_agree() -> None:
    import agenta
    from agenta.starting import VERSION

    project = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text())["project"]
    assert project["version"] == agenta.__version__ == VERSION


def test_the_sdk_needs_opentelemetry_and_nothing_else() -> None:
    project = tomllib.loads((ROOT / "sdk" / "pyproject.toml").read_text())["project"]
    extras = [item for items in project["optional-dependencies"].values() for item in items]
    named = {re.split(r"[<>=]", item)[0] for item in [*project["dependencies"], *extras]}
    assert all(name.startswith(("opentelemetry-", "openinference-")) for name in named)


def without_comments(sql: str) -> str:
    """Returns SQL without what stands behind `--` and between `/* */`."""
    return re.sub(r"--[^\n]*|/\*.*?\*/", "", sql, flags=re.DOTALL)


def string_literals(path: Path) -> str:
    """Returns the text of a module's string constants, without docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    return "\n".join(
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in docstrings
    )
