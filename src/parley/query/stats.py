"""Counts of a project and of the store."""

import time

from parley.model import Stats
from parley.store import Store

__all__ = ["list_projects", "read_lag_ms", "read_stats"]


def read_stats(
    store: Store, project_id: str, *, journal_bytes: int = 0, quarantined: int = 0
) -> Stats:
    """Returns counts of a project and how far its derivation is behind.

    Args:
        store: the store.
        project_id: whose sessions are counted.
        journal_bytes: what the journal holds that is not loaded, of all projects.
        quarantined: envelopes set aside, of all projects.
    """
    spans, sessions, messages = store.read("store.counts", project_id=project_id)[0]
    return Stats(
        spans=spans,
        sessions=sessions,
        messages=messages,
        derivation_lag_ms=read_lag_ms(store, project_id),
        journal_bytes=journal_bytes,
        quarantined=quarantined,
    )


def read_lag_ms(store: Store, project_id: str) -> float:
    """Returns how long the longest waiting trace has waited to be derived; 0 when none waits."""
    oldest, waiting = store.read("work.lag", project_id=project_id)[0]
    return max((time.time_ns() - oldest) / 1e6, 0.001) if waiting else 0.0


def list_projects(store: Store) -> list[str]:
    """Returns every project that has received a trace, by name."""
    return [row[0] for row in store.read_all("store.projects")]
