"""Two prompts line by line, and the words that differ within a line that was changed."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from msgspec import Struct, field
from msgspec.structs import replace

from parley.model import Prompt
from parley.prompts import lines_of

__all__ = ["DiffPiece", "DiffRow", "diff_prompts"]

WORD = re.compile(r"\d+(?:\.\d+)?|\w+|\s+|[^\w\s]")
CONTEXT_LINES = 3
ALIKE = 0.3  # lines less alike than this are shown as one gone and one new
LINE_MAX = 5000  # characters of a line whose words are compared
COMPARED_MAX = 200  # changed lines in a row that are compared by their words
LOOK_AHEAD = 5  # new lines among which one is looked for that is alike


class DiffPiece(Struct, frozen=True):
    """A part of a line; is_changed: the other side has something else there."""

    text: str
    is_changed: bool = False


class DiffRow(Struct, frozen=True, kw_only=True):
    """One line of both sides. kind: same, changed, gone, new, or skipped (`count` same lines)."""

    kind: str
    before: list[DiffPiece] = field(default_factory=list)
    after: list[DiffPiece] = field(default_factory=list)
    is_head: bool = False  # the role of a message
    is_setting: bool = False  # not words, but the model, a parameter, a tool
    count: int = 0


def diff_prompts(before: Prompt, after: Prompt) -> list[DiffRow]:
    """Returns the rows of a comparison; long runs of the same are left out but for their ends."""
    (old_words, old_settings), (new_words, new_settings) = (
        halves(item) for item in (before, after)
    )
    settings = [replace(row, is_setting=True) for row in diff_lines(old_settings, new_settings)]
    title = [DiffPiece("model and parameters")]
    between = DiffRow(kind="same", before=title, after=title, is_head=True)
    return [*diff_lines(old_words, new_words), between, *settings]


def halves(prompt: Prompt) -> tuple[list[str], list[str]]:
    """Returns the lines of the messages, and those of all else."""
    lines = lines_of(prompt)
    size = sum(1 + len(message.content.splitlines()) for message in prompt.messages)
    return lines[:size], lines[size:]


def diff_lines(old: Sequence[str], new: Sequence[str]) -> list[DiffRow]:
    """Returns the rows of a comparison of lines."""
    rows: list[DiffRow] = []
    matcher = SequenceMatcher(None, old, new)
    for kind, a, b, c, d in matcher.get_opcodes():
        if kind == "equal":
            rows += same_rows(old[a:b], is_first=a == 0, is_last=b == len(old))
        else:
            rows += changed_rows(old[a:b], new[c:d])
    return rows


def same_rows(lines: Sequence[str], *, is_first: bool, is_last: bool) -> list[DiffRow]:
    """Returns lines that both have; of a long run what stands next to a change."""
    head = 0 if is_first else CONTEXT_LINES
    tail = 0 if is_last else CONTEXT_LINES
    rows = [
        DiffRow(kind="same", before=[shown(line)], after=[shown(line)], is_head=is_head(line))
        for line in lines
    ]
    hidden = len(lines) - head - tail
    if hidden <= CONTEXT_LINES:
        return rows
    return [*rows[:head], DiffRow(kind="skipped", count=hidden), *rows[len(rows) - tail :]]


def changed_rows(old: Sequence[str], new: Sequence[str]) -> Iterator[DiffRow]:
    """Yields lines that differ: those that are alike side by side, in their order."""
    told = 0  # of the new lines
    ahead_most = LOOK_AHEAD if len(old) <= COMPARED_MAX else 0
    for left in old:
        ahead = range(told, min(len(new), told + ahead_most))
        place = next((at for at in ahead if are_alike(left, new[at])), None)
        if place is None:
            yield DiffRow(kind="gone", before=[shown(left)], is_head=is_head(left))
            continue
        yield from (new_row(line) for line in new[told:place])
        before, after = compare_words(left, new[place])
        yield DiffRow(kind="changed", before=before, after=after)
        told = place + 1
    yield from (new_row(line) for line in new[told:])


def new_row(line: str) -> DiffRow:
    """Returns a line that only the newer side has."""
    return DiffRow(kind="new", after=[shown(line)], is_head=is_head(line))


def are_alike(left: str, right: str) -> bool:
    """Returns whether two lines have enough words in common to stand side by side."""
    if is_head(left) or is_head(right) or max(len(left), len(right)) > LINE_MAX:
        return False
    a, b = ([word for word in WORD.findall(line) if word[0].isalnum()] for line in (left, right))
    return SequenceMatcher(None, a, b).ratio() >= ALIKE


def compare_words(left: str, right: str) -> tuple[list[DiffPiece], list[DiffPiece]]:
    """Returns both lines in pieces."""
    a, b = WORD.findall(left), WORD.findall(right)
    before, after = [], []
    for kind, i, j, k, m in SequenceMatcher(None, a, b).get_opcodes():
        is_changed = kind != "equal"
        if i < j:
            before.append(DiffPiece("".join(a[i:j]), is_changed))
        if k < m:
            after.append(DiffPiece("".join(b[k:m]), is_changed))
    return before, after


def shown(line: str) -> DiffPiece:
    """Returns a whole line; a role without its brackets."""
    return DiffPiece(line[1:-1] if is_head(line) else line)


def is_head(line: str) -> bool:
    """Returns whether a line begins a message."""
    return line in ("[system]", "[user]", "[assistant]", "[history]")
