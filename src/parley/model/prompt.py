"""Managed prompts: what is said to a model, in numbered versions, and where each is deployed."""

from typing import Any, Literal

from msgspec import Struct, field

__all__ = [
    "HISTORY",
    "Application",
    "Deployment",
    "Prompt",
    "PromptMessage",
    "PromptVersion",
    "VersionRef",
]

HISTORY = "chat_history"  # the input that fills the slot of the conversation so far


class PromptMessage(Struct, frozen=True):
    """One message of a prompt. `content` may hold `{{variables}}`.

    role "history" is the place of the conversation so far, the input `chat_history`; its content
    is empty.
    """

    role: Literal["system", "user", "assistant", "history"]
    content: str = ""


class Prompt(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is said to which model, and how.

    model: `provider:name`, as in `openai:gpt-4o`. parameters: temperature, top_p, max_tokens,
    seed, stop, presence_penalty, frequency_penalty. tools: functions in OpenAI's form, passed
    through. response_format: in OpenAI's form, None for text.
    """

    messages: list[PromptMessage]
    model: str
    parameters: dict[str, Any] = field(default_factory=dict)
    tools: list[dict[str, Any]] = field(default_factory=list)
    response_format: dict[str, Any] | None = None


class VersionRef(Struct, frozen=True):
    """A version by its application, its variant and its number there, counted from 1."""

    application: str
    variant: str
    version: int


class PromptVersion(Struct, frozen=True, kw_only=True):
    """A version: it never changes. `created_at` is in nanoseconds."""

    ref: VersionRef
    prompt: Prompt
    note: str
    author: str
    created_at: int


class Deployment(Struct, frozen=True, kw_only=True):
    """That an environment took a version. The newest of an environment is what it answers with."""

    environment: str
    ref: VersionRef
    note: str
    author: str
    deployed_at: int


class Application(Struct, frozen=True, kw_only=True):
    """A chat application: its variants with their newest version, its environments with theirs.

    archived_at: since when it answers nothing, None for one that is in use.
    """

    slug: str
    name: str
    created_at: int
    variants: dict[str, int]
    environments: dict[str, VersionRef]
    archived_at: int | None = None
