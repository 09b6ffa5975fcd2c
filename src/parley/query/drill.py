"""From a number to its sessions: texts of the filter language that leave exactly those."""

from collections.abc import Sequence

from parley.model import Bin, Dimension, to_iso
from parley.query.filters import parse_filter
from parley.query.filters.tree import Connective

__all__ = ["all_of", "bin_filter", "group_filter", "others_filter", "turns_filter"]


def quoted(value: str) -> str:
    """Returns a text as a filter holds it."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def all_of(*conditions: str) -> str:
    """Returns what meets all of some filters; empty ones are left out."""
    given = [text for text in conditions if text.strip()]
    return given[0] if len(given) == 1 else " and ".join(map(_grouped, given))


def _grouped(text: str) -> str:
    """Returns a filter that nothing beside it can tear apart."""
    tree = parse_filter(text)
    return f"({text})" if isinstance(tree, Connective) and tree.word == "or" else text


def field_of(by: Dimension) -> str:
    """Returns the field of the filter language that has the values of a dimension."""
    return 'metadata["prompt_version"]' if by == "prompt" else by


def group_filter(by: Dimension, name: str | None) -> str:
    """Returns what leaves the sessions of a group; None: those without a value."""
    field = field_of(by)
    return f"{field} is unknown" if name is None else f"{field} = {quoted(name)}"


def others_filter(by: Dimension, names: Sequence[str | None]) -> str:
    """Returns what leaves the sessions that are in none of some groups."""
    field = field_of(by)
    known = [quoted(name) for name in names if name is not None]
    return all_of(
        f"{field} not in ({', '.join(known)})" if known else "",
        f"{field} is not unknown" if None in names else "",
    )


def bin_filter(field: str, part: Bin) -> str:
    """Returns what leaves the values of a field that a bin counts."""
    low = "" if part.low is None else f"{field} >= {part.low:.10g}"
    high = "" if part.high is None else f"{field} < {part.high:.10g}"
    return all_of(low, high)


def turns_filter(*conditions: str, from_ns: int | None = None, to_ns: int | None = None) -> str:
    """Returns what leaves sessions with a turn that meets some conditions and starts in [from, to).

    "" where nothing is asked.
    """
    start = "" if from_ns is None else f'turn.started_at >= "{to_iso(from_ns)}"'
    end = "" if to_ns is None else f'turn.started_at < "{to_iso(to_ns)}"'
    asked = [text for text in (*conditions, start, end) if text]
    return f"any({' and '.join(asked)})" if asked else ""
