"""What is attached to a message, and what an answer refers to, ready to print.

Nothing of another host is loaded: what is elsewhere is a link that a person may follow.
"""

from collections.abc import Sequence
from html import escape

from markupsafe import Markup

from parley.conventions import SHOWN_TYPES
from parley.model import Part
from parley.query import attachment_path
from parley.web import words
from parley.web.contexts import Block

__all__ = ["is_media", "media_block", "sources_block"]


def is_media(part: Part) -> bool:
    """Tells an image, sound, video or file."""
    return part.kind == "media"


def media_block(part: Part, project: str) -> Block:
    """Returns a picture, a player, a file to download, a link, or what is known of it."""
    title = part.name or part.media_type or "attachment"
    if part.hash:
        shape = part.media_type.partition("/")[0] if part.media_type in SHOWN_TYPES else "file"
        facts = [part.media_type, words.size(part.size_bytes)]
        return Block(
            kind="media",
            shape=shape,
            title=title,
            text=", ".join(fact for fact in facts if fact != title),
            href=attachment_path(project, part),
        )
    if _is_web(part.uri):
        return Block(kind="media", shape="link", title=title, text=part.uri, href=part.uri)
    return Block(kind="media", title=title, text=part.uri or part.text)


def sources_block(parts: Sequence[Part], *, key: str) -> Block:
    """Returns the list of what an answer refers to, folded."""
    lines = []
    for part in parts:
        name = escape(part.name or part.uri or "source")
        if _is_web(part.uri):
            rel = "noopener nofollow noreferrer"
            name = f'<a href="{escape(part.uri)}" rel="{rel}">{name}</a>'
        lines.append(f"<li>{name}{f': {escape(part.text)}' if part.text else ''}</li>")
    return Block(
        kind="fold",
        title=words.plural(len(parts), "source"),
        html=Markup(f"<ol>{''.join(lines)}</ol>"),  # noqa: S704 - every text was escaped
        key=key,
    )


def _is_web(uri: str) -> bool:
    return uri.lower().startswith(("http://", "https://"))
