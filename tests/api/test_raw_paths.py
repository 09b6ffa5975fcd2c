"""A session id may hold any character; the path carries it unharmed."""

from urllib.parse import quote

import pytest

from parley.api.raw_paths import query_form
from tests.serving import Server
from tests.telemetry import chat

HARD_IDS = [
    "a/b",
    "/",
    "x/transcript",
    "x/spans",
    "50%2Fnot-a-slash",
    "%",
    "+",
    "a+b c",
    "a&part=spans",
    "a=b;c?d#e",
    'it\'s "quoted" \\ back',
    "emoji \U0001f99c\U0001f3fd\u200d\u2640 and \u202e right to left",
    "line\nfeed\r\tand tab",
    "null\x00byte",
    "transcript",
    "..a",
    ".",
    "..",
    "<script>alert(1)</script>",
    "'; DROP TABLE spans; --",
    "{id:String}",
    "日本語" * 20,
    "long-" + "x" * 10_000,
    "long emoji " + "🦜" * 2_500,
]


@pytest.mark.parametrize("session_id", HARD_IDS, ids=[repr(item[:24]) for item in HARD_IDS])
def test_any_id_opens_by_path_and_by_query(server: Server, session_id: str) -> None:
    assert server.post("/v1/traces", chat(session_id)).status_code == 200
    server.wait_derived()
    listed = server.get_json("/api/v1/sessions")["sessions"]
    assert [item["session_id"] for item in listed] == [session_id]
    by_query = server.get_json("/api/v1/session", params={"id": session_id})
    assert by_query["session"]["session_id"] == session_id
    if session_id not in {".", ".."}:  # clients collapse these in paths; the query form is theirs
        assert server.open_session(session_id) == by_query
        for part in ("transcript", "spans"):
            assert server.open_session(session_id, part) == server.get_json(
                "/api/v1/session", params={"id": session_id, "part": part}
            )


@pytest.mark.parametrize(
    ("rest", "query", "expected"),
    [
        (b"a%2Fb", b"", b"id=a%2Fb"),
        (b"a/transcript", b"", b"id=a&part=transcript"),
        (b"a%2Ftranscript", b"", b"id=a%2Ftranscript"),
        (b"a%252Fb", b"", b"id=a%252Fb"),
        (b"a+b&c=d", b"project=p", b"id=a%2Bb%26c%3Dd&project=p"),
        (b"", b"", b"id="),
        (b"a/", b"", b"id=a&part="),
        (b"a/b/c", b"", b"id=a&part=b%2Fc"),
    ],
)
def test_the_raw_path_becomes_the_query_form(rest: bytes, query: bytes, expected: bytes) -> None:
    assert query_form(rest, query) == expected


def test_a_path_and_its_parts_are_told_apart(server: Server) -> None:
    for session_id in ("x", "x/transcript"):
        server.post("/v1/traces", chat(session_id, question=f"I am {session_id}"))
    server.wait_derived()
    assert server.get_json("/api/v1/sessions/x/transcript")["session"]["session_id"] == "x"
    opened = server.get_json(f"/api/v1/sessions/{quote('x/transcript', safe='')}")
    assert opened["session"]["session_id"] == "x/transcript"
    assert opened["turns"][0]["input"] == "I am x/transcript"
