"""What the model answers to what it heard: pure functions of the words.

Nothing here knows a wire format.
"""

import json
import re
from dataclasses import dataclass, field

__all__ = [
    "Answer",
    "Call",
    "Failure",
    "Heard",
    "Said",
    "Script",
    "Usage",
    "answer",
    "count_tokens",
]

DIRECTIVE = re.compile(r"#([a-z]+)(?::([\w.-]+))?(?:\(([^)]*)\))?")
RETRY_AFTER_SECONDS = 1
# The name under which a model answers, as providers do who pin an alias to a day.
ANSWERED_AS = {
    "gpt-4o-mini": "gpt-4o-mini-2024-07-18",
    "gpt-4o": "gpt-4o-2024-08-06",
    "claude-haiku-4-5": "claude-haiku-4-5-20251001",
}


@dataclass(frozen=True)
class Said:
    """One message heard. role: system, user, assistant or tool (a result)."""

    role: str
    text: str


@dataclass(frozen=True)
class Heard:
    """A request, whatever format it came in."""

    model: str
    messages: tuple[Said, ...]
    has_tools: bool = False
    stream: bool = False
    wants_usage: bool = True  # OpenAI sends a stream's usage only when asked
    header: str = ""  # what x-model-script said

    @property
    def question(self) -> str:
        """The last user message."""
        return next((said.text for said in reversed(self.messages) if said.role == "user"), "")

    @property
    def results(self) -> tuple[str, ...]:
        """Tool results since the last user message."""
        found: list[str] = []
        for said in reversed(self.messages):
            if said.role == "user":
                break
            if said.role == "tool":
                found.insert(0, said.text)
        return tuple(found)

    @property
    def system(self) -> str:
        """All system text."""
        return "\n".join(said.text for said in self.messages if said.role == "system")


@dataclass(frozen=True)
class Call:
    """A tool call."""

    id: str
    name: str
    arguments: str  # JSON text


@dataclass(frozen=True)
class Usage:
    """Tokens; input includes cached, output includes reasoning."""

    input: int
    output: int
    cached: int = 0
    reasoning: int = 0


@dataclass(frozen=True)
class Answer:
    """What the model says."""

    usage: Usage
    text: str = ""
    reasoning: str = ""
    refusal: str = ""
    calls: tuple[Call, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A request refused: an HTTP status and the words that go with it."""

    status: int
    message: str
    retry_after_seconds: int | None = None


@dataclass(frozen=True)
class Script:
    """What a question asks for beyond an answer.

    `#fail:500` any status of 400, 401, 429, 500, 503; `#fail:hang` never answers.
    `#fail:500(once)` fails at the first hearing only. `#break` ends a stream in its middle.
    `#call:name(city=Kyoto,unit=C)` calls a tool; several of them, several at once.
    `#reason` thinks first; `#refuse` declines. `#words:200` answers at length.
    `#cached` reads all before the question from the cache.
    `#slow:0.5` waits that many seconds before it answers, `#drip:0.1` before each piece.
    """

    fail: str = ""
    fails_once: bool = False
    breaks: bool = False
    calls: tuple[tuple[str, str], ...] = ()
    reasons: bool = False
    refuses: bool = False
    words: int = 0
    is_cached: bool = False
    wait_seconds: float = 0.0
    drip_seconds: float = 0.0
    unknown: tuple[str, ...] = field(default=())


def read_script(heard: Heard) -> Script:
    """Returns what the header, the model's name and the question ask for, together."""
    named = "".join(f" #{word}" for word in heard.model.split("+")[1:])
    header = "".join(f" #{word}" for word in heard.header.split())
    said: dict[str, list[tuple[str, str]]] = {}
    for name, value, inside in DIRECTIVE.findall(f"{heard.question}{named}{header}"):
        said.setdefault(name, []).append((value, inside))

    def value_of(name: str, otherwise: str) -> str:
        return said.get(name, [(otherwise, "")])[-1][0]

    known = {"fail", "break", "call", "reason", "refuse", "words", "cached", "slow", "drip"}
    return Script(
        fail=value_of("fail", ""),
        fails_once=("fail" in said and said["fail"][-1][1] == "once"),
        breaks="break" in said,
        calls=tuple((name, read_arguments(inside)) for name, inside in said.get("call", [])),
        reasons="reason" in said,
        refuses="refuse" in said,
        words=int(value_of("words", "0")),
        is_cached="cached" in said,
        wait_seconds=float(value_of("slow", "0")),
        drip_seconds=float(value_of("drip", "0")),
        unknown=tuple(sorted(said.keys() - known)),
    )


def read_arguments(inside: str) -> str:
    """Returns `city=Kyoto,unit=C` as JSON text."""
    pairs = [pair.partition("=") for pair in inside.split(",") if pair]
    return json.dumps({name.strip(): value.strip() for name, _, value in pairs})


def count_tokens(*texts: str) -> int:
    """Returns the tokens of texts: their words."""
    return sum(len(text.split()) for text in texts)


def answer(heard: Heard, script: Script) -> Answer:
    """Returns the answer that belongs to a question."""
    reasoning = f"Let me think about {heard.question}" if script.reasons else ""
    calls = script.calls if heard.has_tools and not heard.results else ()
    spoken, refusal = words_of(heard, script), ""
    if calls:
        spoken = ""
    elif script.refuses:
        spoken, refusal = "", "I cannot help with that."
    made = tuple(
        Call(id=f"call_{place}_{name}", name=name, arguments=arguments)
        for place, (name, arguments) in enumerate(calls)
    )
    before = [said.text for said in heard.messages]
    if heard.question:
        before = before[: len(before) - before[::-1].index(heard.question) - 1]
    thought = count_tokens(reasoning)
    usage = Usage(
        input=count_tokens(*(said.text for said in heard.messages)),
        output=thought
        + count_tokens(spoken, refusal)
        + sum(1 + count_tokens(call.arguments) for call in made),
        cached=count_tokens(*before) if script.is_cached else 0,
        reasoning=thought,
    )
    return Answer(text=spoken, reasoning=reasoning, refusal=refusal, calls=made, usage=usage)


def words_of(heard: Heard, script: Script) -> str:
    """Returns the text of an answer."""
    if script.words:
        return " ".join(f"word{place}" for place in range(script.words))
    if heard.results:
        return f"I found: {'; '.join(heard.results)}"
    return f"You said: {DIRECTIVE.sub('', heard.question).strip()}"


def failure_of(script: Script) -> Failure | None:
    """Returns the refusal that a script asks for by its status."""
    if not script.fail.isdigit():
        return None
    status = int(script.fail)
    words = {
        400: "The request was not understood.",
        401: "Incorrect API key provided.",
        429: "Rate limit reached.",
        503: "The engine is overloaded.",
    }.get(status, "The server had an error.")
    return Failure(status, words, RETRY_AFTER_SECONDS if status in (429, 503) else None)
