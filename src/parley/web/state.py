"""The URL is the state: what a page shows, read from its query and written back into links."""

import hashlib
import re
import time
from typing import Any
from urllib.parse import urlencode

from msgspec import Struct, field
from msgspec.structs import replace

from parley.query import SORTS, BadQuery

__all__ = ["RANGES", "PageState", "element_key", "read_state"]

SECOND_NS = 1_000_000_000
RANGES = {
    "30m": 1800,
    "3h": 3 * 3600,
    "24h": 86_400,
    "7d": 7 * 86_400,
    "30d": 30 * 86_400,
    "all": 0,
}
PLACES = ("project", "open", "tab")
TABS = ("conversation", "traces", "timeline")
ZOOM = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
DEFAULTS = {
    "project": "default",
    "range": "7d",
    "q": "",
    "filter": "",
    "sort": "-last_activity_at",
    "cursor": "",
    "open": "",
    "tab": "conversation",
    "span": "",
    "live": "on",
    "full": "",
    "at": "",
    "zoom": "",
    "scale": "folded",
}


def element_key(session_id: str) -> str:
    """Returns what stands for a session in element ids: short, whatever the id holds."""
    return hashlib.blake2s(session_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class PageState(Struct, frozen=True, kw_only=True):
    """Query parameters of the sessions page."""

    project: str = DEFAULTS["project"]
    range: str = DEFAULTS["range"]
    q: str = ""
    filter: str = ""
    sort: str = DEFAULTS["sort"]
    cursor: str = ""
    open: str = ""
    tab: str = DEFAULTS["tab"]
    span: str = ""
    live: str = DEFAULTS["live"]
    full: str = ""
    at: str = ""  # where a long session begins: a turn's number, or a trace's id
    zoom: str = ""  # turns of the timeline: `3` or `3-9`
    scale: str = DEFAULTS["scale"]  # of the timeline: pauses folded, or true
    now_ns: int = field(default_factory=time.time_ns)

    @property
    def from_ns(self) -> int | None:
        """Start of the range, None for all."""
        seconds = RANGES[self.range]
        return self.now_ns - seconds * SECOND_NS if seconds else None

    @property
    def zoomed(self) -> tuple[int, int] | None:
        """The first and the last turn that the timeline shows, None for all."""
        found = ZOOM.fullmatch(self.zoom)
        return (int(found[1]), int(found[2] or found[1])) if found else None

    def href(self, **changes: str) -> str:
        """Returns the address of this page with some state changed; defaults are left out."""
        if any(changes.get(name, getattr(self, name)) != getattr(self, name) for name in PLACES):
            changes = {"at": "", "zoom": "", **changes}  # they were places in what was open
        state = replace(self, **changes)
        values = {name: getattr(state, name) for name in DEFAULTS}
        kept = {name: value for name, value in values.items() if value != DEFAULTS[name]}
        return "/?" + urlencode(kept) if kept else "/"

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a form that asks for other sessions must carry: (name, value), defaults left out."""
        names = ("project", "range", "sort", "live")
        values = [(name, getattr(self, name)) for name in names]
        return [(name, value) for name, value in values if value != DEFAULTS[name]]

    def sort_href(self, column: str) -> str:
        """Returns the address of the list sorted by a column: largest first, then turned around."""
        descending = f"-{column}"
        return self.href(sort=column if self.sort == descending else descending, cursor="", open="")

    def session_href(self, session_id: str) -> str:
        """Returns the address of this list with a session open."""
        return self.href(open=session_id, tab="conversation", span="", full="")


def read_state(query: dict[str, str], project: str) -> PageState:
    """Returns the state of a query.

    Raises:
        BadQuery: a value that the page does not know; names the parameter.
    """
    known: dict[str, Any] = {
        name: query[name] for name in DEFAULTS if name in query and name != "project"
    }
    state = PageState(project=project, **known)
    if state.range not in RANGES:
        raise BadQuery("range", f"{state.range!r} is none of {', '.join(RANGES)}")
    if state.sort.removeprefix("-") not in SORTS:
        raise BadQuery("sort", f"{state.sort!r} is no metric of a session")
    if state.tab not in TABS:
        raise BadQuery("tab", f"{state.tab!r} is none of {', '.join(TABS)}")
    if state.zoom and (state.zoomed is None or not 1 <= state.zoomed[0] <= state.zoomed[1]):
        raise BadQuery("zoom", f"{state.zoom!r} is neither a turn, as 3, nor turns, as 3-9")
    if state.scale not in ("folded", "true"):
        raise BadQuery("scale", f"{state.scale!r} is neither folded nor true")
    if state.live not in ("on", "off"):
        raise BadQuery("live", f"{state.live!r} is neither on nor off")
    return state
