"""Pages of what is not there, and the page of all patterns, as a browser asks for them."""

from urllib.parse import quote

import pytest

from parley.web.alike import alike_href
from parley.web.state import PageState
from tests.serving import Server
from tests.telemetry import chat

HTML = {"accept": "text/html"}


def test_an_id_that_comes_close_is_offered(server: Server) -> None:
    for name in ("ord-77120-chat", "ord-77121-chat", "rtm-ops-1"):
        server.post("/v1/traces", chat(name))
    server.wait_derived()
    found = server.get("/?open=ord-77120-chatt", headers=HTML)
    assert found.status_code == 404
    close = found.text.partition("lost__close")[2].partition("</p>")[0]
    assert "ord-77120-chat</a>, 1 turn, last active" in close
    assert "rtm-ops" not in close
    assert 'filter=session_id+~+%22ord-77120-chatt%22"' in found.text


@pytest.mark.parametrize("asked", ["x", 'quo"te\\and', "line\nbreak-and-more", "\x07bell-is-odd"])
def test_an_odd_id_is_said_to_be_lost_too(server: Server, asked: str) -> None:
    found = server.get(f"/?open={quote(asked)}", headers=HTML)
    assert found.status_code == 404
    assert "There is no session" in found.text


def test_the_page_of_patterns_shows_the_states(server: Server) -> None:
    text = server.get("/-/patterns", headers=HTML).text
    for part in ("no result recorded", "No answer was given", "sp-err", "rail--long", "so far"):
        assert part in text
    assert "/-/patterns" not in server.get("/", headers=HTML).text


@pytest.mark.parametrize(
    ("error", "asked"),
    [
        ("openai.RateLimitError: HTTP 429", "openai.RateLimitError"),
        ("the warehouse did not answer", "the warehouse did not answer"),
        ('said "no"\nand more', 'said \\"no\\"'),
        ("", None),
    ],
)
def test_a_failure_leads_to_sessions_that_failed_alike(error: str, asked: str | None) -> None:
    state = PageState(open="s", tab="traces", span="x", range="24h", now_ns=1)
    href = alike_href(error, state)
    if asked is None:
        assert href == ""
        return
    assert quote(f'turn.error ~ "{asked}"', safe="~").replace("%20", "+") in href
    assert "range=24h" in href
    assert "open=" not in href
