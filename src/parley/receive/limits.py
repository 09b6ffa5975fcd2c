"""Every limit of the door, named, in one place. docs/receiving.md explains them."""

from msgspec import Struct

__all__ = ["ReceiveLimits"]

MIB = 1 << 20


class ReceiveLimits(Struct, frozen=True):
    """What one request, one project, and all of them together may cost."""

    body_bytes: int = 64 * MIB
    inflated_bytes: int = 64 * MIB
    items: int = 100_000  # spans or records in one request: the store reads a request as one row
    parts: int = 1_500_000  # fields in one request; real spans of 25 attributes have about 35
    in_flight_bytes: int = 256 * MIB
    in_flight_wait_seconds: float = 2.0  # for room; then the client is told to come back
    waiting_requests: int = 1000
    body_seconds: float = 120.0
    body_grace_seconds: float = 10.0  # from here on a body must have come at the rate below
    body_rate_bytes: int = 8 << 10  # each second
    message_seconds: float = 30.0  # over gRPC, where nobody sees how much of it has come
    rpcs: int = 1000  # at once, over gRPC
    rpc_connections: int = 1000
    project_rate_bytes: int = 0  # each second and project, inflated; 0: no limit
    # Exporters give up when the time they are told ends after their own 10 s, so it is short.
    full_retry_seconds: float = 1.0  # the loader empties the journal about every second
    broken_retry_seconds: float = 2.0
