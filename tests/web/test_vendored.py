"""Files of others are what their authors published, and we say where they come from."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from parley.web.templates import static_folder

VENDOR = static_folder() / "vendor"
FOLDERS = (VENDOR, Path(__file__).parents[1] / "browser" / "vendor")
LIST = "VERSIONS.toml"
FIELDS = {"name", "version", "source", "sha256", "licence"}


def listed(folder: Path) -> dict[str, Any]:
    """Returns what a folder's list says, by file name."""
    return tomllib.loads((folder / LIST).read_text())


def present(folder: Path) -> list[Path]:
    """Returns the files of others in a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.name != LIST)


EVERY = [(folder, name) for folder in FOLDERS for name in sorted(listed(folder))]


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_others_is_listed_and_every_listed_file_is_there(folder: Path) -> None:
    found = {path.relative_to(folder).as_posix() for path in present(folder)}
    assert found == set(listed(folder))


@pytest.mark.parametrize(("folder", "name"), EVERY)
def test_a_file_of_others_is_the_one_that_was_published(folder: Path, name: str) -> None:
    digest = hashlib.sha256((folder / name).read_bytes()).hexdigest()
    assert digest == listed(folder)[name]["sha256"]


@pytest.mark.parametrize(("folder", "name"), EVERY)
def test_a_file_of_others_has_name_version_source_and_licence(folder: Path, name: str) -> None:
    entry = listed(folder)[name]
    assert set(entry) >= FIELDS
    assert re.fullmatch(r"\d+\.\d+\.\d+", entry["version"])
    assert entry["version"] in entry["source"]
    assert "//" not in entry["source"], "a package is named, not the machine that serves it"


def test_no_page_loads_a_file_from_elsewhere() -> None:
    foreign = re.compile(r"""(?:src|href|url|from|import)\s*[=(]?\s*["'(]\s*(?:https?:)?//""")
    ours = [
        path
        for folder in (static_folder(), static_folder().parent / "templates")
        for path in folder.rglob("*")
        if path.suffix in {".html", ".css", ".js"} and VENDOR not in path.parents
    ]
    assert ours
    assert not [path.name for path in ours if foreign.search(path.read_text())]


def test_scripts_and_styles_are_never_inline() -> None:
    """The policy of every page forbids them: the browser would drop them silently."""
    inline = re.compile(
        r"<style|<script(?![^>]*\bsrc=)|\sstyle=|\son[a-z]+=|hx-on|javascript:", re.I
    )
    templates = static_folder().parent / "templates"
    found = {
        path.name: match.group(0)
        for path in templates.rglob("*.html")
        if (match := inline.search(path.read_text()))
    }
    assert not found
