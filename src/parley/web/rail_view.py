"""The rail of a long session: one drawing of all its turns, whichever part of them is shown."""

from collections.abc import Sequence

from msgspec import Struct, field

from parley.query import TurnMark
from parley.web import words
from parley.web.state import PageState

__all__ = ["Rail", "RailMark", "rail_of"]

LONG_TURNS = 60  # above, a turn is a line of two pixels in one drawing
MARKS_MAX = 400  # above, several turns share a line
MARK_HEIGHT = 2
TICKS = (10, 25, 50, 100, 250, 500, 1000, 2500, 5000)
TICKS_MAX = 6


class RailMark(Struct, frozen=True, kw_only=True):
    """One line of the rail. Shares are of the slowest and of the dearest turn, percent."""

    label: str
    href: str
    is_here: bool  # its turn is on this page: the address is a place of it
    latency: float
    cost: float
    look: str
    is_failed: bool
    y: int


class Rail(Struct, frozen=True, kw_only=True):
    """All turns of a long session. ticks: (turn, percent of the height). turns_a_mark: from 1."""

    marks: list[RailMark]
    height: int
    turns_a_mark: int
    ticks: list[tuple[int, float]] = field(default_factory=list)


def rail_of(
    turns: Sequence[TurnMark],
    state: PageState,
    *,
    shown: range,
    page_turns: int,
    slow_ms: float,
    running: int = 0,
) -> Rail | None:
    """Returns the rail of a session, None when it is short enough for a line of words a turn.

    Args:
        turns: all its turns.
        state: what the page shows; links keep it.
        shown: numbers of the turns on the page.
        page_turns: how many turns stand on a page.
        slow_ms: from which latency on a turn is marked as slow.
        running: number of the turn that is running, 0 for none.
    """
    if len(turns) <= LONG_TURNS:
        return None
    together = -(-len(turns) // MARKS_MAX)
    slowest = max(turn.latency_ms for turn in turns) or 1.0
    dearest = max(turn.cost_usd or 0.0 for turn in turns) or 1.0
    marks: list[RailMark] = []
    for place in range(0, len(turns), together):
        group = turns[place : place + together]
        # the one that is looked for among them: what failed, else what took longest
        told = max(group, key=lambda turn: (turn.failed, turn.latency_ms))
        is_running = group[0].turn <= running <= group[-1].turn
        look = "run" if is_running else _look(told, slow_ms)
        marks.append(
            RailMark(
                label=_label(group, told, look),
                href=_href(told.turn, state, shown, page_turns),
                is_here=told.turn in shown,
                latency=round(100 * max(turn.latency_ms for turn in group) / slowest, 1),
                cost=round(100 * max(turn.cost_usd or 0.0 for turn in group) / dearest, 1),
                look=look,
                is_failed=told.failed,
                y=MARK_HEIGHT * len(marks),
            )
        )
    return Rail(
        marks=marks,
        height=MARK_HEIGHT * len(marks),
        turns_a_mark=together,
        ticks=_ticks(len(turns)),
    )


def _look(turn: TurnMark, slow_ms: float) -> str:
    return "bad" if turn.failed else "slow" if turn.latency_ms >= slow_ms else ""


def _href(number: int, state: PageState, shown: range, page_turns: int) -> str:
    """Returns the place of a turn: on this page, or on the part that it stands in."""
    start = 1 + (number - 1) // page_turns * page_turns
    part = "" if number in shown else state.href(at=str(start) if start > 1 else "")
    return f"{part}#t{number}"


def _ticks(count: int) -> list[tuple[int, float]]:
    step = next((tick for tick in TICKS if count / tick <= TICKS_MAX), TICKS[-1])
    return [
        (number, round(100 * (number - 0.5) / count, 2))
        for number in (1, *range(step, count + 1, step))
    ]


def _label(group: Sequence[TurnMark], told: TurnMark, look: str) -> str:
    state = {"run": "running", "bad": "failed", "slow": "slow"}.get(look, "")
    parts = [words.duration(told.latency_ms), words.money(told.cost_usd), state]
    name = f"Turn {told.turn}"
    if len(group) > 1:
        name += f" of {group[0].turn}–{group[-1].turn}"
    return f"{name}: " + ", ".join(part for part in parts if part)
