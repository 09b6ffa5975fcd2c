"""The journal: what was acknowledged survives anything short of losing the disk.

Append-only segments of length-delimited envelopes, one fsync for all who wait (group commit),
recovery of torn tails and flipped bits, a quarantine, and loaded segments kept a while for
replay. May import model only. Refuses to know what an envelope holds, who sent it, and how it is
loaded.
"""

from parley.journal.errors import JournalBroken, JournalError, JournalFull
from parley.journal.framing import read_envelopes, varint
from parley.journal.journal import Journal
from parley.journal.quarantine import CAUSES, Quarantined
from parley.journal.segment import KINDS, Segment

__all__ = [
    "CAUSES",
    "KINDS",
    "Journal",
    "JournalBroken",
    "JournalError",
    "JournalFull",
    "Quarantined",
    "Segment",
    "read_envelopes",
    "varint",
]
