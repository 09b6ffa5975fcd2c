"""What can go wrong with records.

RecordsError
├── RecordsNewer     they were written by a newer Parley
├── RecordsRefused   the database cannot be opened or used
└── ViewRefused      a view cannot be saved: its name is taken, or there are too many
"""

__all__ = ["RecordsError", "RecordsNewer", "RecordsRefused", "ViewRefused"]


class RecordsError(Exception):
    """The database of records could not do what was asked."""


class RecordsNewer(RecordsError):
    """The database has migrations that this release does not know."""


class RecordsRefused(RecordsError):
    """The database cannot be opened; the message says what to do."""


class ViewRefused(RecordsError):
    """A view cannot be saved; the message says why, and is about its name."""
