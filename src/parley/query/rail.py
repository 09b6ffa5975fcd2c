"""What each turn of a session took and cost, without its words."""

from msgspec import Struct

from parley.query.sessions import as_float
from parley.store import Store

__all__ = ["TurnMark", "read_turn_marks"]


class TurnMark(Struct, frozen=True):
    """One turn of a session, its number counted from 1. cost_usd: None where it is unknown."""

    turn: int
    latency_ms: float
    failed: bool
    cost_usd: float | None


def read_turn_marks(store: Store, project_id: str, session_id: str) -> list[TurnMark]:
    """Returns every turn of a session in order of time; none when there is no such session."""
    rows = store.read("sessions.rail", project_id=project_id, session_id=session_id)
    return [
        TurnMark(number, float(latency_ms), bool(failed), as_float(cost_usd))
        for row in rows
        for number, (latency_ms, failed, cost_usd) in enumerate(zip(*row, strict=True), 1)
    ]
