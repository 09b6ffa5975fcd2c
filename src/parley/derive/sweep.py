"""Attachments that no message names any more: their messages were replaced, or have left.

They are derived from spans, so that nothing is lost for good: what is named again is written again.
"""

import time

from parley.store import Store

__all__ = ["GRACE_NS", "drop_unnamed"]

GRACE_NS = 3_600_000_000_000  # attachments are written before the messages that name them


def drop_unnamed(store: Store, project_id: str, *, grace_ns: int = GRACE_NS) -> tuple[int, int]:
    """Drops attachments that no message names. Returns how many they were, and their bytes.

    Those written within `grace_ns` stay. Should a message have named one in the same moment, its
    trace is derived again.
    """
    before = time.time_ns() - grace_ns
    ((dropped, size_bytes),) = store.read(
        "attachments.unnamed", project_id=project_id, before=before
    )
    if dropped:
        store.run("attachments.drop", project_id=project_id, before=before)
        store.touch("attachments.touch_lost", [{"project_id": project_id}])
    return dropped, size_bytes
