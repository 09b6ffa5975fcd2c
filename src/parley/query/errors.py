"""What can go wrong with a question.

QueryError
└── BadQuery   the question itself: names the field and what was expected
"""

__all__ = ["BadQuery", "QueryError"]


class QueryError(Exception):
    """A question that cannot be answered."""


class BadQuery(QueryError):
    """A field of the question is wrong."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message
