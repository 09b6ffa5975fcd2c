"""The list of traces: every trace of the project, also those that belong to no session."""

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, get
from msgspec import Struct, field
from msgspec.structs import replace

from parley.access import Access
from parley.model import TraceCard, TraceQuery, from_iso
from parley.query import TRACE_SORTS, BadQuery, at_once, find_traces, list_projects
from parley.web import words
from parley.web.contexts import events_href, home_href, quarantine_href
from parley.web.pages import Place, trace_page
from parley.web.state import RANGE_WORDS, RANGES, PageState, read_state
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["TracesState", "read_traces_state", "traces_page", "traces_routes"]

PATH = "/traces"
SECOND_NS = 1_000_000_000
PAGE_ROWS = 100
LIVE_SECONDS = 60
SORT_WORDS = {
    "started_at": "start",
    "duration_ms": "duration",
    "spans": "spans",
    "errors": "failed spans",
}
DEFAULTS = {
    "project": "default",
    "range": "7d",
    "sort": "-started_at",
    "only": "",
    "cursor": "",
    "live": "on",
}
ONLY = (("", "All traces"), ("failed", "Failed"), ("alone", "Without session"))


class TracesState(Struct, frozen=True, kw_only=True):
    """Query parameters of the list of traces. only: "failed", "alone" or "" for all."""

    project: str = DEFAULTS["project"]
    range: str = DEFAULTS["range"]
    sort: str = DEFAULTS["sort"]
    only: str = ""
    cursor: str = ""
    live: str = DEFAULTS["live"]
    now_ns: int = field(default_factory=time.time_ns)

    @property
    def from_ns(self) -> int | None:
        """Start of the range, None for all."""
        seconds = RANGES[self.range]
        return self.now_ns - seconds * SECOND_NS if seconds else None

    def href(self, **changes: str) -> str:
        """Returns the address of this page with some state changed; defaults are left out."""
        known = {name: text for name, text in changes.items() if name in DEFAULTS}
        state = replace(self, **known)
        values = {name: getattr(state, name) for name in DEFAULTS}
        kept = {name: value for name, value in values.items() if value != DEFAULTS[name]}
        return f"{PATH}?{urlencode(kept)}" if kept else PATH

    def sort_href(self, column: str) -> str:
        """Returns the address of the list sorted by a column: largest first, then turned around."""
        descending = f"-{column}"
        return self.href(sort=column if self.sort == descending else descending, cursor="")


def read_traces_state(query: dict[str, str], project: str) -> TracesState:
    """Returns the state of a query.

    Raises:
        BadQuery: a value that the page does not know; names the parameter.
    """
    known: dict[str, Any] = {
        name: query[name] for name in DEFAULTS if name in query and name != "project"
    }
    state = TracesState(project=project, **known)
    if state.range not in RANGES:
        raise BadQuery("range", f"{state.range!r} is none of {', '.join(RANGES)}")
    if state.sort.removeprefix("-") not in TRACE_SORTS:
        raise BadQuery("sort", f"{state.sort!r} is none of {', '.join(TRACE_SORTS)}")
    if state.only not in dict(ONLY):
        raise BadQuery("only", f"{state.only!r} is neither failed nor alone")
    if state.live not in ("on", "off"):
        raise BadQuery("live", f"{state.live!r} is neither on nor off")
    return state


class TraceRow(Struct, frozen=True, kw_only=True):
    """One trace of the list, in words."""

    card: TraceCard
    href: str
    session_href: str
    name: str
    models: str
    duration: str
    duration_share: float  # of the longest of the page, percent
    tokens_in: str
    tokens_out: str
    cost: str
    cost_note: str
    is_live: bool
    when: str
    clock: str


class TracesPage(Struct, frozen=True, kw_only=True):
    """The list of traces."""

    state: TracesState
    title: str
    projects: list[str]
    behind: str
    rows: list[TraceRow]
    total: str
    sorted_by: str
    set_aside: str = ""
    next_href: str = ""
    first_href: str = ""
    section: str = "traces"
    is_list: bool = False

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(PageState(project=self.state.project))

    @property
    def home_href(self) -> str:
        """The list of sessions."""
        return home_href(PageState(project=self.state.project))

    @property
    def set_aside_href(self) -> str:
        """The page of what is in quarantine."""
        return quarantine_href(self.state.project)

    @property
    def choices(self) -> list[tuple[str, str, bool]]:
        """What can be listed: title, address, whether it is."""
        state = self.state
        return [
            (title, state.href(only=name, cursor=""), state.only == name) for name, title in ONLY
        ]


def traces_page(place: Place, state: TracesState) -> TracesPage:
    """Returns the list.

    Raises:
        BadQuery: the state asks for what cannot be; names the parameter.
    """
    question = TraceQuery(
        from_ns=state.from_ns,
        failed=state.only == "failed",
        session="none" if state.only == "alone" else "",
        sort=state.sort,
        limit=PAGE_ROWS,
        cursor=state.cursor,
    )
    found, (projects, behind) = at_once(
        lambda: find_traces(place.store, state.project, question),
        lambda: (list_projects(place.store), place.behind(state.project)),
    )
    longest = max((card.duration_ms for card in found.traces), default=0.0)
    return TracesPage(
        state=state,
        title="Traces",
        projects=projects,
        behind=behind,
        set_aside=place.set_aside(state.project),
        rows=[_row_of(card, state, longest) for card in found.traces],
        total=words.plural(found.total, "trace"),
        sorted_by=f"by {SORT_WORDS[state.sort.removeprefix('-')]}",
        next_href=state.href(cursor=found.next_cursor) if found.next_cursor else "",
        first_href=state.href(cursor="") if state.cursor else "",
    )


def _row_of(card: TraceCard, state: TracesState, longest: float) -> TraceRow:
    start_ns = from_iso(card.started_at)
    ended_ns = start_ns + card.duration_ms * 1e6
    note = "" if card.cost_complete else "at least"
    has_usage = card.input_tokens + card.output_tokens > 0
    if card.cost_usd is None:
        note = "no price" if has_usage else ""
    models = card.models
    session = PageState(project=state.project, range="all", open=card.session_id, tab="traces")
    return TraceRow(
        card=card,
        href=f"{PATH}/{card.trace_id}?{urlencode({'project': state.project})}",
        session_href=session.href(span=card.trace_id) if card.session_id else "",
        name=card.name or "unnamed",
        models=(models[0] + (f" +{len(models) - 1}" if len(models) > 1 else "")) if models else "",
        duration=words.duration(card.duration_ms),
        duration_share=round(100 * card.duration_ms / longest, 1) if longest else 0.0,
        tokens_in=words.tokens(card.input_tokens) if has_usage else "",
        tokens_out=words.tokens(card.output_tokens) if has_usage else "",
        cost=words.money(card.cost_usd) if has_usage or card.cost_usd is not None else "–",
        cost_note=note,
        is_live=(state.now_ns - ended_ns) / SECOND_NS < LIVE_SECONDS,
        when=words.ago(start_ns, now_ns=state.now_ns),
        clock=words.day_and_clock(start_ns, now_ns=state.now_ns),
    )


def traces_routes(place: Place, access: Access) -> list[Any]:
    """Returns the list, and the page of one trace."""

    def answer(text: str, status: int) -> Response[str]:
        return Response(
            text, status_code=status, media_type=MediaType.HTML, headers=SECURITY_HEADERS
        )

    def project_of(request: Request[Any, Any, Any]) -> str:
        return access.read_project(request.scope["headers"], request.scope["query_string"])

    @get(PATH, include_in_schema=False)
    async def show_list(request: Request[Any, Any, Any]) -> Response[str]:
        state = read_traces_state(dict(request.query_params), project_of(request))
        page = await asyncio.to_thread(traces_page, place, state)
        text = await asyncio.to_thread(render, "traces.html", page=page, ranges=RANGE_WORDS)
        return answer(text, 200)

    @get(f"{PATH}/{{trace_id:str}}", include_in_schema=False)
    async def show_one(request: Request[Any, Any, Any], trace_id: str) -> Response[str]:
        state = read_state(dict(request.query_params), project_of(request))
        page = await asyncio.to_thread(trace_page, place, state, trace_id)
        text = await asyncio.to_thread(render, "trace.html", page=page)
        return answer(text, 200 if page.found else 404)

    return [show_list, show_one]
