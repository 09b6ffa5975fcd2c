"""The shape of the conversation files, and their reader."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Literal, TypeVar

import msgspec
from msgspec import Struct, field

from parley.demo.errors import ScriptError

__all__ = ["App", "Cast", "Failure", "Model", "Script", "Step", "Tool", "Turn", "read_cast"]

T = TypeVar("T")


class Model(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One model: who serves it, how fast it is, what it costs per million tokens (or nothing)."""

    provider: str  # gen_ai.provider.name
    system: str  # llm.system of OpenInference
    response: str  # the name that the provider answers with
    first_token_ms: float
    tokens_per_second: float
    reasoning: float = 0.0  # reasoning tokens per token of visible answer
    caches: Literal["", "prefix", "explicit"] = ""
    usd_input: float | None = None
    usd_output: float | None = None


class Failure(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way to fail. `message` may name @{model}."""

    type: str
    message: str
    ms: float
    stack: str


class Tool(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A tool that an application offers; `parameters` maps names to JSON types."""

    description: str
    parameters: dict[str, str] = field(default_factory=dict)


class App(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One application of the demo company: its service, prompt and tools."""

    service: str
    version: str
    dialect: Literal["genai", "openinference", "agenta"]
    system: str
    name: str
    streams: bool = True
    tools: dict[str, Tool] = field(default_factory=dict)


class Step(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One thing that happens before the answer: a tool, a retrieval or a failed model call.

    `say` is what the model writes beside the tool call; `together` puts the tool into the same
    model call as the one before it.
    """

    tool: str = ""
    args: dict[str, Any] = field(default_factory=dict)
    result: Any = None
    error: str = ""  # name of a Failure
    ms: float = 0.0
    say: str = ""
    together: bool = False
    retrieve: str = ""
    found: list[list[str]] = field(default_factory=list)  # [title, text] pairs
    fail: str = ""  # name of a Failure of the model call


class Turn(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One message of a user and what follows. Without `answer` the last step's error ends it."""

    user: str
    answer: str = ""
    steps: list[Step] = field(default_factory=list)
    gap_minutes: float = 0.0  # how long the user was away before
    model: str = ""
    slow: float = 1.0  # factor on the model's time


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One hand-written conversation and what may vary when it is cast again."""

    id: str
    app: str
    sessions: int  # how often it occurs in the history
    models: list[str]
    users: list[str]
    session: str  # pattern of the session id
    turns: list[Turn] = field(default_factory=list, name="turn")
    exchanges: list[tuple[str, str]] = field(default_factory=list)  # short form of turns
    # Other words for the first message; with an answer of its own the conversation ends there.
    openings: list[str | tuple[str, str]] = field(default_factory=list)
    fill: dict[str, list[str]] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    metadata: dict[str, str] = field(default_factory=dict)
    environments: list[str] = field(default_factory=lambda: ["production"])
    trace: Literal["turn", "call", "session"] = "turn"  # what one trace holds
    keep: int = 0  # turns that every variant has; 0 = all
    system: str = ""  # replaces the prompt of the application
    live: bool = True

    def all_turns(self) -> list[Turn]:
        """Returns the turns of both forms, the long form first."""
        return [*self.turns, *(Turn(user=user, answer=answer) for user, answer in self.exchanges)]


class Cast(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that the files say."""

    models: dict[str, Model]
    failures: dict[str, Failure]
    apps: dict[str, App]
    scripts: list[Script] = field(default_factory=list)


class _ScriptFile(Struct, frozen=True, forbid_unknown_fields=True):
    script: list[Script]


@cache
def read_cast() -> Cast:
    """Returns the applications, models and scripts of the package, checked against each other.

    Raises:
        ScriptError: a file is no TOML, has an unknown field, or names something undefined.
    """
    folder = files("parley.demo")
    cast = _decode((folder / "cast.toml").read_bytes(), Cast, "cast.toml")
    scripts: list[Script] = []
    themes = (folder / "conversations").iterdir()
    for theme in sorted((entry for entry in themes if entry.name.endswith(".toml")), key=str):
        scripts += _decode(theme.read_bytes(), _ScriptFile, theme.name).script
    for script in scripts:
        _check(script, cast)
    return msgspec.structs.replace(cast, scripts=scripts)


def _decode(content: bytes, kind: type[T], name: str) -> T:
    try:
        return msgspec.toml.decode(content, type=kind)
    except msgspec.DecodeError as error:
        raise ScriptError(f"{name}: {error}") from error


def _check(script: Script, cast: Cast) -> None:
    turns = script.all_turns()
    steps = [step for turn in turns for step in turn.steps]
    known: list[tuple[list[str], Mapping[str, object]]] = [
        ([script.app], cast.apps),
        ([*script.models, *(turn.model for turn in turns if turn.model)], cast.models),
        ([name for step in steps for name in (step.fail, step.error) if name], cast.failures),
        ([step.tool for step in steps if step.tool], cast.apps[script.app].tools),
    ]
    for names, table in known:
        for name in names:
            if name not in table:
                raise ScriptError(f"script {script.id!r} names {name!r}, which is not defined")
    if not turns:
        raise ScriptError(f"script {script.id!r} has no turns")
    for turn in turns:
        if not turn.answer and not (turn.steps and (turn.steps[-1].fail or turn.steps[-1].error)):
            raise ScriptError(f"script {script.id!r}: {turn.user!r} has neither answer nor failure")
