"""When the rows of large sessions are summed anew: a session of 50,000 turns takes 0.1 s each time.

Its turns and messages are derived with all others; its row waits until 20 times its last cost is
over. Its traces stay on the work list until then, so that a crash forgets nothing.
"""

import time
from collections.abc import Iterable, Mapping

from parley.derive.batch import Change

__all__ = ["LARGE_TRACES", "LargeSums"]

LARGE_TRACES = 1000
COST_FACTOR = 20
PAUSE_SECONDS = 1.0

Key = tuple[str, str]  # project, session


class LargeSums:
    """The large sessions whose rows are behind. One thread uses it."""

    def __init__(self) -> None:
        self._held: dict[Key, dict[str, int]] = {}
        self._not_before: dict[Key, float] = {}

    @property
    def deferred(self) -> int:
        """How many traces wait."""
        return sum(len(traces) for traces in self._held.values())

    def due(self) -> list[Key]:
        """Returns the sessions whose row can be summed now."""
        now = time.monotonic()
        return [key for key in self._held if self._not_before.get(key, 0.0) <= now]

    def holds(self, project_id: str, trace_id: str, touched_at: int) -> bool:
        """Whether a trace is derived, as it was touched then, and waits for its session's row."""
        return any(
            key[0] == project_id and traces.get(trace_id) == touched_at
            for key, traces in self._held.items()
        )

    def hold(
        self, project_id: str, changes: Iterable[Change], touched: Mapping[str, int]
    ) -> set[str]:
        """Returns the traces that must not be marked yet: they changed a large session."""
        held: set[str] = set()
        for change in changes:
            traces = self._held.setdefault((project_id, change.session_id), {})
            traces.update({t: touched[t] for t in change.by if t in touched})
            held |= change.by
        return held

    def release(self, project_id: str, session_id: str, seconds: float) -> dict[str, int]:
        """Returns the traces that wait for no row any more; this one took so many seconds."""
        key = (project_id, session_id)
        if key not in self._held:
            return {}
        self._not_before[key] = time.monotonic() + max(PAUSE_SECONDS, COST_FACTOR * seconds)
        traces = self._held.pop(key)
        others = {
            t for (project, _), held in self._held.items() if project == project_id for t in held
        }
        return {t: touched_at for t, touched_at in traces.items() if t not in others}
