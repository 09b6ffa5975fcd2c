"""Words of a model as HTML: pretty, and never more than words."""

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from parley.web.rich_text import code_html, json_html, markdown_html, plain_html

TAG = re.compile(r"<\s*/?\s*([a-zA-Z][a-zA-Z0-9-]*)([^>]*)>")
ALLOWED = {
    *("a", "blockquote", "br", "button", "code", "div", "em", "h1", "h2", "h3", "h4", "header"),
    *("hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td", "th"),
    *("thead", "tr", "ul"),
}
HARMLESS = re.compile(
    r"""\s*(class="[\w -]*"|rel="[a-z ]*"|type="button"|data-copy=""|tabindex="0"|start="\d+"
    |title="[^"<>]*"|href="(https?://|mailto:|[^":]*(?:[/?#][^"]*)?)[^"]*")\s*""",
    re.X,
)


def check_harmless(html: str) -> None:
    for name, rest in TAG.findall(html):
        assert name.lower() in ALLOWED, html
        assert not HARMLESS.sub("", rest).strip(" /"), html


def test_markdown_becomes_typeset_words() -> None:
    html = markdown_html(
        "**8,412** of `9,600`\n\n1. one\n2. two\n\n| a | b |\n|---|---|\n| 1 | 2 |"
    )
    assert "<strong>8,412</strong>" in html
    assert "<code>9,600</code>" in html
    assert "<ol>" in html
    assert "<td>2</td>" in html


def test_code_is_coloured_by_classes_only() -> None:
    html = markdown_html("```python\nfor x in y:\n    pass\n```")
    assert '<span class="hl-k">for</span>' in html
    assert "style" not in html
    assert "data-copy" in html
    assert "&lt;b&gt;" in code_html("<b>", "no such language")


def test_images_are_not_loaded_and_links_tell_nothing() -> None:
    html = markdown_html("![secret](https://attacker.example/p.png) [a](https://b.example)")
    assert "<img" not in html
    assert "[image: secret]" in html
    assert 'rel="noopener nofollow noreferrer"' in html
    assert "attacker" not in html


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet="<>\"'`()[]!&;:/=#*_\n\\ abcsrcipt{}javascript:onerror", max_size=120))
@example("<script>alert(1)</script>")
@example("[x](javascript:alert(1))")
@example("[x](JaVaScRiPt&colon;alert(1))")
@example('```"><script>\nx\n```')
@example('[x](https://a.example "\\"onmouseover=alert(1)")')
def test_no_words_make_a_tag_that_acts(text: str) -> None:
    for html in (markdown_html(text), plain_html(text), json_html(text)):
        check_harmless(html)
        assert "javascript:" not in "".join(rest.lower() for _, rest in TAG.findall(html))


def test_long_and_deep_payloads_are_shown_plain() -> None:
    assert markdown_html("# x\n" * 40_000).count("<h1>") == 0
    assert json_html("[" * 100_000).startswith("[[[")
    assert '<span class="hl-mi">1</span>' in json_html('{"a": 1}')


@pytest.mark.parametrize("text", ["", "\n\n", "one\r\ntwo\n\nthree"])
def test_plain_words_keep_their_lines(text: str) -> None:
    html = plain_html(text)
    assert html.count("<p>") == len([block for block in text.split("\n\n") if block.strip()])
