"""What can go wrong in this room.

DeriveError           a trace could not be derived; its work stays on the list
BadLabel              what people say of a session cannot be kept; names the field
AnnotationError       an annotation is not kept, or not removed; names the field
├── BadAnnotation     it cannot be like this
├── AnnotationTaken   its id is that of another
└── NoSuchTarget      there is no such annotation, or no such trace
"""

__all__ = [
    "AnnotationError",
    "AnnotationTaken",
    "BadAnnotation",
    "BadLabel",
    "DeriveError",
    "NoSuchTarget",
]


class DeriveError(Exception):
    """A trace could not be derived."""


class BadLabel(Exception):
    """A title, a tag or their number is wrong."""

    def __init__(self, message: str, *, field: str) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class AnnotationError(Exception):
    """The tree's root. place: which of several, counted from 0; None where all are meant."""

    def __init__(self, message: str, *, field: str, place: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.place = place


class BadAnnotation(AnnotationError):
    """An annotation cannot be like this."""


class AnnotationTaken(AnnotationError):
    """An id is that of another annotation, or of one that was removed."""


class NoSuchTarget(AnnotationError):
    """There is no such annotation, or no session of such a trace."""
