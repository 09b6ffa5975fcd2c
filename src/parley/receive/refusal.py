"""Refusals of every room, as one shape that both protocols answer with."""

import errno
import re

from msgspec import Struct

from parley.access import AccessError
from parley.journal import JournalBroken, JournalFull
from parley.receive.errors import ReceiveError
from parley.receive.limits import ReceiveLimits

__all__ = ["REFUSALS", "Refusal", "refuse"]

REFUSALS = (ReceiveError, AccessError, JournalFull, JournalBroken)
_RPC_CODES = {400: 3, 401: 16, 403: 7}
_ERRNO = re.compile(r"\[Errno (\d+)\]")
_NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class Refusal(Struct, frozen=True):
    """What the client is told. `retry_seconds` None: it need not try again."""

    status: int
    rpc_code: int
    reason: str
    message: str
    retry_seconds: float | None = None


def refuse(
    error: ReceiveError | AccessError | JournalFull | JournalBroken, limits: ReceiveLimits
) -> Refusal:
    """Returns the refusal that an error means."""
    text = str(error)
    match error:
        case JournalFull():
            return Refusal(429, 8, "journal_full", text, limits.full_retry_seconds)
        case JournalBroken() if _has_no_room(error):
            return Refusal(429, 8, "disk_full", text, limits.broken_retry_seconds)
        case JournalBroken():
            return Refusal(503, 14, "journal_broken", text, limits.broken_retry_seconds)
        case AccessError():
            message = f"{error.field}: {text}" if error.field else text
            return Refusal(error.status, _RPC_CODES[error.status], error.code, message)
        case _:
            return Refusal(error.status, error.rpc_code, error.reason, text, error.retry_seconds)


def _has_no_room(error: JournalBroken) -> bool:
    """Returns whether the operating system said that the disk is full; its text is kept."""
    found = _ERRNO.search(str(error))
    return found is not None and int(found[1]) in _NO_ROOM
