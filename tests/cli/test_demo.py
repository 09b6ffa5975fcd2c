"""`parley demo`: living sessions in a server that a newcomer has just started."""

import time

from tests.serving import Server, Start

HISTORY_SECONDS = 60.0
LIVE_SECONDS = 30.0


def wait_for_history(server: Server) -> int:
    """Returns the number of sessions once the history was sent and derived."""
    mark = server.data / "demo-history"
    deadline = time.monotonic() + HISTORY_SECONDS
    before, steady = -1, 0
    while steady < 10:
        assert time.monotonic() < deadline, server.log.read_text()[-2000:]
        is_sent = mark.exists() and mark.read_text() == "complete"
        total = server.get_json("/api/v1/sessions?limit=1")["total"]
        # Live sessions go on coming; the history comes by the hundred.
        steady = steady + 1 if is_sent and before > 0 and total - before < 5 else 0
        before = total
        time.sleep(0.2)
    return before


def test_the_demo_shows_history_once_and_then_lives_on(start: Start) -> None:
    server = start(name="demo")
    wait_for_history(server)
    before = server.get_json("/api/v1/sessions?limit=500")
    assert before["total"] >= 100
    assert any(session["errors"] for session in before["sessions"])
    assert any(session["turns"] > 20 for session in before["sessions"])
    assert {session["session_source"] for session in before["sessions"]} >= {
        "gen_ai.conversation.id",
        "session.id",
    }
    deadline = time.monotonic() + LIVE_SECONDS
    newest = before["sessions"][0]["last_activity_at"]
    while server.get_json("/api/v1/sessions?limit=1")["sessions"][0]["last_activity_at"] <= newest:
        assert time.monotonic() < deadline, "nothing arrived any more"
        time.sleep(0.2)
    assert server.stop() == 0
    again = start(name="demo")
    after = wait_for_history(again)
    assert before["total"] <= after < before["total"] * 1.5  # live ones more, no second history
