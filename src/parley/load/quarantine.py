"""What was set aside, by project: looked at, loaded after all, or dropped."""

import asyncio

from msgspec import Struct

from parley.access import DEFAULT_PROJECT
from parley.journal import Journal, Quarantined

__all__ = ["SetAside", "drop_set_aside", "list_set_aside", "retry_set_aside"]


class SetAside(Struct, frozen=True, kw_only=True):
    """An envelope in quarantine. `cause` is one of journal.CAUSES."""

    id: str
    project: str
    kind: str
    size_bytes: int
    received_ns: int | None
    quarantined_ns: int
    cause: str
    reason: str


def list_set_aside(journal: Journal, project_id: str | None = None) -> list[SetAside]:
    """Returns what is in quarantine of a project, or of all (None), the newest first.

    Bytes that are damaged cannot be trusted to name their project: they belong to `default`.
    """
    found = [look_into(entry) for entry in journal.quarantined()]
    return [item for item in found if project_id is None or item.project == project_id]


def retry_set_aside(journal: Journal, entry_id: str) -> bool:
    """Puts an envelope back into the journal as it was acknowledged; False for an unknown id.

    It leaves the quarantine once it is durable in the journal: a crash between the two leaves it in
    both, and loading twice changes nothing. Call it outside of an event loop.

    Raises:
        JournalFull, JournalBroken: it stays where it is.
    """
    kind = entry_id.partition("-")[0]
    envelope = journal.read_quarantined(entry_id)
    if envelope is None:
        return False
    asyncio.run(journal.append(kind, envelope, is_retry=True))
    journal.drop_quarantined(entry_id)
    return True


def drop_set_aside(journal: Journal, entry_id: str) -> bool:
    """Removes an envelope for good; False for an unknown id. Raises JournalBroken."""
    return journal.drop_quarantined(entry_id)


def look_into(entry: Quarantined) -> SetAside:
    """Returns an entry with what the first fields of its envelope say."""
    project, received_ns = DEFAULT_PROJECT, None
    if entry.cause != "damaged" and (head := read_head(entry.head)):
        project, received_ns = head
    return SetAside(
        id=entry.id,
        project=project,
        kind=entry.kind,
        size_bytes=entry.size_bytes,
        received_ns=received_ns,
        quarantined_ns=entry.quarantined_ns,
        cause=entry.cause,
        reason=entry.reason,
    )


def read_head(head: bytes) -> tuple[str, int] | None:
    """Returns (project, received at) of an envelope's beginning, None when it is none of ours."""
    if head[:1] != b"\x0a" or len(head) < 3:
        return None
    length, place = head[1], 2
    if length > 127:
        length, place = (length & 127) | head[2] << 7, 3
    name, rest = head[place : place + length], head[place + length :]
    if len(name) < length or rest[:1] != b"\x11" or len(rest) < 9:
        return None
    try:
        return name.decode(), int.from_bytes(rest[1:9], "little")
    except UnicodeDecodeError:
        return None
