"""What every client says, and the way its script says it. Standard library only.

The scripts beside this file import it, in environments that have nothing of Parley. A script
defines `ask(chat, turn)`, which says one turn with its SDK and returns the answer, and calls
`hold(ask)` or `hold_async(ask)`.
"""

import asyncio
import json
import os
import sys
import threading
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, field
from typing import Any

PARLEY_URL = os.environ.get("LIVE_PARLEY_URL", "")
PARLEY_GRPC = os.environ.get("LIVE_PARLEY_GRPC", "")  # host:port
MODEL_URL = os.environ.get("LIVE_MODEL_URL", "")
NAME = os.environ.get("LIVE_NAME", "")  # of the client: begins each session's id
OPENAI_MODEL = "gpt-4o-mini"
CLAUDE_MODEL = "claude-haiku-4-5"
TOOL = "get_weather"
TOOL_WORDS = "Weather of a city"
TOOL_PARAMETERS = {
    "type": "object",
    "properties": {"city": {"type": "string"}},
    "required": ["city"],
    "additionalProperties": False,
}
OPENAI_TOOLS = [
    {
        "type": "function",
        "function": {"name": TOOL, "description": TOOL_WORDS, "parameters": TOOL_PARAMETERS},
    }
]
CLAUDE_TOOLS = [{"name": TOOL, "description": TOOL_WORDS, "input_schema": TOOL_PARAMETERS}]
HOME = ("127.0.0.1", "localhost", "::1", b"127.0.0.1", b"localhost", None, "")


@dataclass(frozen=True)
class Turn:
    """What a user says; `cities` are those whose weather the model looks up before it answers."""

    words: str
    answer: str
    cities: tuple[str, ...] = ()
    stream: bool = False
    fails: bool = False


CONVERSATIONS: dict[str, tuple[Turn, ...]] = {
    "tools": (
        Turn("Hello! Plan a day in Kyoto 🌸", "You said: Hello! Plan a day in Kyoto 🌸"),
        Turn(
            "And the weather? #call:get_weather(city=Kyoto) #call:get_weather(city=Nara)",
            "I found: 18 degrees in Kyoto; 18 degrees in Nara",
            cities=("Kyoto", "Nara"),
        ),
        Turn("ありがとう! In one line? #cached", "You said: ありがとう! In one line?", stream=True),
    ),
    "retry": (
        Turn("Tell me a story #fail:500", "", fails=True),
        Turn("Then tell me another story", "You said: Then tell me another story"),
    ),
    "left": (
        Turn("Are you there?", "You said: Are you there?"),
        Turn("yes", "You said: yes"),
        Turn("yes", "You said: yes"),
    ),
    "right": (
        Turn("Are you there?", "You said: Are you there?"),
        Turn("yes", "You said: yes"),
    ),
}
ONE_AFTER_ANOTHER = ("tools", "retry")
AT_ONCE = ("left", "right")


@dataclass
class Chat:
    """A conversation while it is held. `history` is the script's own, without the system prompt."""

    key: str
    history: list[Any] = field(default_factory=list)

    @property
    def session_id(self) -> str:
        return f"{NAME}-{self.key}"

    @property
    def user_id(self) -> str:
        return f"user-of-{self.key}"

    @property
    def system(self) -> str:
        """Holds the session's id, by which the model server's memory is told apart."""
        return f"Be brief in <{self.session_id}>."


def as_json() -> str:
    """Returns all that is said, for scripts of other languages."""
    said = {
        "conversations": {
            key: [asdict(turn) for turn in turns] for key, turns in CONVERSATIONS.items()
        },
        "one_after_another": ONE_AFTER_ANOTHER,
        "at_once": AT_ONCE,
        "tool": OPENAI_TOOLS[0]["function"],
        "model": OPENAI_MODEL,
    }
    return json.dumps(said)


def get_weather(city: str) -> str:
    """Weather of a city"""
    return f"18 degrees in {city}"


def check(chat: Chat, turn: Turn, said: str) -> None:
    """The script must have got what the model said, or the comparison means nothing."""
    if (said or "").strip() != turn.answer:
        raise SystemExit(f"{chat.key}: {turn.words!r} got {said!r}, not {turn.answer!r}")


def hold(ask: Callable[[Chat, Turn], str]) -> None:
    """Holds all conversations: some one after another, some at once in threads."""
    problems: list[BaseException] = []

    def converse(key: str, meet: Callable[[int], None]) -> None:
        chat = Chat(key)
        for place, turn in enumerate(CONVERSATIONS[key]):
            meet(place)
            try:
                said = ask(chat, turn)
            except Exception:
                if not turn.fails:
                    raise
            else:
                check(chat, turn, said)

    for key in ONE_AFTER_ANOTHER:
        converse(key, lambda place: None)
    both = threading.Barrier(len(AT_ONCE))
    shared = min(len(CONVERSATIONS[key]) for key in AT_ONCE)

    def meet(place: int) -> None:
        if place < shared:
            both.wait(30)

    def converse_or_abort(key: str) -> None:
        try:
            converse(key, meet)
        except BaseException as problem:
            problems.append(problem)
            both.abort()

    threads = [threading.Thread(target=converse_or_abort, args=[key]) for key in AT_ONCE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if problems:
        raise problems[0]


def hold_async(ask: Callable[[Chat, Turn], Awaitable[str]], *, before_end: float = 0.0) -> None:
    """Holds all conversations in one event loop, which ends some seconds after the last."""

    async def converse(key: str) -> None:
        chat = Chat(key)
        for turn in CONVERSATIONS[key]:
            try:
                said = await ask(chat, turn)
            except Exception:
                if not turn.fails:
                    raise
            else:
                check(chat, turn, said)

    async def all_of_them() -> None:
        for key in ONE_AFTER_ANOTHER:
            await converse(key)
        await asyncio.gather(*map(converse, AT_ONCE))
        await asyncio.sleep(before_end)

    asyncio.run(all_of_them())


def openai_client() -> Any:
    """Returns OpenAI's own client of the model server; it does not try again by itself."""
    from openai import OpenAI

    return OpenAI(base_url=f"{MODEL_URL}/v1", api_key="any", max_retries=0)


def ask_openai(
    client: Any,
    chat: Chat,
    turn: Turn,
    *,
    run_tool: Callable[[str], str] = get_weather,
    **options: Any,
) -> str:
    """Says a turn over chat completions, runs the tools that are called; returns the answer."""
    said = [*chat.history, {"role": "user", "content": turn.words}]
    while True:
        request = {
            "model": OPENAI_MODEL,
            "messages": [{"role": "system", "content": chat.system}, *said],
            **({"tools": OPENAI_TOOLS} if turn.cities else {}),
            **options,
        }
        if turn.stream:
            usage = {"include_usage": True}
            chunks = client.chat.completions.create(stream=True, stream_options=usage, **request)
            text = "".join(
                chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices
            )
            said.append({"role": "assistant", "content": text})
        else:
            message = client.chat.completions.create(**request).choices[0].message
            said.append({"role": "assistant", "content": message.content})
            if message.tool_calls:
                said[-1]["tool_calls"] = [
                    call.model_dump(exclude_none=True) for call in message.tool_calls
                ]
                for call in message.tool_calls:
                    result = run_tool(**json.loads(call.function.arguments))
                    said.append({"role": "tool", "tool_call_id": call.id, "content": result})
                continue
        chat.history = said
        return said[-1]["content"]


def ask_claude(
    client: Any, chat: Chat, turn: Turn, *, run_tool: Callable[[str], str] = get_weather
) -> str:
    """Says a turn over Anthropic's messages; returns the answer."""
    said = [*chat.history, {"role": "user", "content": turn.words}]
    while True:
        request = {
            "model": CLAUDE_MODEL,
            "max_tokens": 1000,
            "system": chat.system,
            "messages": said,
            **({"tools": CLAUDE_TOOLS} if turn.cities else {}),
        }
        if turn.stream:
            with client.messages.stream(**request) as stream:
                message = stream.get_final_message()
        else:
            message = client.messages.create(**request)
        blocks = [block.model_dump(exclude_none=True) for block in message.content]
        said.append({"role": "assistant", "content": blocks})
        called = [block for block in message.content if block.type == "tool_use"]
        if called:
            results = [
                {"type": "tool_result", "tool_use_id": call.id, "content": run_tool(**call.input)}
                for call in called
            ]
            said.append({"role": "user", "content": results})
            continue
        chat.history = said
        return "".join(block.text for block in message.content if block.type == "text")


def stay_at_home() -> None:
    """Refuses every connection that leaves this machine, and says so: no SDK calls its vendor."""

    def refuse_others(event: str, arguments: tuple[Any, ...]) -> None:
        host: Any = ""
        if event == "socket.getaddrinfo":
            host = arguments[0]
        elif event == "socket.connect" and isinstance(arguments[1], tuple):
            host = arguments[1][0]
        if host not in HOME:
            print(f"LEAK: {event} {host}", file=sys.stderr, flush=True)
            raise OSError(f"not at home: {host}")

    sys.addaudithook(refuse_others)


if NAME:  # a script of a client, not the test that imports this
    stay_at_home()
