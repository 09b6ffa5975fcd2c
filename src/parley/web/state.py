"""The URL is the state: what a page shows, read from its query and written back into links."""

import hashlib
import re
import time
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode

from msgspec import Struct, field
from msgspec.structs import replace

from parley.model import CHARTS, COLUMNS, DENSITIES, RANGES, Look, from_iso
from parley.query import BadQuery, check_look

__all__ = [
    "CHARTS",
    "COLUMNS",
    "LOOK_COOKIE",
    "RANGES",
    "RANGE_WORDS",
    "PageState",
    "element_key",
    "read_state",
]

SECOND_NS = 1_000_000_000
RANGE_WORDS = (
    ("30m", "30 m"),
    ("3h", "3 h"),
    ("24h", "24 h"),
    ("7d", "7 d"),
    ("30d", "30 d"),
    ("all", "All"),
)
PLACES = ("project", "open", "tab")
TABS = ("conversation", "traces", "timeline")
PANELS = ("details", "attributes", "events", "raw")
SHOWN = ("all", "calls", "failed")
KEPT = ("cols", "density")  # what a browser remembers of the list
LOOK_COOKIE = "parley-look"  # `cols=…&density=…`, written by the page's script
ZOOM = re.compile(r"(\d{1,9})(?:-(\d{1,9}))?")
DEFAULTS = {
    "project": "default",
    "range": "7d",
    "since": "",
    "until": "",
    "chart": "sessions",
    "cols": ",".join(COLUMNS),
    "density": "comfortable",
    "q": "",
    "filter": "",
    "sort": "-last_activity_at",
    "cursor": "",
    "open": "",
    "tab": "conversation",
    "span": "",
    "panel": "details",
    "show": "all",
    "live": "on",
    "full": "",
    "at": "",
    "zoom": "",
    "scale": "folded",
}
# What a parameter is called in the address, where Python has the word for itself.
IN_URL = {"since": "from", "until": "to"}


def element_key(session_id: str) -> str:
    """Returns what stands for a session in element ids: short, whatever the id holds."""
    return hashlib.blake2s(session_id.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


class PageState(Struct, frozen=True, kw_only=True):
    """Query parameters of the sessions page."""

    project: str = DEFAULTS["project"]
    range: str = DEFAULTS["range"]
    since: str = ""  # an absolute range, instead of the named one
    until: str = ""
    chart: str = DEFAULTS["chart"]
    cols: str = DEFAULTS["cols"]
    density: str = DEFAULTS["density"]
    q: str = ""
    filter: str = ""
    sort: str = DEFAULTS["sort"]
    cursor: str = ""
    open: str = ""
    tab: str = DEFAULTS["tab"]
    span: str = ""
    panel: str = DEFAULTS["panel"]  # of the details of a span
    show: str = DEFAULTS["show"]  # which spans the tree shows
    live: str = DEFAULTS["live"]
    full: str = ""
    at: str = ""  # where a long session begins: a turn's number, or a trace's id
    zoom: str = ""  # turns of the timeline: `3` or `3-9`
    scale: str = DEFAULTS["scale"]  # of the timeline: pauses folded, or true
    remembered: tuple[str, str] = ("", "")  # columns and density of this browser, "" for none
    now_ns: int = field(default_factory=time.time_ns)

    @property
    def from_ns(self) -> int | None:
        """Start of the range, None for all."""
        if self.since:
            return from_iso(self.since)
        seconds = RANGES[self.range]
        return self.now_ns - seconds * SECOND_NS if seconds else None

    @property
    def to_ns(self) -> int:
        """End of the range: now, unless it is absolute."""
        return from_iso(self.until) if self.until else self.now_ns

    @property
    def columns(self) -> list[str]:
        """The columns that are shown beside the words, in their order."""
        shown = self.cols.split(",")
        return [name for name in COLUMNS if name in shown]

    @property
    def picked(self) -> tuple[str, str]:
        """Start and end of the range as a browser's time field takes them, in UTC."""
        start = self.from_ns
        return _field(start) if start is not None else "", _field(self.to_ns)

    @property
    def look(self) -> Look:
        """What a view saves of this; unknown columns are kept, to be refused."""
        columns = tuple(name for name in self.cols.split(",") if name)
        known = tuple(self.columns)
        shown = known if set(known) == set(columns) else columns
        names = [name for name in Look.__struct_fields__ if name != "columns"]
        return Look(columns=shown, **{name: getattr(self, name) for name in names})

    def look_href(self, look: Look) -> str:
        """Returns the address of the list in another look, with nothing open over it."""
        values = {name: getattr(look, name) for name in Look.__struct_fields__ if name != "columns"}
        places = {"cursor": "", "open": "", "tab": DEFAULTS["tab"], "span": "", "full": ""}
        return self.href(**places, **values, cols=",".join(look.columns))

    def column_href(self, column: str) -> str:
        """Returns the address of the list with a column hidden, or shown again."""
        shown = self.columns
        kept = [name for name in COLUMNS if (name in shown) != (name == column)]
        return self.href(cols=",".join(kept))

    @property
    def zoomed(self) -> tuple[int, int] | None:
        """The first and the last turn that the timeline shows, None for all."""
        found = ZOOM.fullmatch(self.zoom)
        return (int(found[1]), int(found[2] or found[1])) if found else None

    def href(self, **changes: str) -> str:
        """Returns the address of this page with some state changed; defaults are left out."""
        if any(changes.get(name, getattr(self, name)) != getattr(self, name) for name in PLACES):
            # they were places in what was open
            changes = {"at": "", "zoom": "", "panel": "details", "show": "all", **changes}
        if "range" in changes:  # a named range takes the place of an absolute one
            changes = {"since": "", "until": "", **changes}
        state = replace(self, **changes)
        values = {name: getattr(state, name) for name in DEFAULTS}
        kept = {
            IN_URL.get(name, name): value
            for name, value in values.items()
            if self.is_told(name, value)
        }
        return "/?" + urlencode(kept) if kept else "/"

    def is_told(self, name: str, value: str) -> bool:
        """Returns whether an address must say this: it does not where nothing else is meant."""
        return value != DEFAULTS[name] or (name in KEPT and any(self.remembered))

    @property
    def plain_look(self) -> Look:
        """The list with nothing asked of it, as this browser remembers it."""
        cols, density = self.remembered
        return PageState(cols=cols or DEFAULTS["cols"], density=density or DEFAULTS["density"]).look

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a form that asks for other sessions must carry: (name, value), defaults left out."""
        names = ("project", "range", "since", "until", "sort", "chart", "cols", "density", "live")
        values = [(name, getattr(self, name)) for name in names]
        return [
            (IN_URL.get(name, name), value) for name, value in values if self.is_told(name, value)
        ]

    @property
    def kept_by_range(self) -> list[tuple[str, str]]:
        """What the form that picks a range must carry."""
        searched = [("q", self.q), ("filter", self.filter)]
        others = [pair for pair in self.kept_by_search if pair[0] not in ("range", "from", "to")]
        return [*others, *((name, value) for name, value in searched if value)]

    def sort_href(self, column: str) -> str:
        """Returns the address of the list sorted by a column: largest first, then turned around."""
        descending = f"-{column}"
        return self.href(sort=column if self.sort == descending else descending, cursor="", open="")

    def session_href(self, session_id: str) -> str:
        """Returns the address of this list with a session open."""
        return self.href(open=session_id, tab="conversation", span="", full="")


def _field(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // SECOND_NS, UTC):%Y-%m-%dT%H:%M:%S}"


def remembered_look(cookie: str) -> tuple[str, str]:
    """Returns the columns and the density that a browser remembers, ("", "") for none.

    What the list does not know any more is forgotten, never refused.
    """
    found = parse_qs(unquote(cookie)[:400])
    cols = [name for name in found.get("cols", [""])[0].split(",") if name in COLUMNS]
    density = found.get("density", [""])[0]
    return ",".join(dict.fromkeys(cols)), density if density in DENSITIES else ""


def read_state(query: dict[str, str], project: str, look_cookie: str = "") -> PageState:
    """Returns the state of a query; where it says nothing of columns, the browser's choice.

    Raises:
        BadQuery: a value that the page does not know; names the parameter.
    """
    known: dict[str, Any] = {
        name: query[IN_URL.get(name, name)]
        for name in DEFAULTS
        if IN_URL.get(name, name) in query and name != "project"
    }
    remembered = remembered_look(look_cookie)
    kept = {name: value for name, value in zip(KEPT, remembered, strict=True) if value}
    state = PageState(project=project, remembered=remembered, **{**kept, **known})
    if state.panel not in PANELS:
        raise BadQuery("panel", f"{state.panel!r} is none of {', '.join(PANELS)}")
    if state.show not in SHOWN:
        raise BadQuery("show", f"{state.show!r} is none of {', '.join(SHOWN)}")
    if state.tab not in TABS:
        raise BadQuery("tab", f"{state.tab!r} is none of {', '.join(TABS)}")
    if state.zoom and (state.zoomed is None or not 1 <= state.zoomed[0] <= state.zoomed[1]):
        raise BadQuery("zoom", f"{state.zoom!r} is neither a turn, as 3, nor turns, as 3-9")
    if state.scale not in ("folded", "true"):
        raise BadQuery("scale", f"{state.scale!r} is neither folded nor true")
    if state.live not in ("on", "off"):
        raise BadQuery("live", f"{state.live!r} is neither on nor off")
    check_look(state.look, now_ns=state.now_ns, columns_field="cols")
    return state
