"""The envelope: a request with its project, time and source, as one protobuf message.

    message Envelope {
      string project_id = 1; fixed64 received_at = 2; string source = 3; <Request> request = 4;
    }

The request is nested, never spliced: concatenated fields would let a client overwrite its project.
"""

import threading
import time

from parley.journal import varint

__all__ = ["Stamps", "make_envelope"]


class Stamps:
    """Times of arrival in nanoseconds, strictly increasing: they are the version of a span."""

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def next_ns(self) -> int:
        """Returns now, or one more than the last when the clock did not move on."""
        with self._lock:
            self._last = max(time.time_ns(), self._last + 1)
            return self._last


def make_envelope(project_id: str, request: bytes, *, received_at: int, source: str) -> bytes:
    """Returns the Envelope message, without a length before it."""
    project, origin = project_id.encode(), source.encode()
    return b"".join(
        (
            b"\x0a",
            varint(len(project)),
            project,
            b"\x11",
            received_at.to_bytes(8, "little"),
            b"\x1a",
            varint(len(origin)),
            origin,
            b"\x22",
            varint(len(request)),
            request,
        )
    )
