"""Model output as safe HTML: Markdown without raw HTML, sanitised, code coloured.

Everything here is hostile. Three fences: the Markdown parser knows no HTML, images become their
text, and nh3 lets through only the tags and attributes listed.
"""

import json
from collections.abc import Sequence
from functools import lru_cache
from html import escape

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name
from pygments.util import ClassNotFound

__all__ = ["code_html", "json_html", "markdown_html", "one_line", "plain_html"]

TAGS = {
    "a", "b", "blockquote", "br", "button", "code", "del", "div", "em", "h1", "h2", "h3", "h4",
    "header", "hr", "i", "li", "ol", "p", "pre", "s", "span", "strong", "table", "tbody", "td",
    "th", "thead", "tr", "ul",
}  # fmt: skip
CLASSES = {"div", "span", "pre", "code", "button", "header"}
ATTRIBUTES = {"a": {"href", "title"}, "button": {"data-copy", "type"}, "ol": {"start"}}
ATTRIBUTES |= {tag: ATTRIBUTES.get(tag, set()) | {"class"} for tag in CLASSES}
ATTRIBUTES["pre"] |= {"tabindex"}  # code that is wider than its place is scrolled by keyboard
COLOURED_MAX = 20_000  # characters of code that are coloured; longer code is shown plain
KEPT_MAX = 5_000  # characters of a text whose HTML is kept: at most 2,000 × 5 kB
RENDERED_MAX = 100_000  # characters of Markdown that are parsed; longer text is shown plain
COPY = '<button type="button" class="btn btn--s btn--quiet" data-copy=""><span>Copy</span></button>'
FORMATTER: HtmlFormatter[str] = HtmlFormatter(nowrap=True, classprefix="hl-")


def code_html(text: str, language: str = "") -> str:
    """Returns a code block with its language and a copy button."""
    body = escape(text)
    if language and len(text) <= COLOURED_MAX:
        try:
            body = highlight(text, get_lexer_by_name(language, stripnl=False), FORMATTER)
        except ClassNotFound:
            body = escape(text)
    head = f"<span>{escape(language or 'text')}</span>"
    return f'<div class="code"><header>{head}{COPY}</header><pre tabindex="0">{body}</pre></div>'


def _fence(_: RendererHTML, tokens: Sequence[Token], index: int, *__: object) -> str:
    info = tokens[index].info.strip().split(maxsplit=1)
    return code_html(tokens[index].content, info[0].lower() if info else "")


def _image(_: RendererHTML, tokens: Sequence[Token], index: int, *__: object) -> str:
    """Shows the text of an image: loading it would tell a stranger that somebody reads."""
    return f"<i>[image: {escape(tokens[index].content or 'no description')}]</i>"


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "breaks": True}).enable(
        ["table", "strikethrough"]
    )
    parser.add_render_rule("fence", _fence)
    parser.add_render_rule("code_block", _fence)
    parser.add_render_rule("image", _image)
    return parser


PARSER = _parser()


def markdown_html(text: str) -> Markup:
    """Returns the words of a model as HTML. What was said does not change: it is kept a while."""
    if len(text) > RENDERED_MAX:
        return plain_html(text)
    return _kept(text) if len(text) <= KEPT_MAX else _markdown(text)


def _markdown(text: str) -> Markup:
    clean = nh3.clean(
        PARSER.render(text),
        tags=TAGS,
        attributes=ATTRIBUTES,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener nofollow noreferrer",
    )
    return Markup(clean)  # noqa: S704 - cleaned the line before


# A live page renders the same words every second: 0.5 ms a message, 40 ms for 64 turns.
_kept = lru_cache(maxsize=2000)(_markdown)


@lru_cache(maxsize=4096)
def one_line(text: str) -> str:
    """Returns Markdown as one line of words, for lists: no marks, fences and line breaks."""
    shown: list[str] = []
    for token in PARSER.parse(text):
        if token.type == "inline":
            shown += [
                child.content if child.content else " "
                for child in token.children or []
                if child.type in ("text", "code_inline", "softbreak", "hardbreak", "image")
            ]
            shown.append(" ")
        elif token.type in ("fence", "code_block"):
            shown.append(token.content + " ")
    return " ".join("".join(shown).split())


def plain_html(text: str) -> Markup:
    """Returns text in paragraphs, line breaks kept."""
    blocks = [block for block in text.replace("\r\n", "\n").split("\n\n") if block.strip()]
    lines = ["<p>" + escape(block.strip("\n")).replace("\n", "<br>") + "</p>" for block in blocks]
    return Markup("".join(lines))  # noqa: S704 - every text was escaped


def json_html(value: object) -> Markup:
    """Returns a value, or a text that may be JSON, indented and coloured."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return Markup(escape(str(value)))  # noqa: S704 - escaped
    text = json.dumps(value, ensure_ascii=False, indent=2, default=str)
    if len(text) > COLOURED_MAX:
        return Markup(escape(text))  # noqa: S704 - escaped
    return Markup(highlight(text, get_lexer_by_name("json"), FORMATTER).rstrip("\n"))  # noqa: S704
