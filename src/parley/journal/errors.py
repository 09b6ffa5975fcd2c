"""What can go wrong in the journal.

JournalError
├── JournalFull     the quota is used up: the client must come back later (429)
└── JournalBroken   the disk refused: nothing of this append was kept (503)
"""

__all__ = ["JournalBroken", "JournalError", "JournalFull"]


class JournalError(Exception):
    """An append that was not kept. The same bytes may be sent again."""


class JournalFull(JournalError):
    """More bytes wait to be loaded than the quota allows."""


class JournalBroken(JournalError):
    """The operating system refused a write, sync or rename; the text is its own."""
