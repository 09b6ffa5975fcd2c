"""Our scripts and styles keep to what UI.md allows."""

import re

import pytest

from parley.web.templates import render, static_folder, static_prefix

SCRIPTS = sorted((static_folder() / "js").glob("*.js"))
STYLES = sorted((static_folder() / "css").glob("*.css"))
LINES_A_MODULE, LINES, BYTES = 200, 2000, 60_000


def test_our_scripts_are_few_and_small() -> None:
    lengths = {path.name: len(path.read_text().splitlines()) for path in SCRIPTS}
    assert max(lengths.values()) <= LINES_A_MODULE
    assert sum(lengths.values()) <= LINES
    assert sum(path.stat().st_size for path in SCRIPTS) <= BYTES


@pytest.mark.parametrize("path", [p for p in STYLES if p.name != "index.css"], ids=lambda p: p.name)
def test_a_style_is_in_a_layer_and_in_the_index(path) -> None:
    index = (static_folder() / "css" / "index.css").read_text()
    layers = re.search(r"@layer ([\w, ]+);", index)
    assert layers is not None
    text = re.sub(r"/\*.*?\*/", "", path.read_text(), flags=re.S).strip()
    begin = re.match(r"@layer (\w+) \{", text)
    assert begin is not None
    assert begin.group(1) in layers.group(1).split(", ")
    assert f'url("{path.name}")' in index


def test_static_files_have_an_address_of_their_content() -> None:
    assert re.fullmatch(r"/static/[0-9a-f]{12}", static_prefix())
    page = render("problem.html", status=404, title="<b>", detail="x")
    assert f"{static_prefix()}/css/index.css" in page
    assert "&lt;b&gt;" in page


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.name)
def test_scripts_never_write_html_or_run_text(script) -> None:
    text = script.read_text()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", text)
    assert "new Function" not in text
