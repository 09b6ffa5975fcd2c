"""Files of others are what their authors published, and we say where they come from."""

import hashlib
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from parley.web.templates import static_folder

VENDOR = static_folder() / "vendor"
LIST = "VERSIONS.toml"
FIELDS = {"name", "version", "source", "sha256", "licence"}


def listed() -> dict[str, Any]:
    """Returns what the list says, by file name."""
    return tomllib.loads((VENDOR / LIST).read_text())


def present() -> list[Path]:
    """Returns the files of others."""
    return sorted(path for path in VENDOR.rglob("*") if path.is_file() and path.name != LIST)


def test_every_file_of_others_is_listed_and_every_listed_file_is_there() -> None:
    assert {path.relative_to(VENDOR).as_posix() for path in present()} == set(listed())


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_file_of_others_is_the_one_that_was_published(name: str) -> None:
    digest = hashlib.sha256((VENDOR / name).read_bytes()).hexdigest()
    assert digest == listed()[name]["sha256"]


@pytest.mark.parametrize("name", sorted(listed()))
def test_a_file_of_others_has_name_version_source_and_licence(name: str) -> None:
    entry = listed()[name]
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
