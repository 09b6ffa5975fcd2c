"""The page of what was not understood: attributes, models, payloads, odd spans, failed traces."""

import asyncio
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote, urlencode

from litestar import MediaType, Request, Response, get
from msgspec import Struct

from parley.access import Access
from parley.derive import LivePrices
from parley.model import to_iso
from parley.query import Example, Failed, ModelRate, Unread, list_projects, read_unknown
from parley.web import words
from parley.web.pages import Place
from parley.web.settings_tabs import UNKNOWN, SettingsPage, prices_href, session_href
from parley.web.state import PageState
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["unknown_page", "unknown_routes"]


# key -> title, what it means, what is counted, what to say when there is nothing
SECTION_WORDS = {
    "models": (
        "Models without a price",
        "Their calls have no cost. A price that is set later fills the gap.",
        "calls",
        "Every model has a price.",
    ),
    "attributes": (
        "Attributes that nothing maps",
        "They are kept and shown on their spans; no field is made of them.",
        "spans",
        "Every attribute is known.",
    ),
    "payloads": (
        "Messages that could not be read",
        "Looked at {looked_at} of the latest sessions.",
        "spans",
        "Every message could be read.",
    ),
    "clamped": (
        "Usage that cannot be",
        "Counts beyond what one call can use, or parts larger than their whole, were cut.",
        "calls",
        "Every count can be.",
    ),
    "notes": (
        "Odd spans",
        "Stored under an id or a time of our own; the raw value is among the attributes.",
        "spans",
        "Every span has an id and a time.",
    ),
    "failed": (
        "Traces that could not be derived",
        "Their spans are stored; they are in no conversation.",
        "traces",
        "Every trace was derived.",
    ),
}


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that was not understood, how often, and where to see it."""

    name: str
    count: str
    detail: str
    href: str
    link: str


class Section(Struct, frozen=True, kw_only=True):
    """Findings of one kind. nothing: what to say when there is none."""

    key: str
    title: str
    text: str
    unit: str
    nothing: str
    rows: list[Finding]


class UnknownPage(SettingsPage, frozen=True, kw_only=True):
    """What was not understood of a project."""

    sample: str
    sections: list[Section]
    unused: list[Finding]


def unknown_routes(place: Place, prices: LivePrices, access: Access) -> list[Any]:
    """Returns the page."""

    @get(UNKNOWN, include_in_schema=False)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        project = access.read_project(request.scope["headers"], request.scope["query_string"])
        page = await asyncio.to_thread(unknown_page, place, prices, project)
        text = await asyncio.to_thread(render, "unknown.html", page=page)
        return Response(text, media_type=MediaType.HTML, headers=SECURITY_HEADERS)

    return [show]


def unknown_page(place: Place, prices: LivePrices, project: str) -> UnknownPage:
    """Returns the page."""
    found = read_unknown(place.store, project, prices.book(project))
    sample = found.sample
    which = "all" if sample.is_all else "the latest"
    return UnknownPage(
        state=PageState(project=project, live="off"),
        projects=list_projects(place.store),
        behind=place.behind(project),
        title="Not understood",
        tab="unknown",
        sample=f"{which} {words.plural(sample.sessions, 'session')}, "
        f"{words.plural(sample.spans, 'span')}",
        sections=[
            section(key, rows, sample.payload_spans)
            for key, rows in (
                ("models", [model_finding(item, project) for item in found.models]),
                ("attributes", example_findings(found.attributes, project)),
                ("payloads", [payload_finding(item, project) for item in found.payloads]),
                ("clamped", [model_finding(item, project) for item in found.clamped]),
                ("notes", example_findings(found.notes, project)),
                ("failed", [failed_finding(item, project) for item in found.failed]),
            )
        ],
        unused=example_findings(found.unused, project),
    )


def section(key: str, rows: list[Finding], payload_spans: int) -> Section:
    """Returns the findings of one kind with their words."""
    title, text, unit, nothing = SECTION_WORDS[key]
    text = text.format(looked_at=words.plural(payload_spans, "span"))
    return Section(key=key, title=title, text=text, unit=unit, nothing=nothing, rows=rows)


def failed_finding(item: Failed, project: str) -> Finding:
    """Returns a trace that could not be derived."""
    return Finding(
        name=item.reason,
        count="1",
        detail=f"{words.ago(item.noted_ns)}, {to_iso(item.noted_ns)}",
        href=trace_href(project, item.trace_id),
        link="trace",
    )


def payload_finding(item: Unread, project: str) -> Finding:
    """Returns an attribute in which no message could be read."""
    return Finding(
        name=item.name,
        count=f"{item.spans:,}",
        detail="holds no message that could be read",
        href=trace_href(project, item.trace_id, item.span_id),
        link="span",
    )


def trace_href(project: str, trace_id: str, span_id: str = "") -> str:
    """Returns the address of a trace, at a span."""
    more = {"span": span_id} if span_id else {}
    return f"/traces/{quote(trace_id)}?" + urlencode({"project": project, **more})


def example_findings(items: Iterable[Example], project: str) -> list[Finding]:
    """Returns what has an example span."""
    return [
        Finding(
            name=item.name,
            count=f"{item.spans:,}",
            detail=" · ".join(filter(None, (item.service, item.scope))),
            href=trace_href(project, item.trace_id, item.span_id),
            link="span",
        )
        for item in items
    ]


def model_finding(item: ModelRate, project: str) -> Finding:
    """Returns a model, leading to where its price is set."""
    name = item.response_model or item.model
    calls = item.unpriced_calls or item.calls
    return Finding(
        name=name or "no model named",
        count=f"{calls:,}",
        detail=item.provider or "no provider named",
        href=prices_href(project, model=name, provider=item.provider) + "#form"
        if name and item.unpriced_calls
        else session_href(project, item.last_session),
        link="set a price" if name and item.unpriced_calls else "session",
    )
