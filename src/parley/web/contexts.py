"""What each template is given: one Struct a page, words and shares ready to print."""

from urllib.parse import urlencode

from markupsafe import Markup
from msgspec import Struct, field

from parley.model import MatchPiece, Session, Span
from parley.query import Piece
from parley.web.axis import AxisLabel
from parley.web.exports import ExportLink, list_exports, session_exports
from parley.web.label_view import Labeling, labels_href
from parley.web.rail_view import Rail
from parley.web.state import CHARTS, COLUMNS, PageState
from parley.web.timeline_context import Timeline

__all__ = [
    "Attribute",
    "Bar",
    "Block",
    "Choice",
    "Drawer",
    "Inspector",
    "Metric",
    "Problem",
    "Row",
    "SessionsPage",
    "SpanRow",
    "TracePage",
    "TurnView",
    "quarantine_href",
]


def events_href(state: PageState) -> str:
    """Returns the address of the event stream of a page's project."""
    return "/api/v1/events?" + urlencode({"project": state.project})


def completions_href(project: str) -> str:
    """Returns where the filter bar asks what could be typed next."""
    return "/api/v1/filter/completions?" + urlencode({"project": project})


def home_href(state: PageState) -> str:
    """Returns the address of the list of a page's project."""
    return state.href(open="", tab="conversation", span="", cursor="", full="")


class Metric(Struct, frozen=True, kw_only=True):
    """One cell of the strip. tone: "", "is-bad" or "is-good"."""

    name: str
    value: str
    exact: str = ""
    spark: str = ""  # SVG path in a box of 90 × 22
    delta: str = ""
    note: str = ""
    tone: str = ""


class Bar(Struct, frozen=True, kw_only=True):
    """One bucket of the chart, in a box of 1000 × 72."""

    x: float
    width: float
    y: float
    height: float
    bad_y: float
    bad_height: float
    title: str


class Row(Struct, frozen=True, kw_only=True):
    """One session of the list."""

    session: Session
    key: str  # stands for the session id in element ids
    href: str
    first: str  # one line of words
    last: str
    where: str  # environment · source
    tokens_in: str
    tokens_out: str
    cost: str
    cost_note: str
    cost_title: str  # to the nano-dollar; or why it is not known, or not all of it
    cost_share: float  # of the dearest row, percent
    model: str
    user: str
    latency_p50: str
    latency_p95: str
    is_slow: bool
    is_live: bool
    is_running: bool
    when: str
    when_exact: str
    duration: str
    found: list[MatchPiece] = field(default_factory=list)  # the words that were searched for
    found_in: str = ""  # who said them
    tags: list[str] = field(default_factory=list)  # given by people, that it has room for
    tags_more: int = 0


class Problem(Struct, frozen=True, kw_only=True):
    """Why a search or a filter means nothing. href: the page with what may have been meant."""

    field: str
    message: str
    suggestion: str = ""
    href: str = ""


class Block(Struct, frozen=True, kw_only=True):
    """A piece of a turn. kind: user, answer, tool, fold, media, sources.

    media: `shape` is image, audio, video or file, `href` where it is on this server; shape "link"
    is an address elsewhere, which nothing loads by itself; "" is neither.
    """

    kind: str
    title: str = ""
    text: str = ""
    html: Markup = Markup()
    arguments: str = ""
    arguments_html: Markup = Markup()
    result_html: Markup = Markup()
    result: str = ""
    is_error: bool = False
    is_long: bool = False
    is_cut: bool = False
    key: str = ""
    shape: str = ""
    href: str = ""


class TurnView(Struct, frozen=True, kw_only=True):
    """A turn as it is read. gap: the pause before it, "" under five minutes."""

    number: int
    anchor: str
    gap: str
    gap_short: str
    clock: str
    exact: str
    model: str
    prompts: list[Block]
    questions: list[Block]
    answers: list[Block]
    error: str
    error_title: str
    error_href: str
    alike_href: str  # sessions with a turn that failed like this one
    is_running: bool
    latency: str
    ttft: str
    tokens_in: str
    tokens_out: str
    tokens_reasoning: str
    cost: str
    cost_title: str
    calls: str
    rail_latency: float  # percent of the slowest turn
    rail_cost: float
    rail_class: str
    label: str
    rerun_href: str = ""
    prompt: str = ""  # the managed prompt that answered, "" for none
    prompt_href: str = ""
    prompt_environment: str = ""


class Attribute(Struct, frozen=True):
    """A name and a value to print."""

    name: str
    value: str


class SpanRow(Struct, frozen=True, kw_only=True):
    """One line of the span tree. guides: classes of the parent-child lines, left to right."""

    span: Span | None
    title: str
    number: str = ""
    level: int = 1
    guides: list[str] = field(default_factory=list)
    icon: str = "i-chain"
    bar: str = "sp-agent"
    x: float = 0.0
    width: float = 0.0
    wait: float = 0.0  # width of the part before the first token
    tokens: str = ""
    cost: str = ""
    duration: str = ""
    is_error: bool = False
    is_selected: bool = False
    href: str = ""
    told: str = ""  # what came of it, in a word or two
    below: int = 0  # how many lines fold with it


class Choice(Struct, frozen=True, kw_only=True):
    """One of several ways to look at something."""

    name: str
    href: str
    count: str = ""
    is_current: bool = False


class Inspector(Struct, frozen=True, kw_only=True):
    """The span that is looked at."""

    span: Span
    icon: str
    started: str
    offset: str
    duration: str
    facts: list[Attribute]
    error: str
    stack: str
    input_html: Markup
    output_html: Markup
    input_size: str
    output_size: str
    attributes: list[Attribute]
    resource: list[Attribute]
    events: list[tuple[str, str, list[Attribute]]]
    understood: list[Attribute]  # field and the attribute that it comes from
    unclaimed: list[str]  # attributes that nothing maps
    unread: list[str]  # attributes for messages in which none could be read
    own_time: str = ""  # what it took itself, "" when nothing is below it
    raw: str = ""  # the span as OTLP/JSON, "" when it is too long
    curl: str = ""  # what sends it again
    link: str = ""  # the address of the span by itself
    panel: str = "details"
    panels: list[Choice] = field(default_factory=list)


class Drawer(Struct, frozen=True, kw_only=True):
    """An open session. found False: there is none of that id."""

    session_id: str
    key: str  # stands for the session id in element ids
    found: bool
    session: Session | None = None
    title: str = ""
    facts: list[Attribute] = field(default_factory=list)
    labeling: Labeling = Labeling()
    is_running: bool = False
    running_turn: int = 0
    duration: str = ""
    latency_p50: str = ""
    latency_p95: str = ""
    ttft: str = ""
    tokens: str = ""
    cached: str = ""
    tokens_exact: str = ""
    token_shares: tuple[float, float, float] = (0.0, 0.0, 0.0)  # input not cached, cached, output
    cost: str = ""
    cost_note: str = ""
    cost_title: str = ""  # whose price each model's calls have
    turns: list[TurnView] = field(default_factory=list)
    rail: Rail | None = None  # all turns of a long session
    spans: list[SpanRow] = field(default_factory=list)
    shown: list[Choice] = field(default_factory=list)  # which spans the tree shows
    inspector: Inspector | None = None
    timeline: Timeline | None = None
    close_href: str = "/"
    previous_href: str = ""
    next_href: str = ""
    full_href: str = ""
    conversation_href: str = ""
    traces_href: str = ""
    timeline_href: str = ""
    part: str = ""  # which part of a long session this is
    earlier_href: str = ""
    later_href: str = ""
    trace_href: str = ""  # the trace that has this id, when no session has it
    search_href: str = ""  # the sessions whose id holds this one
    close: list[Choice] = field(default_factory=list)  # that may have been meant

    @property
    def exports(self) -> list[ExportLink]:
        """What can be downloaded of it."""
        return session_exports(self.session) if self.session else []


class SessionsPage(Struct, frozen=True, kw_only=True):
    """The list, and a session open over it."""

    state: PageState
    title: str
    projects: list[str]
    behind: str
    is_empty: bool  # the project has no session at all: show the quick start
    address: str
    needs_token: bool
    started_clock: str
    metrics: list[Metric] = field(default_factory=list)
    bars: list[Bar] = field(default_factory=list)
    axis: list[AxisLabel] = field(default_factory=list)
    bars_most: str = ""
    bars_name: str = ""
    bars_start_ms: int = 0
    bars_step_ms: int = 0
    bars_step: str = ""
    rows: list[Row] = field(default_factory=list)
    total: str = ""
    sorted_by: str = ""
    next_href: str = ""
    first_href: str = ""
    drawer: Drawer | None = None
    is_list: bool = True
    set_aside: str = ""  # how many requests of the project are in quarantine, "" for none
    pieces: list[Piece] = field(default_factory=list)  # of the filter, to be coloured
    problem: Problem | None = None  # nothing is listed

    @property
    def charts(self) -> list[tuple[str, str]]:
        """What the chart can show: (name, label)."""
        return list(CHARTS.items())

    @property
    def columns(self) -> list[tuple[str, str]]:
        """The columns that can be hidden: (name, label)."""
        return list(COLUMNS.items())

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(self.state)

    @property
    def exports(self) -> list[ExportLink]:
        """What can be downloaded of the list."""
        return list_exports(self.state)

    @property
    def known_tags(self) -> list[str]:
        """What the fields of tags propose: the tags of the rows."""
        return sorted({tag for row in self.rows for tag in row.session.tags})

    @property
    def labels_href(self) -> str:
        """Where the bar of the chosen sessions is sent."""
        return labels_href(self.state)

    @property
    def completions_href(self) -> str:
        """Where the filter bar asks what could be typed next."""
        return completions_href(self.state.project)

    @property
    def set_aside_href(self) -> str:
        """The page of what is in quarantine."""
        return quarantine_href(self.state.project)

    @property
    def home_href(self) -> str:
        """The list as it stands, with nothing open over it."""
        return home_href(self.state)


class SummaryPage(Struct, frozen=True, kw_only=True):
    """A page that adds up the sessions that words and a filter leave."""

    state: PageState
    title: str
    projects: list[str]
    behind: str
    set_aside: str = ""
    pieces: list[Piece] = field(default_factory=list)  # of the filter, to be coloured
    problem: Problem | None = None  # nothing is added up
    is_list: bool = False

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(self.state)

    @property
    def completions_href(self) -> str:
        """Where the filter bar asks what could be typed next."""
        return completions_href(self.state.project)

    @property
    def set_aside_href(self) -> str:
        """The page of what is in quarantine."""
        return quarantine_href(self.state.project)

    @property
    def home_href(self) -> str:
        """The list of sessions."""
        return home_href(PageState(project=self.state.project))


class TracePage(Struct, frozen=True, kw_only=True):
    """One trace by itself, with or without a session."""

    state: PageState
    title: str
    projects: list[str]
    behind: str
    trace_id: str
    found: bool
    session_href: str = ""
    session_id: str = ""
    spans: list[SpanRow] = field(default_factory=list)
    shown: list[Choice] = field(default_factory=list)  # which spans the tree shows
    inspector: Inspector | None = None
    facts: list[Attribute] = field(default_factory=list)
    part: str = ""
    earlier_href: str = ""
    later_href: str = ""
    is_list: bool = False
    section: str = "traces"
    set_aside: str = ""  # how many requests of the project are in quarantine, "" for none

    @property
    def events_href(self) -> str:
        """Where the page hears that something changed."""
        return events_href(self.state)

    @property
    def set_aside_href(self) -> str:
        """The page of what is in quarantine."""
        return quarantine_href(self.state.project)

    @property
    def home_href(self) -> str:
        """The list as it stands, with nothing open over it."""
        return home_href(self.state)


def quarantine_href(project: str, **more: str) -> str:
    """Returns the address of what was set aside of a project."""
    return "/quarantine?" + urlencode({"project": project, **more})
