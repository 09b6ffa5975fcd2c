"""The Python of the empty page works as it is copied from there."""

import html
import re

from tests.sdk.live.conftest import RunProgram
from tests.serving import Server, Start


def shown_python(server: Server, **headers: str) -> str:
    """Returns the first piece of code on the empty page, as a browser copies it."""
    page = server.get("/", headers=headers).text
    code = re.search(r"<pre.*?>(.*?)</pre>", page.split('class="snips"')[1], re.S)
    assert code is not None
    return html.unescape(re.sub(r"<[^>]+>", "", code[1]))


def assert_it_makes_the_session(server: Server, code: str, run_program: RunProgram) -> None:
    done = run_program(code, AGENTA_HOST="", PARLEY_PROJECT="")
    assert (done.returncode, done.stderr) == (0, "")
    headers = {"authorization": "Bearer secret"}
    found = server.get("/api/v1/sessions", headers=headers).json()["sessions"]
    while not found:  # the test's own time limit ends it
        found = server.get("/api/v1/sessions", headers=headers).json()["sessions"]
    assert [(item["session_id"], item["first_input"], item["last_output"]) for item in found] == [
        ("chat-42", "Hello, is anybody there?", "Yes. Loud and clear.")
    ]


def test_the_python_of_the_empty_page_works(server: Server, run_program: RunProgram) -> None:
    code = shown_python(server)
    assert f'host="{server.url}", project="{server.project}"' in code
    assert_it_makes_the_session(server, code, run_program)


def test_it_names_the_token_where_one_is_needed(start: Start, run_program: RunProgram) -> None:
    guarded = start("--token", "secret")
    text = shown_python(guarded, authorization="Bearer secret")
    assert 'api_key="YOUR_TOKEN"' in text
    assert_it_makes_the_session(guarded, text.replace("YOUR_TOKEN", "secret"), run_program)
