"""/api/v1/quarantine: what the store refused of a project; load it after all, or drop it."""

import asyncio
from collections.abc import Callable
from typing import Annotated

from litestar import delete, get, post
from litestar.params import QueryParameter
from msgspec import Struct

from parley.api.errors import NotFound
from parley.journal import Journal
from parley.load import SetAside, drop_set_aside, list_set_aside, retry_set_aside
from parley.model import ProjectId, to_iso

__all__ = ["QUARANTINE_ROUTES"]

MAX_LIMIT = 500


class QuarantineEntry(Struct, frozen=True, kw_only=True):
    """A request that was acknowledged and could not be loaded. Its content is not shown."""

    id: str
    kind: str
    size_bytes: int
    received_at: str | None
    quarantined_at: str
    cause: str
    reason: str


class QuarantineList(Struct, frozen=True):
    """The newest entries, and how many there are."""

    quarantine: list[QuarantineEntry]
    total: int


class Retried(Struct, frozen=True):
    """How many went back to be loaded."""

    retried: int


class Dropped(Struct, frozen=True):
    """How many are gone for good."""

    dropped: int


@get("/api/v1/quarantine", summary="List what was set aside", tags=["quarantine"])
async def list_quarantine(
    *,
    journal: Journal,
    project_id: ProjectId,
    limit: Annotated[int, QueryParameter(name="limit", ge=1, le=MAX_LIMIT)] = 100,
) -> QuarantineList:
    """Requests of the project that the store refused, the newest first.

    Damaged ones cannot be trusted to name their project: they are listed under `default`.
    """
    found = await asyncio.to_thread(list_set_aside, journal, project_id)
    return QuarantineList([entry_of(item) for item in found[:limit]], len(found))


@post("/api/v1/quarantine/retry", status_code=200, summary="Load all again", tags=["quarantine"])
async def retry_all(journal: Journal, project_id: ProjectId) -> Retried:
    """Puts everything that was set aside of the project back into the journal."""
    return Retried(await asyncio.to_thread(for_each, retry_set_aside, journal, project_id))


@post(
    "/api/v1/quarantine/{entry_id:str}/retry",
    status_code=200,
    summary="Load one again",
    tags=["quarantine"],
)
async def retry_one(journal: Journal, project_id: ProjectId, entry_id: str) -> Retried:
    """Puts an entry back into the journal as it was acknowledged."""
    return Retried(
        await asyncio.to_thread(for_each, retry_set_aside, journal, project_id, entry_id)
    )


@delete("/api/v1/quarantine", status_code=200, summary="Drop all", tags=["quarantine"])
async def drop_all(journal: Journal, project_id: ProjectId) -> Dropped:
    """Removes everything that was set aside of the project, for good."""
    return Dropped(await asyncio.to_thread(for_each, drop_set_aside, journal, project_id))


@delete(
    "/api/v1/quarantine/{entry_id:str}", status_code=200, summary="Drop one", tags=["quarantine"]
)
async def drop_one(journal: Journal, project_id: ProjectId, entry_id: str) -> Dropped:
    """Removes an entry, for good."""
    return Dropped(await asyncio.to_thread(for_each, drop_set_aside, journal, project_id, entry_id))


def for_each(
    action: Callable[[Journal, str], bool],
    journal: Journal,
    project_id: ProjectId,
    entry_id: str = "",
) -> int:
    """Returns how many entries of the project were acted on; without an id, all are.

    Raises:
        NotFound: the project has no such entry.
        JournalFull, JournalBroken: those not acted on stay.
    """
    found = [item.id for item in list_set_aside(journal, project_id)]
    if entry_id:
        if entry_id not in found:
            raise NotFound(f"nothing {entry_id[:100]!r} is in quarantine here", field="id")
        found = [entry_id]
    return sum(action(journal, item) for item in found)


def entry_of(item: SetAside) -> QuarantineEntry:
    """Returns an entry with its times in words."""
    return QuarantineEntry(
        id=item.id,
        kind=item.kind,
        size_bytes=item.size_bytes,
        received_at=to_iso(item.received_ns) if item.received_ns is not None else None,
        quarantined_at=to_iso(item.quarantined_ns),
        cause=item.cause,
        reason=item.reason,
    )


QUARANTINE_ROUTES = (list_quarantine, retry_all, retry_one, drop_all, drop_one)
