"""`ag.Agenta` keeps its half of sdk/CONTRACT.md; the other half is contract_server.py."""

import asyncio
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import agenta as ag
import pytest
from agenta import errors
from opentelemetry import trace

from tests.sdk.contract_server import TRACE_ID, Contract, keeping_the_contract

HISTORY = [{"role": "user", "content": "Hello, wörld!"}]
CONTRACT_PAGE = Path(__file__).parent.parent.parent / "sdk" / "CONTRACT.md"


@pytest.fixture
def contract() -> Iterator[Contract]:
    with keeping_the_contract() as found:
        yield found


@pytest.fixture
def client(contract: Contract) -> ag.Agenta:
    return ag.Agenta(api_key="key", host=contract.url)


def test_the_announced_call_returns_the_message(contract: Contract) -> None:
    agenta = ag.Agenta(api_key="your-api-key", host=contract.url)
    response = agenta.run(
        base_id="my-app",
        environment="production",
        inputs={"chat_history": HISTORY},
        metadata={"ag.session.id": "conversation_123"},
    )
    assert response["message"] == "You said: Hello, wörld!"
    assert response == {
        "message": "You said: Hello, wörld!",
        "usage": {"input_tokens": 12, "output_tokens": 7, "total_tokens": 19},
        "cost_usd": None,
        "trace_id": TRACE_ID,
        "session_id": "conversation_123",
        "version": 3,
        "finish_reason": "stop",
    }
    headers, body = contract.asked[0]
    assert headers["authorization"] == "ApiKey your-api-key"
    assert body == {
        "base_id": "my-app",
        "environment": "production",
        "inputs": {"chat_history": HISTORY},
        "metadata": {"ag.session.id": "conversation_123"},
    }


def test_the_page_of_the_contract_shows_what_is_sent_and_answered(
    contract: Contract, client: ag.Agenta
) -> None:
    blocks = [
        json.loads(b) for b in re.findall(r"```json\n(.*?)```", CONTRACT_PAGE.read_text(), re.S)
    ]
    request, answer, error = blocks
    stream = client.run(**request)
    assert list(stream)
    assert contract.asked[-1][1] == request
    assert stream.answer is not None
    assert answer.keys() == ag.ChatAnswer.__annotations__.keys()
    assert answer.keys() <= stream.answer.keys()
    refused = errors.refusal(422, json.dumps(error).encode(), {})
    assert (refused.field, refused.code) == ("inputs.tone", "unprocessable_entity")
    page = CONTRACT_PAGE.read_text()
    for status, kind in errors.BY_STATUS.items():
        assert re.search(rf"\| [^|]*{status}[^|]* \| `{kind.__name__}`", page)


def test_session_user_and_trace_of_the_caller_go_along(
    contract: Contract, client: ag.Agenta, started: object
) -> None:
    tracer = trace.get_tracer("tests")
    with ag.session("from context", user_id="ann"), tracer.start_as_current_span("caller") as span:
        answer = client.run(base_id="a", inputs={"chat_history": HISTORY})
        trace_id = f"{span.get_span_context().trace_id:032x}"
        other = client.run(
            base_id="a", inputs={"chat_history": HISTORY}, metadata={"ag.session.id": 7, "x": [1]}
        )
    assert (answer["session_id"], answer["trace_id"]) == ("from context", trace_id)
    assert other["session_id"] == "7"
    headers, body = contract.asked[0]
    assert "ag.user.id=ann" in headers["baggage"]
    assert body["environment"] == "production"
    assert contract.asked[1][1]["metadata"] == {"ag.session.id": "7", "x": [1]}
    assert client.run(base_id="a", inputs={"chat_history": HISTORY})["session_id"] == "minted"


def test_a_stream_gives_pieces_and_then_the_answer(client: ag.Agenta) -> None:
    with client.run(base_id="a", inputs={"chat_history": HISTORY}, stream=True) as stream:
        pieces = []
        for piece in stream:
            assert stream.answer is None
            pieces.append(piece)
    assert pieces == ["You ", "said: ", "Hello, ", "wörld! "]
    assert stream.answer is not None
    assert stream.answer["version"] == 3
    assert list(stream) == []


def test_an_async_program_does_not_wait_for_one_after_the_other(client: ag.Agenta) -> None:
    async def everything() -> tuple[list[Any], list[str], Any]:
        async def slow() -> str:
            async with await client.arun(
                base_id="slow", inputs={"chat_history": HISTORY}, stream=True
            ) as stream:
                return "".join([piece async for piece in stream])

        started = time.monotonic()
        texts = await asyncio.gather(*(slow() for _ in range(20)))
        assert time.monotonic() - started < 20 * 4 * 0.3 / 2
        answers = await asyncio.gather(
            *(
                client.arun(
                    base_id="a",
                    inputs={"chat_history": HISTORY},
                    metadata={"ag.session.id": f"s{n}"},
                )
                for n in range(30)
            )
        )
        return answers, texts, None

    answers, texts, _ = asyncio.run(everything())
    assert [answer["session_id"] for answer in answers] == [f"s{n}" for n in range(30)]
    assert set(texts) == {"You said: Hello, wörld! "}


@pytest.mark.parametrize(
    ("base", "kind", "status", "code", "field"),
    [
        ("nobody", errors.NotFound, 404, "not_found", "base_id"),
        ("keyless", errors.MissingProviderKey, 424, "failed_dependency", None),
        ("busy", errors.TooManyRequests, 429, "too_many_requests", None),
        ("broken", errors.ServerFailed, 502, "bad_gateway", None),
        ("teapot", errors.RequestRefused, 418, "teapot", None),
    ],
)
def test_refusals_have_a_type_and_say_what_is_to_blame(
    client: ag.Agenta, base: str, kind: type[Exception], status: int, code: str, field: str | None
) -> None:
    for ask in (
        lambda: client.run(base_id=base),
        lambda: client.run(base_id=base, stream=True),
        lambda: asyncio.run(client.arun(base_id=base)),
        lambda: asyncio.run(client.arun(base_id=base, stream=True)),
    ):
        with pytest.raises(errors.RequestRefused) as caught:
            ask()
        error = caught.value
        assert type(error) is kind
        assert (error.status, error.code, error.field) == (status, code, field)
        assert error.retry_after_s == (7.0 if status == 429 else None)
        assert error.message in str(error)


def test_missing_inputs_and_wrong_keys_are_named(contract: Contract, client: ag.Agenta) -> None:
    with pytest.raises(errors.InvalidRequest) as invalid:
        client.run(base_id="a", inputs={"other": 1})
    assert invalid.value.field == "inputs.chat_history"
    with pytest.raises(errors.Unauthorized):
        ag.Agenta(api_key="wrong", host=contract.url).run(base_id="a")


def test_a_stream_that_fails_or_is_cut_off_raises(client: ag.Agenta) -> None:
    asked = {"inputs": {"chat_history": HISTORY}, "stream": True}

    async def all_of(base: str) -> None:
        async for _ in await client.arun(base_id=base, **asked):
            pass

    for run in (
        lambda base: list(client.run(base_id=base, **asked)),
        lambda b: asyncio.run(all_of(b)),
    ):
        with pytest.raises(errors.ServerFailed, match="it broke"):
            run("failing")
        with pytest.raises((errors.BadAnswer, errors.Unreachable)):
            run("cut")


@pytest.mark.parametrize(("base", "words"), [("html", "expected JSON"), ("odd", "lacks usage")])
def test_an_answer_that_breaks_the_contract_raises(
    client: ag.Agenta, base: str, words: str
) -> None:
    with pytest.raises(errors.BadAnswer, match=words):
        client.run(base_id=base, inputs={"chat_history": HISTORY})
    with pytest.raises(errors.BadAnswer, match=words):
        asyncio.run(client.arun(base_id=base, inputs={"chat_history": HISTORY}))


def test_silence_and_absence_have_a_type(contract: Contract) -> None:
    hasty = ag.Agenta(host=contract.url, timeout_s=0.2)
    nobody = ag.Agenta(host="http://127.0.0.1:9")
    asked: Any = {"base_id": "silent", "inputs": {"chat_history": HISTORY}}
    for run in (lambda c: c.run(**asked), lambda c: asyncio.run(c.arun(**asked))):
        with pytest.raises(errors.TimedOut, match=r"POST http.*/chat/run: no answer within 0.2 s"):
            run(hasty)
        with pytest.raises(errors.Unreachable, match=r"Connect"):
            run(nobody)
    assert issubclass(errors.TimedOut, errors.Unreachable)


def test_a_server_that_speaks_something_else_is_no_hang() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        import threading

        def speak() -> None:
            for _ in range(2):
                connection, _ = listening.accept()
                connection.recv(65536)
                connection.sendall(b"220 mail.example ESMTP\r\n")
                connection.close()

        threading.Thread(target=speak, daemon=True).start()
        client = ag.Agenta(host=f"http://127.0.0.1:{listening.getsockname()[1]}")
        with pytest.raises(errors.AgentaError):
            client.run(base_id="a")
        with pytest.raises(errors.AgentaError):
            asyncio.run(client.arun(base_id="a"))


def test_leaving_a_stream_closes_the_connection(contract: Contract, client: ag.Agenta) -> None:
    asked: Any = {"base_id": "slow", "inputs": {"chat_history": HISTORY}, "stream": True}
    with client.run(**asked) as stream:
        next(stream)

    async def cancelled() -> None:
        async def read() -> None:
            async for _ in await client.arun(**asked):
                pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(cancelled())
    deadline = time.monotonic() + 10
    while len(contract.gone) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert contract.gone == ["slow", "slow"]


def test_a_header_cannot_be_smuggled_in(contract: Contract) -> None:
    client = ag.Agenta(api_key="a\r\nx-evil: 1", host=contract.url)
    with pytest.raises(ValueError, match=r"line break|header value"):
        client.run(base_id="a")
    with pytest.raises(ValueError, match="line break"):
        asyncio.run(client.arun(base_id="a"))
