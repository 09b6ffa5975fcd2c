"""Time at the edges: integers of nanoseconds inside, ISO-8601 UTC outside."""

import time
from datetime import UTC, datetime

__all__ = ["from_iso", "now_ns", "to_iso"]


def now_ns() -> int:
    """Returns the wall clock in nanoseconds since 1970 UTC."""
    return time.time_ns()


def to_iso(time_ns: int) -> str:
    """Returns `2026-11-22T10:41:02.123456Z`: microseconds, the nanoseconds below are cut."""
    seconds, rest = divmod(time_ns, 1_000_000_000)
    moment = datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)
    return moment.isoformat(timespec="microseconds").replace("+00:00", "Z")


def from_iso(text: str) -> int:
    """Returns nanoseconds for an ISO-8601 date or time; without an offset it is UTC.

    Raises:
        ValueError: the text is no ISO-8601 date or time.
    """
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return int(moment.timestamp()) * 1_000_000_000 + moment.microsecond * 1000
