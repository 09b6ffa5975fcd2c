"""What the timeline is given: marks as percent of a width, words ready to print."""

from msgspec import Struct, field

__all__ = ["Bar", "Column", "Line", "Segment", "Tick", "Timeline"]


class Bar(Struct, frozen=True, kw_only=True):
    """A stretch of time. look: the class that colours it."""

    look: str
    x: float
    width: float


class Segment(Struct, frozen=True, kw_only=True):
    """Turns on the strip at true scale, and the address that zooms to them."""

    bar: Bar
    label: str  # numbers of the turns, "" where there is no room
    label_x: float
    title: str
    href: str
    is_shown: bool


class Column(Struct, frozen=True, kw_only=True):
    """A pause that was folded."""

    x: float
    width: float
    middle: float
    length: str
    label: str  # "" where there is no room
    is_long: bool


class Tick(Struct, frozen=True, kw_only=True):
    """Where work begins again after a pause."""

    x: float
    clock: str  # "" where there is no room


class Line(Struct, frozen=True, kw_only=True):
    """A line of the waterfall: a turn, or a span of it. number: of the turn, "" for a span."""

    title: str
    href: str
    bar: Bar
    duration: str
    number: str = ""
    icon: str = ""
    wait: float = 0.0  # width of the part before the first token
    is_error: bool = False


class Timeline(Struct, frozen=True, kw_only=True):
    """The waterfall of a session."""

    told: str
    segments: list[Segment]
    axis: list[str]
    lines: list[Line] = field(default_factory=list)
    columns: list[Column] = field(default_factory=list)
    ticks: list[Tick] = field(default_factory=list)
    zoom: str = ""  # which turns are shown, "" for all
    is_folded: bool = True
    folded_href: str = ""
    true_href: str = ""
    fit_href: str = ""
    out_href: str = ""
    in_href: str = ""
    rest: str = ""  # which turns of those asked for do not fit the page
    rest_href: str = ""
