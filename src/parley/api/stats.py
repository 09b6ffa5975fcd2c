"""/api/v1/stats: what is stored, and how far the conversation view is behind."""

import asyncio

import msgspec
from litestar import get

from parley.journal import Journal
from parley.model import ProjectId, Stats
from parley.query import read_stats
from parley.store import Store

__all__ = ["show_stats"]


@get("/api/v1/stats", summary="Counts and lag", tags=["stats"])
async def show_stats(store: Store, journal: Journal, project_id: ProjectId) -> Stats:
    """Counts of the project; `journal_bytes` and `quarantined` are of the whole server.

    When `journal_bytes` and `derivation_lag_ms` are 0, everything acknowledged before this
    request is in every answer.
    """
    return await asyncio.to_thread(read, store, journal, project_id)


def read(store: Store, journal: Journal, project_id: ProjectId) -> Stats:
    """Returns the counts. The journal is asked first: what leaves it later is not yet derived,
    so the other order could show both as done while a load passes between the two questions.
    """
    waiting = journal.bytes_waiting()
    stats = read_stats(store, project_id)
    return msgspec.structs.replace(
        stats, journal_bytes=waiting, quarantined=len(journal.quarantined())
    )
