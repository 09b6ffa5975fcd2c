"""While loading and derivation run beside each other, neither overlooks what the other does."""

from bench.load import Sending, send
from bench.spans import PROFILES, SPANS_PER_TRACE, TURNS

from tests.serving import Server

SECONDS = 2.0


def test_every_acknowledged_trace_is_in_its_session(server: Server) -> None:
    """Rows of one insert do not appear in all tables at once: work may be seen before its spans."""
    headers = {"x-parley-project": server.project}
    sending = Sending(profile=PROFILES["protobuf"], seconds=SECONDS, connections=3, headers=headers)
    sent = send(server.url, sending)
    stats = server.wait_derived(seconds=120)
    assert stats["spans"] == sent.spans
    size = SPANS_PER_TRACE * TURNS
    assert stats["sessions"] == sent.spans // size
    page = server.get_json("/api/v1/sessions?limit=500&sort=spans")
    assert {session["spans"] for session in page["sessions"]} == {size}
