"""What is wrong with a filter, and where.

BadQuery
└── BadFilter   points at the characters that are to blame, and may know what was meant
"""

from parley.query.errors import BadQuery

__all__ = ["BadFilter"]


class BadFilter(BadQuery):
    """A filter that means nothing. `start` and `end` are offsets in its text, from 0.

    `suggestion` is what could stand there instead, "" when nothing comes to mind.
    """

    def __init__(self, reason: str, start: int, end: int, *, suggestion: str = "") -> None:
        meant = f"; did you mean {suggestion}?" if suggestion else ""
        super().__init__("filter", f"{reason}{meant} (column {start + 1})")
        self.reason = reason
        self.start = start
        self.end = max(end, start)
        self.suggestion = suggestion

    @property
    def column(self) -> int:
        """Where it is, from 1."""
        return self.start + 1
