"""Drawings of Analytics: numbers to rectangles and lines in a box of 1000 × 168, made here.

Every mark leads to the sessions behind it.
"""

import math
from collections.abc import Sequence

from msgspec import Struct, field

from parley.web.axis import AxisLabel

__all__ = ["Flag", "Key", "Line", "Mark", "Piece", "Plot", "lines", "nice", "stack"]

WIDTH, HEIGHT, TOP = 1000, 168, 4
NICE = (1, 2, 2.5, 5, 10)


class Mark(Struct, frozen=True, kw_only=True):
    """A rectangle. tone: its class."""

    x: float
    y: float
    width: float
    height: float
    tone: str
    title: str
    href: str


class Line(Struct, frozen=True):
    """A line. tone: its class."""

    path: str
    tone: str


class Flag(Struct, frozen=True):
    """A word at a place. x: percent of the width."""

    x: float
    text: str


class Key(Struct, frozen=True, kw_only=True):
    """A colour's meaning, and the list of its sessions; href "" where there is none."""

    text: str
    tone: str
    href: str = ""


class Plot(Struct, frozen=True, kw_only=True):
    """A figure: what it says in words, and what is drawn. Nothing is drawn without marks."""

    title: str
    says: str
    label: str  # for those who do not see it
    high: str = ""  # what the upper rule stands for, and the one in the middle
    middle: str = ""
    marks: list[Mark] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    flags: list[Flag] = field(default_factory=list)
    axis: list[AxisLabel] = field(default_factory=list)
    legend: list[Key] = field(default_factory=list)
    more: Key | None = None

    @property
    def is_empty(self) -> bool:
        """There is nothing to see."""
        return not self.marks and not self.lines


class Piece(Struct, frozen=True, kw_only=True):
    """One value that is drawn in a column."""

    value: float
    tone: str
    title: str = ""
    href: str = ""


def nice(value: float) -> float:
    """Returns the next round number that is not below a positive one."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in NICE if step * power >= value * 0.999999)


def stack(columns: Sequence[Sequence[Piece]], high: float) -> list[Mark]:
    """Returns rectangles on each other, the first piece lowest."""
    step = WIDTH / max(len(columns), 1)
    scale = (HEIGHT - TOP) / high
    marks = []
    for place, pieces in enumerate(columns):
        bottom = float(HEIGHT)
        for piece in pieces:
            height = piece.value * scale
            if height <= 0:
                continue
            bottom -= height
            marks.append(
                Mark(
                    x=round(place * step + step * 0.05, 2),
                    y=round(bottom, 2),
                    width=round(step * 0.9, 2),
                    height=round(max(height, 0.7), 2),
                    tone=piece.tone,
                    title=piece.title,
                    href=piece.href,
                )
            )
    return marks


def lines(values: Sequence[float | None], high: float, tone: str) -> list[Line]:
    """Returns a line through values, broken where there is none; a lonely value is a dash."""
    step = WIDTH / max(len(values), 1)
    scale = (HEIGHT - TOP) / high
    found: list[Line] = []
    points: list[str] = []
    for place, value in enumerate([*values, None]):
        if value is not None:
            points.append(f"{(place + 0.5) * step:.1f} {HEIGHT - value * scale:.1f}")
        elif points:
            dash = [f"h{step / 3:.1f}"] if len(points) == 1 else []
            found.append(Line("M" + " ".join([*points, *dash]), tone))
            points = []
    return found
