"""What came in, counted since start."""

from msgspec import Struct, field

__all__ = ["ReceiveCounts"]


class ReceiveCounts(Struct):
    """Counters that only grow. Changed on the event loop alone, read from anywhere."""

    accepted_spans: int = 0
    accepted_logs: int = 0
    accepted_bytes: int = 0  # canonical, as journaled
    rejected: dict[str, int] = field(default_factory=dict)  # spans, records or points by reason
    refused: dict[str, int] = field(default_factory=dict)  # whole requests by reason
    requests: dict[int, int] = field(default_factory=dict)  # by HTTP status
    rpcs: dict[str, int] = field(default_factory=dict)  # by the name of the gRPC status
