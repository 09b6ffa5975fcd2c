"""What can go wrong with derivation.

DeriveError     a trace could not be derived; its work stays on the list
└── BadLabel    what somebody says of a session cannot be kept; names the field
"""

__all__ = ["BadLabel", "DeriveError"]


class DeriveError(Exception):
    """A trace could not be derived."""


class BadLabel(DeriveError):
    """A title, a tag or their number is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
