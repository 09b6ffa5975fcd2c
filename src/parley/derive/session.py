"""The traces of a session put together: which pieces make which turn, and what each adds.

Pure. A trace is aligned with what at most the 20 traces before it said on their own, so a late
trace changes at most the next 21 (a retry also looks at the one before it) and order of arrival
never matters.
"""

from collections.abc import Sequence
from itertools import takewhile

from msgspec import Struct

from parley.derive.align import is_system, unseen
from parley.derive.trace import Piece, Said, TraceFacts

__all__ = ["WINDOW", "TraceBefore", "TurnFacts", "TurnPiece", "group_bounds", "turns_of_group"]

WINDOW = 20


class TraceBefore(Struct, frozen=True):
    """What later traces need to know of a trace."""

    trace_id: str
    start_ns: int
    opens: bool
    question: int
    tail: list[int]


class TurnPiece(Struct, frozen=True):
    """A piece within its turn: context, words of its history that nobody said before, own words."""

    facts: TraceFacts
    piece: Piece
    ordinal: int  # of the piece in its trace
    context: list[Said]
    unheard: list[Said]
    own: list[Said]

    @property
    def said(self) -> list[Said]:
        """All that is new in the piece, in order."""
        return self.unheard + self.own


class TurnFacts(Struct):
    """One turn and the pieces of traces it is made of, in order."""

    turn_id: str
    pieces: list[TurnPiece]


def group_bounds(order: Sequence[TraceBefore], index: int) -> tuple[int, int]:
    """Returns [first, last) of the traces around `index` that may share turns with it.

    A trace that opens nothing goes on with the last turn of the nearest trace before it that does,
    when that is at most WINDOW traces away; else it stands for itself.
    """
    first = home_of(order, index)
    last = index + 1
    while last < len(order) and goes_on(order, last) and home_of(order, last) == first:
        last += 1
    return first, last


def goes_on(order: Sequence[TraceBefore], index: int) -> bool:
    """Tells a trace that opens no turn: it brings results, or repeats an unanswered question."""
    trace = order[index]
    if not trace.opens:
        return True
    before = order[index - 1].tail if index > 0 else []
    return trace.question != 0 and bool(before) and before[-1] == trace.question


def home_of(order: Sequence[TraceBefore], index: int) -> int:
    """Returns the place of the trace whose last turn a trace goes on with; itself if it opens."""
    if not goes_on(order, index):
        return index
    for place in range(index - 1, max(index - WINDOW, 0) - 1, -1):
        if not goes_on(order, place):
            return place
    return index


def turns_of_group(
    group: Sequence[TraceFacts], before: Sequence[Sequence[TraceBefore]]
) -> list[TurnFacts]:
    """Returns the turns of a trace that opens and of those that go on with its last one.

    Args:
        group: the opening trace, then its continuations in order of start.
        before: for each of them, the at most WINDOW traces of the session that precede it.
    """
    turns: list[TurnFacts] = []
    for facts, window in zip(group, before, strict=True):
        said = [item for trace in window for item in trace.tail]
        for ordinal, piece in enumerate(facts.pieces):
            context, unheard = _history(piece, said, first=not window)
            own = [item for item in piece.said if not is_system(item.hash) or item.hash not in said]
            if turns and ordinal == 0:
                own = _without_retry(own, [item for item in said if not is_system(item)])
            part = TurnPiece(facts, piece, ordinal, context, unheard, own)
            if turns and ordinal == 0:
                turns[-1].pieces.append(part)
            else:
                turns.append(TurnFacts(f"{facts.trace_id}.{ordinal}", [part]))
    return turns


def _without_retry(own: Sequence[Said], said: Sequence[int]) -> list[Said]:
    """Returns a trace's words without those that only try again: the unanswered end of `said`.

    They may be a question, or results of tools.
    """
    prompts = list(takewhile(lambda item: is_system(item.hash), own))
    words = list(own[len(prompts) :])
    sent = len(list(takewhile(lambda item: item.message.role in ("user", "tool"), words)))
    hashes = [item.hash for item in words[:sent]]
    for length in range(min(sent, len(said)), 0, -1):
        if hashes[:length] == list(said[-length:]):
            return prompts + words[length:]
    return prompts + words


def _history(piece: Piece, said: Sequence[int], *, first: bool) -> tuple[list[Said], list[Said]]:
    """Returns (context to show folded, words nobody said before) of a piece's history.

    In the session's first trace everything up to the last answer is context. Later the history
    was said already, but for what follows the last message that the session knows.
    """
    roles = [item.message.role for item in piece.history]
    answered = max((i + 1 for i, role in enumerate(roles) if role == "assistant"), default=0)
    if first:
        return piece.history[:answered], piece.history[answered:]
    spoken = [item for item in said if not is_system(item)]
    start, known = unseen([item.hash for item in piece.history], spoken)
    return [], piece.history[start if known else answered :]
