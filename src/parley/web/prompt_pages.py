"""What the pages of prompts share: where they lead, their frame, and a prompt in words."""

import re
from collections.abc import Mapping
from html import escape
from typing import Any

from litestar import MediaType, Request, Response
from markupsafe import Markup
from msgspec import Struct

from parley.access import Access
from parley.model import Prompt, PromptVersion, VersionRef, to_iso
from parley.prompts import NoSuchPrompt, input_schema
from parley.query import list_projects
from parley.web import words
from parley.web.contexts import Attribute, events_href, home_href
from parley.web.pages import Place
from parley.web.prompt_links import prompts_href
from parley.web.rich_text import json_html
from parley.web.state import PageState
from parley.web.templates import SECURITY_HEADERS, render

__all__ = [
    "MessageView",
    "PromptsPage",
    "VersionRow",
    "VersionView",
    "frame",
    "page_answer",
    "project_of",
    "ref_key",
    "ref_of_key",
    "ref_words",
    "version_row",
    "version_view",
]

VARIABLE = re.compile(r"\{\{\s*[A-Za-z_][A-Za-z0-9_]*\s*\}\}")
NUMBER_DIGITS = 9
PromptRequest = Request[Any, Any, Any]


class PromptsPage(Struct, frozen=True, kw_only=True):
    """What every page of prompts is given."""

    state: PageState
    projects: list[str]
    behind: str
    title: str
    said: str = ""
    section: str = "prompts"
    set_aside: str = ""
    set_aside_href: str = ""
    is_list: bool = False

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(self.state)

    @property
    def home_href(self) -> str:
        """The list of sessions."""
        return home_href(self.state)

    @property
    def list_href(self) -> str:
        """The list of applications."""
        return prompts_href(self.state.project)


class VersionRow(Struct, frozen=True, kw_only=True):
    """One version in a list. environments: those that answer with it."""

    key: str
    words: str
    note: str
    author: str
    model: str
    when: str
    when_exact: str
    environments: list[str]
    href: str
    is_shown: bool


class MessageView(Struct, frozen=True, kw_only=True):
    """One message of a prompt; its variables are marked. role "history" is a place."""

    role: str
    html: Markup


class VersionView(Struct, frozen=True, kw_only=True):
    """A version as it is read."""

    key: str
    words: str
    note: str
    author: str
    when: str
    when_exact: str
    messages: list[MessageView]
    facts: list[Attribute]
    inputs: list[str]
    schema_html: Markup
    tools_html: Markup
    format_html: Markup


def frame(place: Place, project: str, title: str) -> dict[str, Any]:
    """Returns what every page of prompts is made of; it does not listen for changes."""
    return {
        "state": PageState(project=project, live="off"),
        "projects": list_projects(place.store),
        "behind": place.behind(project),
        "title": title,
    }


def project_of(access: Access, request: PromptRequest) -> str:
    """Returns the project that an address names."""
    return access.read_project(request.scope["headers"], request.scope["query_string"])


def page_answer(template: str, page: Struct, status: int = 200) -> Response[str]:
    """Returns a page with the headers that every page has."""
    text = render(template, page=page)
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=SECURITY_HEADERS)


def ref_key(ref: VersionRef) -> str:
    """Returns a version as an address has it: `default:3`."""
    return f"{ref.variant}:{ref.version}"


def ref_words(ref: VersionRef) -> str:
    """Returns a version as a person reads it: `default 3`."""
    return f"{ref.variant} {ref.version}"


def ref_of_key(slug: str, text: str) -> VersionRef:
    """Returns the version that `variant:number` names. Raises NoSuchPrompt."""
    variant, _, number = text.rpartition(":")
    if not variant or not (number.isascii() and number.isdigit()) or len(number) > NUMBER_DIGITS:
        raise NoSuchPrompt(f"{text[:100]!r} is no version", field="version")
    return VersionRef(slug, variant, int(number))


def version_row(
    item: PromptVersion,
    environments: Mapping[str, VersionRef],
    project: str,
    *,
    shown: VersionRef | None = None,
) -> VersionRow:
    """Returns a version for a list."""
    key = ref_key(item.ref)
    return VersionRow(
        key=key,
        words=ref_words(item.ref),
        note=item.note,
        author=item.author,
        model=item.prompt.model,
        when=words.ago(item.created_at),
        when_exact=to_iso(item.created_at),
        environments=[name for name, ref in environments.items() if ref == item.ref],
        href=prompts_href(project, item.ref.application, version=key),
        is_shown=item.ref == shown,
    )


def version_view(item: PromptVersion) -> VersionView:
    """Returns a version ready to print."""
    prompt = item.prompt
    schema = input_schema(prompt)
    needed = set(schema["required"])
    return VersionView(
        key=ref_key(item.ref),
        words=ref_words(item.ref),
        note=item.note,
        author=item.author,
        when=words.ago(item.created_at),
        when_exact=to_iso(item.created_at),
        messages=[
            MessageView(role=message.role, html=marked(message.content))
            for message in prompt.messages
        ],
        facts=facts_of(prompt),
        inputs=[name if name in needed else f"{name}, if any" for name in schema["properties"]],
        schema_html=json_html(schema),
        tools_html=json_html(prompt.tools) if prompt.tools else Markup(),
        format_html=json_html(prompt.response_format) if prompt.response_format else Markup(),
    )


def facts_of(prompt: Prompt) -> list[Attribute]:
    """Returns the model and the parameters of a prompt."""
    facts = [Attribute("model", prompt.model)]
    for name, value in prompt.parameters.items():
        text = ", ".join(repr(item) for item in value) if isinstance(value, list) else str(value)
        facts.append(Attribute(name.replace("_", " "), text))
    return facts


def marked(text: str) -> Markup:
    """Returns the text of a message with its variables marked."""
    safe = VARIABLE.sub(lambda found: f'<span class="var">{found.group()}</span>', escape(text))
    return Markup(safe)  # noqa: S704 - escaped; a variable is letters, digits, _ and braces
