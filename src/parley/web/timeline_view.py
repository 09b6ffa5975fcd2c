"""The timeline of a session: one waterfall, its pauses folded, under a strip at true scale."""

from bisect import bisect_right
from collections.abc import Sequence
from itertools import pairwise

from msgspec import Struct

from parley.model import Span, TraceTree, Turn, from_iso
from parley.web import words
from parley.web.state import PageState
from parley.web.timeline_context import Bar, Column, Line, Segment, Tick, Timeline
from parley.web.tree_view import BARS, FRAMES, ICONS, extent_of, turn_groups

__all__ = ["LINES_MAX", "timeline_of"]

SECOND_NS = 1_000_000_000
TURNS_FIRST = 100  # of a conversation, on its first page
LINES_MAX = 400  # of a waterfall; some 200 kB
TURN_LINES_MAX = 200  # spans of one turn
STRIP_PLACES = 200  # turns closer together than this share of the strip are one segment
LETTER_PERCENT = 0.7  # what a digit on the strip needs
AXIS_LABELS = 6
FOLD_SHARE = 0.05  # a pause longer than this share of the work is folded
FOLD_SECONDS = 1.0
COLUMN_PERCENT = 5.2  # width of a folded pause, and of all of them together
COLUMNS_PERCENT = 40.0
LABEL_PERCENT = 3.6  # what the length of a pause needs
CLOCK_PERCENT = 7.0  # what a time of day needs
SLIVER_PERCENT = 0.35  # nothing is drawn narrower

Group = tuple[list[Turn], list[TraceTree]]


class _Scale:
    """Where a time stands, in percent: work at one scale, pauses folded to columns."""

    def __init__(self, stretches: Sequence[tuple[int, int]], *, is_folded: bool) -> None:
        work = sum(end - start for start, end in stretches)
        least = max(work * FOLD_SHARE, FOLD_SECONDS * SECOND_NS)
        parts = [stretches[0]]
        for start, end in stretches[1:]:
            if is_folded and start - parts[-1][1] > least:
                parts.append((start, end))
            else:
                parts[-1] = (parts[-1][0], max(parts[-1][1], end))
        pauses = len(parts) - 1
        self.column = min(COLUMN_PERCENT, COLUMNS_PERCENT / pauses) if pauses else 0.0
        self.unit = (100 - pauses * self.column) / max(sum(e - s for s, e in parts), 1)
        self.parts = parts
        self.starts = [start for start, _ in parts]
        self.places: list[float] = []
        place = 0.0
        for start, end in parts:
            self.places.append(place)
            place += (end - start) * self.unit + self.column

    def place(self, time_ns: int) -> float:
        """Returns where a time is; in a pause, where the pause begins."""
        index = max(bisect_right(self.starts, time_ns) - 1, 0)
        start, end = self.parts[index]
        return self.places[index] + (min(max(time_ns, start), end) - start) * self.unit

    def bar(self, look: str, start_ns: int, end_ns: int) -> Bar:
        """Returns a stretch of time, wide enough to be seen."""
        x, end = self.place(start_ns), self.place(end_ns)
        width = max(end - x, SLIVER_PERCENT)
        return Bar(look=look, x=round(min(x, 100 - width), 2), width=round(width, 2))

    def columns(self) -> list[Column]:
        """Returns the pauses."""
        found = []
        longest = max((b[0] - a[1] for a, b in pairwise(self.parts)), default=0)
        for place, (before, after) in zip(self.places[1:], pairwise(self.parts), strict=True):
            length = words.duration((after[0] - before[1]) / 1e6)
            found.append(
                Column(
                    x=round(place - self.column, 2),
                    width=round(self.column, 2),
                    middle=round(place - self.column / 2, 2),
                    length=length,
                    label=length if self.column >= LABEL_PERCENT else "",
                    is_long=after[0] - before[1] == longest,
                )
            )
        return found

    def ticks(self) -> list[Tick]:
        """Returns where work begins, with the time where there is room for it.

        Work without a pause has them at even distances.
        """
        if len(self.parts) == 1:
            start, end = self.parts[0]
            shares = [place / AXIS_LABELS for place in range(AXIS_LABELS)]
            return [
                Tick(x=round(100 * share, 2), clock=words.clock(start + int((end - start) * share)))
                for share in shares
            ]
        found: list[Tick] = []
        free = 0.0
        for place, (start, _) in zip(self.places, self.parts, strict=True):
            has_room = free <= place <= 100 - CLOCK_PERCENT or not found
            found.append(Tick(x=round(place, 2), clock=words.clock(start) if has_room else ""))
            free = place + CLOCK_PERCENT if has_room else free
        return found


class _Extent(Struct, frozen=True):
    turn: Turn
    start_ns: int
    end_ns: int


def timeline_of(
    turns: Sequence[Turn],
    trees: Sequence[TraceTree],
    state: PageState,
    *,
    running_turn: int = 0,
) -> Timeline | None:
    """Returns the waterfall of those turns whose spans are among `trees`; None without any turn.

    `turns` are all of the session: the strip shows them whatever the waterfall is zoomed to.
    """
    if not turns:
        return None
    extents = [_extent_of_turn(turn) for turn in turns]
    first, last = state.zoomed or (1, len(turns))
    first, last = min(first, len(turns)), min(last, len(turns))
    groups, following = _fitting(turns[first - 1 : last], trees)
    shown = (first, (following or last + 1) - 1)
    stretches = _merged(_stretches(groups))
    scale = _Scale(stretches, is_folded=state.scale == "folded")
    worked = _merged([(e.start_ns, e.end_ns) for e in extents])
    work_ms = sum(end - start for start, end in worked) / 1e6
    whole_ms = (worked[-1][1] - worked[0][0]) / 1e6
    told = f"{words.duration(work_ms)} of work in {words.duration(whole_ms)}"
    if work_ms < whole_ms * 0.9:
        told += f"; {int(100 * (1 - work_ms / whole_ms))} % of the time the chat was idle"
    return Timeline(
        told=told,
        segments=_segments(extents, state, shown, running_turn),
        axis=_axis(worked[0][0], worked[-1][1]),
        lines=[line for group in groups for line in _lines_of(group, scale, state, running_turn)],
        columns=scale.columns(),
        ticks=scale.ticks(),
        is_folded=state.scale == "folded",
        folded_href=state.href(scale="folded"),
        true_href=state.href(scale="true"),
        **_zooms(state, (first, last), len(turns)),
        rest=f"{words.plural(last - following + 1, 'more turn')}" if following else "",
        rest_href=state.href(zoom=_zoom(following, last)) if following else "",
    )


def _fitting(turns: Sequence[Turn], trees: Sequence[TraceTree]) -> tuple[list[Group], int]:
    """Returns the turns that fit the page, and the number of the first that does not, or 0."""
    known = {tree.trace_id for tree in trees}
    groups: list[Group] = []
    count = 0
    for group in turn_groups(turns, trees):
        has_spans = not group[0][0].trace_ids or known.intersection(group[0][0].trace_ids)
        count += 1 + min(sum(len(tree.spans) for tree in group[1]), TURN_LINES_MAX)
        if groups and (count > LINES_MAX or not has_spans):
            return groups, group[0][0].turn
        groups.append(group)
    return groups, 0


def _extent_of_turn(turn: Turn) -> _Extent:
    start_ns = from_iso(turn.started_at)
    return _Extent(turn, start_ns, start_ns + int(turn.latency_ms * 1e6))


def _stretches(groups: Sequence[Group]) -> list[tuple[int, int]]:
    found = []
    for group_turns, trees in groups:
        found += [(e.start_ns, e.end_ns) for e in map(_extent_of_turn, group_turns)]
        found += [extent_of([tree]) for tree in trees]
    return found


def _merged(stretches: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Returns stretches of time in order, those that touch as one."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(stretches):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def _segments(
    extents: Sequence[_Extent], state: PageState, shown: tuple[int, int], running: int
) -> list[Segment]:
    start = min(e.start_ns for e in extents)
    scale = 100 / max(max(e.end_ns for e in extents) - start, 1)
    groups: list[list[_Extent]] = []
    for extent in extents:
        near = (extent.start_ns - (groups[-1][0].start_ns if groups else 0)) * scale
        if groups and near < 100 / STRIP_PLACES:
            groups[-1].append(extent)
        else:
            groups.append([extent])
    segments = []
    free = 0.0
    for group in groups:
        numbers = (group[0].turn.turn, group[-1].turn.turn)
        x = (group[0].start_ns - start) * scale
        width = max((max(e.end_ns for e in group) - group[0].start_ns) * scale, SLIVER_PERCENT)
        x = min(x, 100 - width)
        label = str(numbers[0]) if numbers[0] == numbers[1] else f"{numbers[0]}–{numbers[1]}"
        label_x = min(x + 0.15, 100 - LETTER_PERCENT * (len(label) + 1))
        has_room = label_x >= free
        free = label_x + LETTER_PERCENT * (len(label) + 2) if has_room else free
        look = "sp-llm"
        if numbers[0] <= running <= numbers[1]:
            look = "sp-run"
        if any(e.turn.error is not None for e in group):
            look = "sp-err"
        said = group[0].turn.input[:80] if len(group) == 1 else f"{len(group)} turns"
        segments.append(
            Segment(
                bar=Bar(look=look, x=round(x, 2), width=round(width, 2)),
                label=label if has_room else "",
                label_x=round(label_x, 2),
                title=f"Turn {label}: {said}",
                href=state.href(zoom=_zoom(*numbers)),
                is_shown=shown[0] <= numbers[1] and numbers[0] <= shown[1],
            )
        )
    return segments


def _axis(start_ns: int, end_ns: int) -> list[str]:
    step = (end_ns - start_ns) / (AXIS_LABELS - 1)
    times = [start_ns + int(step * place) for place in range(AXIS_LABELS)]
    if end_ns - start_ns > 86_400 * SECOND_NS:
        return [words.moment(time_ns).strftime("%-d %b %H:%M") for time_ns in times]
    clocks = [words.clock(time_ns) for time_ns in times]
    return clocks if end_ns - start_ns < 600 * SECOND_NS else [clock[:5] for clock in clocks]


def _lines_of(group: Group, scale: _Scale, state: PageState, running_turn: int) -> list[Line]:
    group_turns, trees = group
    first, last = group_turns[0], group_turns[-1]
    extents = [_extent_of_turn(turn) for turn in group_turns]
    found = [(e.start_ns, e.end_ns) for e in extents] + [extent_of([tree]) for tree in trees]
    start, end = min(s for s, _ in found), max(e for _, e in found)
    is_error = any(turn.error is not None for turn in group_turns)
    is_running = first.turn <= running_turn <= last.turn
    every = [span for tree in trees for span in tree.spans]
    spans = [span for span in every if span.kind not in FRAMES] or every
    hidden = len(spans) - TURN_LINES_MAX
    head = Line(
        title=first.input or "no words from the user",
        number=str(first.turn) if first is last else f"{first.turn}–{last.turn}",
        href=state.href(
            tab="conversation", span="", at=str(first.turn) if first.turn > TURNS_FIRST else ""
        )
        + f"#t{first.turn}",
        bar=scale.bar("sp-run" if is_running else "sp-err" if is_error else "sp-agent", start, end),
        duration=words.duration(sum(turn.latency_ms for turn in group_turns)),
        is_error=is_error,
    )
    shown = sorted(spans, key=lambda span: span.start_ns)[:TURN_LINES_MAX]
    lines = [head, *(_line_of(span, scale, state) for span in shown)]
    if hidden > 0:
        nothing = Bar(look="sp-track", x=0.0, width=0.0)
        title = f"{words.plural(hidden, 'more span')} among the traces"
        href = state.href(tab="traces", span=trees[0].trace_id)
        lines.append(Line(title=title, href=href, bar=nothing, duration="", icon="i-more"))
    return lines


def _line_of(span: Span, scale: _Scale, state: PageState) -> Line:
    look = "sp-err" if span.failed else BARS.get(span.kind, "sp-agent")
    bar = scale.bar(look, span.start_ns, span.end_ns)
    wait = (span.ttft_ms or 0) * 1e6 * scale.unit
    return Line(
        title=span.name or "unnamed",
        href=state.href(tab="traces", span=span.span_id),
        icon=ICONS.get(span.kind, "i-chain"),
        bar=bar,
        wait=round(min(wait, bar.width), 2),
        duration=words.duration(span.duration_ms),
        is_error=span.failed,
    )


def _zoom(first: int, last: int) -> str:
    return str(first) if first == last else f"{first}-{last}"


def _zooms(state: PageState, asked: tuple[int, int], turns: int) -> dict[str, str]:
    """Returns which turns are shown, and the ways to more and to fewer of them."""
    first, last = asked
    count = last - first + 1
    is_all = count == turns
    wider = (max(first - (count + 1) // 2, 1), min(last + (count + 1) // 2, turns))
    inner = first + count // 4, last - count // 4
    if count > 1 and inner == asked:
        inner = (first, last - 1)
    return {
        "zoom": "" if is_all else _zoom(first, last).replace("-", "–"),
        "fit_href": "" if is_all else state.href(zoom=""),
        "out_href": "" if is_all else state.href(zoom="" if wider == (1, turns) else _zoom(*wider)),
        "in_href": state.href(zoom=_zoom(*inner)) if count > 1 else "",
    }
