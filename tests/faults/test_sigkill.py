"""A power cut under load: every acknowledged span is there, once."""

import os
import secrets
import threading
import time
from collections import Counter

import httpx
import pytest

from tests.serving import Server, Start
from tests.telemetry import chat_attributes, make_span, pack

ROUNDS = int(os.environ.get("PARLEY_ROUNDS", "3"))
SENDERS = 4
SPANS_PER_REQUEST = 5
SESSIONS = 12


class Load:
    """Senders that remember which spans were acknowledged, and which may have been."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.acknowledged: set[str] = set()
        self.sent: set[str] = set()
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _ in range(SENDERS)]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join(10)

    def _send(self) -> None:
        with httpx.Client(timeout=5, trust_env=False) as client:
            while not self._ended.is_set():
                body, names = a_request()
                self.sent |= names
                try:
                    answer = client.post(
                        self.server.url + "/v1/traces",
                        content=body,
                        headers={"content-type": "application/x-protobuf"},
                    )
                except httpx.HTTPError:
                    return
                if answer.status_code == 200:
                    self.acknowledged |= names


def a_request() -> tuple[bytes, set[str]]:
    """Returns a body and the ids of its spans."""
    session_id = f"session-{secrets.randbelow(SESSIONS)}"
    spans = [
        make_span(attributes=chat_attributes(session_id, [("user", secrets.token_hex(4))], "ok"))
        for _ in range(SPANS_PER_REQUEST)
    ]
    return pack(*spans), {span.span_id.hex() for span in spans}


def stored_spans(server: Server) -> Counter[str]:
    """Returns how often each span is shown, over all sessions."""
    listed = server.get_json("/api/v1/sessions", params={"limit": "500"})["sessions"]
    return Counter(
        span["span_id"]
        for session in listed
        for trace in server.open_session(session["session_id"], "spans")["traces"]
        for span in trace["spans"]
    )


@pytest.mark.timeout(180 + 30 * ROUNDS)
def test_every_acknowledged_span_is_there_once_after_sigkill(start: Start) -> None:
    acknowledged: set[str] = set()
    sent: set[str] = set()
    for number in range(ROUNDS):
        server = start()
        with Load(server) as load:
            time.sleep(
                1.0 + number * 0.7 % 3
            )  # the cut falls at another place of the loader's tick
            server.kill()
        acknowledged |= load.acknowledged
        sent |= load.sent
    server = start()
    stats = server.wait_derived()
    found = stored_spans(server)
    assert len(acknowledged) > 100
    missing = acknowledged - set(found)
    assert not missing, f"{len(missing)} of {len(acknowledged)} acknowledged spans are lost"
    assert set(found) <= sent
    assert set(found.values()) == {1}
    assert stats["spans"] == len(found)
    listed = server.get_json("/api/v1/sessions", params={"limit": "500"})["sessions"]
    assert sum(session["spans"] for session in listed) == len(found)
    server.stop()
