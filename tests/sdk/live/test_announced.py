"""The announced lines work as printed: what they say is in the session."""

from textwrap import dedent

import pytest

from tests.sdk.live.conftest import RunProgram
from tests.serving import Server

ANNOUNCED = """\
import agenta as ag

ag.init()

# Store session ID for all subsequent traces
ag.tracing.store_session(session_id="conversation_123")
"""
CHAT = """
from openai import OpenAI

client = OpenAI()
history = []
for text in ("Is anybody there?", "And now?"):
    history.append({"role": "user", "content": text})
    answer = client.chat.completions.create(model="gpt-4o-mini", messages=history)
    history.append({"role": "assistant", "content": answer.choices[0].message.content})
stream = client.chat.completions.create(
    model="gpt-4o-mini",
    messages=[*history, {"role": "user", "content": "Bye"}],
    stream=True,
    stream_options={"include_usage": True},
)
print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
"""
IN_A_TRACE = """
from openai import OpenAI

client = OpenAI()

@ag.instrument()
def answer(question: str) -> str:
    said = client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
    )
    return said.choices[0].message.content

answer("one")
answer("two")
"""
THREADS = """
import asyncio
from concurrent.futures import ThreadPoolExecutor
from openai import AsyncOpenAI, OpenAI

def ask(text):
    OpenAI().chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": text}]
    )

async def ask_both():
    async def ask(text):
        with ag.session(text):
            await AsyncOpenAI().chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": f"I am {text}"}]
            )
    await asyncio.gather(*(ask(f"task {number}") for number in range(5)))

with ThreadPoolExecutor(2) as pool:
    list(pool.map(ask, ["first", "second"]))
asyncio.run(ask_both())
"""


RUN = """\
import agenta as ag

agenta = ag.Agenta(api_key="your_api_key")

response = agenta.run(
    base_id="your_base_id",
    environment="production",
    inputs={
        "chat_history": [
            {"role": "user", "content": "What is the capital of France?"},
            {"role": "assistant", "content": "The capital of France is Paris."},
            {"role": "user", "content": "What is its population?"},
        ]
    },
    metadata={"ag.session.id": "conversation_123"},
)
print(response["message"])
"""


def test_the_announced_snippet_makes_a_session(server: Server, run_program: RunProgram) -> None:
    done = run_program(ANNOUNCED + CHAT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "BYE \n", "")
    server.wait_derived()
    found = server.open_session("conversation_123")
    session, turns = found["session"], found["turns"]
    assert [(turn["input"], turn["output"].strip()) for turn in turns] == [
        ("Is anybody there?", "IS ANYBODY THERE?"),
        ("And now?", "AND NOW?"),
        ("Bye", "BYE"),
    ]
    assert (session["turns"], session["traces"], session["llm_calls"]) == (3, 3, 3)
    assert (session["input_tokens"], session["output_tokens"]) == (36, 21)
    assert (session["usage_complete"], session["errors"]) == (True, 0)
    assert session["cost_usd"] is not None
    assert session["cost_usd"] > 0
    assert session["session_source"] == "ag.session.id"
    said = server.open_session("conversation_123", "transcript")["turns"]
    texts = [message["text"].strip() for turn in said for message in turn["messages"]]
    assert texts == ["Is anybody there?", "IS ANYBODY THERE?", "And now?", "AND NOW?", "Bye", "BYE"]
    listed = server.get_json("/api/v1/sessions")["sessions"]
    assert [item["session_id"] for item in listed] == ["conversation_123"]


def test_the_announced_run_makes_a_session(
    server: Server, run_program: RunProgram, model: str
) -> None:
    prompt = {
        "model": "openai:gpt-4o-mini",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "history"}],
    }
    for method, path, body in (
        ("PUT", "provider-keys", {"provider": "openai", "api_key": "sk-any", "base_url": model}),
        ("POST", "prompts", {"slug": "your_base_id"}),
        ("POST", "prompts/your_base_id/versions", {"prompt": prompt, "deploy_to": "production"}),
    ):
        headers = {"x-parley-project": server.project}
        address = f"{server.url}/api/v1/{path}"
        answer = server.client.request(method, address, json=body, headers=headers)
        assert answer.is_success, answer.text
    done = run_program(RUN)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "WHAT IS ITS POPULATION?\n"
    server.wait_derived()
    found = server.open_session("conversation_123")
    session, (turn,) = found["session"], found["turns"]
    assert (turn["input"], turn["output"]) == (
        "What is its population?",
        "WHAT IS ITS POPULATION?",
    )
    assert (session["turns"], session["llm_calls"], session["errors"]) == (1, 1, 0)
    assert (session["input_tokens"], session["output_tokens"]) == (12, 7)
    assert session["cost_usd"] == pytest.approx(12 * 0.15e-6 + 7 * 0.6e-6)
    assert session["session_source"] == "ag.session.id"
    (told,) = server.open_session("conversation_123", "transcript")["turns"]
    assert [(m["role"], m["text"], m["folded"]) for m in told["messages"]] == [
        ("system", "Be brief.", False),
        ("user", "What is the capital of France?", True),
        ("assistant", "The capital of France is Paris.", True),
        ("user", "What is its population?", False),
        ("assistant", "WHAT IS ITS POPULATION?", False),
    ]


def test_a_function_is_a_turn_with_its_calls_within(
    server: Server, run_program: RunProgram
) -> None:
    done = run_program(ANNOUNCED + IN_A_TRACE)
    assert (done.returncode, done.stderr) == (0, "")
    server.wait_derived()
    found = server.open_session("conversation_123")
    assert [(turn["input"], turn["output"]) for turn in found["turns"]] == [
        ("one", "ONE"),
        ("two", "TWO"),
    ]
    assert (found["session"]["spans"], found["session"]["input_tokens"]) == (4, 24)


def test_threads_and_tasks_find_their_session(server: Server, run_program: RunProgram) -> None:
    done = run_program(ANNOUNCED + THREADS)
    assert (done.returncode, done.stderr) == (0, "")
    server.wait_derived()
    inputs = {
        item["session_id"]: [
            turn["input"] for turn in server.open_session(item["session_id"])["turns"]
        ]
        for item in server.get_json("/api/v1/sessions")["sessions"]
    }
    assert sorted(inputs.pop("conversation_123")) == ["first", "second"]
    assert inputs == {f"task {n}": [f"I am task {n}"] for n in range(5)}


def test_a_failed_call_is_a_failed_turn(server: Server, run_program: RunProgram) -> None:
    code = """
    from openai import OpenAI, OpenAIError
    try:
        OpenAI().chat.completions.create(
            model="broken", messages=[{"role": "user", "content": "hello"}]
        )
    except OpenAIError as error:
        print(type(error).__name__)
    """
    done = run_program(ANNOUNCED + dedent(code))
    assert (done.returncode, done.stdout) == (0, "BadRequestError\n"), done.stderr
    server.wait_derived()
    assert server.open_session("conversation_123")["session"]["errors"] == 1


READS = """
import agenta as ag
from agenta import errors

client = ag.Agenta()
page = client.sessions.list(limit=1, sort="-started_at")
print(page["total"], page["sessions"][0]["session_id"])
print(client.sessions.list(since="2020-01-01", until="2020-01-02")["total"])
print(client.sessions.get("a/b ü")["session"]["turns"])
print(client.sessions.transcript("a/b ü")["turns"][0]["messages"][0]["text"])
for ask in (
    lambda: client.sessions.get("nobody"),
    lambda: client.sessions.list(limit=0),
):
    try:
        ask()
    except errors.RequestRefused as error:
        print(type(error).__name__, error.status, error.field)
"""


def test_sessions_are_read_through_the_client(server: Server, run_program: RunProgram) -> None:
    done = run_program(ANNOUNCED.replace("conversation_123", "a/b ü") + CHAT)
    assert done.returncode == 0, done.stderr
    server.wait_derived()
    done = run_program(READS)
    assert done.stderr == ""
    assert done.stdout.splitlines() == [
        "1 a/b ü",
        "0",
        "3",
        "Is anybody there?",
        "NotFound 404 id",
        "InvalidRequest 400 limit",
    ]


@pytest.mark.parametrize("key", ["right", "wrong"])
def test_a_server_with_a_token_wants_the_key(
    start: object, run_program: RunProgram, key: str
) -> None:
    guarded: Server = start("--token", "right")  # type: ignore[operator]
    code = ANNOUNCED + CHAT + "\nprint(len(ag.Agenta().sessions.list()['sessions']) >= 0)\n"
    done = run_program(code, AGENTA_HOST=guarded.url, AGENTA_API_KEY=key, PARLEY_PROJECT="default")
    if key == "wrong":
        assert "agenta.errors.Unauthorized" in done.stderr
        assert "3 spans were not delivered" in done.stderr
        return
    assert (done.returncode, done.stderr) == (0, "")


SERVER_APP = """
import agenta as ag
import asyncio, sys
import httpx, uvicorn
from openai import AsyncOpenAI

ag.init()
client = AsyncOpenAI()

async def app(scope, receive, send):
    assert scope["type"] == "http"
    name = scope["path"].strip("/")
    if not name.startswith("none"):
        ag.tracing.store_session(session_id=name)  # and nothing takes it back
    await asyncio.sleep(0.005)
    await client.chat.completions.create(
        model="gpt-4o-mini", messages=[{"role": "user", "content": f"I am {name}"}]
    )
    await asyncio.to_thread(lambda: ag.instrument(name="in a thread")(lambda: None)())
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})

async def main():
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error", lifespan="off"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    async def browser(number):
        # one connection for one user after the other
        async with httpx.AsyncClient(trust_env=False) as http:
            for name in (f"s{number}a", f"none{number}", f"s{number}b"):
                answer = await http.get(f"http://127.0.0.1:{port}/{name}")
                assert answer.status_code == 200
    await asyncio.gather(*(browser(number) for number in range(20)))
    server.should_exit = True
    await serving

asyncio.run(main())
"""


def test_requests_of_an_asgi_server_never_mix_sessions(
    server: Server, run_program: RunProgram, request: pytest.FixtureRequest
) -> None:
    if "installed" in request.node.name:
        pytest.skip("uvicorn is in the development environment only, where this test also runs")
    done = run_program(SERVER_APP)
    assert (done.returncode, done.stderr) == (0, "")
    server.wait_derived()
    listed = server.get_json("/api/v1/sessions?limit=500")["sessions"]
    assert {item["session_id"] for item in listed} == {
        f"s{number}{which}" for number in range(20) for which in "ab"
    }
    for item in listed:
        # The model's call, and what was done in a thread.
        assert (item["traces"], item["spans"]) == (2, 2)
        assert item["first_input"] == f"I am {item['session_id']}"
    assert server.get_json("/api/v1/stats")["spans"] == 20 * 3 * 2
