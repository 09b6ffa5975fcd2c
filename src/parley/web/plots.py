"""Drawings of Analytics: numbers to rectangles and lines in a box of 1000 × 168, made here.

Each figure has its numbers once more in a table; every mark and every number leads to its sessions.
"""

import math
from collections.abc import Callable, Sequence
from typing import TypeAlias

from msgspec import Struct, field

__all__ = [
    "Cell",
    "Line",
    "Mark",
    "Piece",
    "Plot",
    "Shown",
    "TableRow",
    "bars",
    "lines",
    "nice",
    "stack",
]

WIDTH, HEIGHT, TOP = 1000, 168, 4
NICE = (1, 2, 2.5, 5, 10)
Shown: TypeAlias = Callable[[float], str]


class Cell(Struct, frozen=True, kw_only=True):
    """A number in words, and the list of its sessions; href "" where there is none."""

    text: str
    href: str = ""
    is_bad: bool = False


class TableRow(Struct, frozen=True, kw_only=True):
    """A line of the table behind a figure."""

    head: str
    cells: list[Cell]


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


class Plot(Struct, frozen=True, kw_only=True):
    """A figure: what it says in words, what is drawn, and the table behind it."""

    title: str
    says: str
    high: str = ""  # what the upper rule stands for, and the one in the middle
    middle: str = ""
    marks: list[Mark] = field(default_factory=list)
    lines: list[Line] = field(default_factory=list)
    axis: list[str] = field(default_factory=list)
    legend: list[Cell] = field(default_factory=list)
    more: Cell | None = None
    columns: list[Cell] = field(default_factory=list)
    rows: list[TableRow] = field(default_factory=list)


def nice(value: float) -> float:
    """Returns the next round number that is not below a positive one."""
    if value <= 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in NICE if step * power >= value * 0.999999)


class Piece(Struct, frozen=True, kw_only=True):
    """One value that is drawn in a column."""

    value: float
    tone: str
    title: str = ""
    href: str = ""


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


def bars(pieces: Sequence[Piece], high: float) -> list[Mark]:
    """Returns rectangles side by side."""
    return stack([[piece] for piece in pieces], high)


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
