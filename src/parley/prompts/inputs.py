"""Variables of a prompt: which it has, whether a run's inputs fit, and what they make of it."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from parley.conventions.parts import message_parts
from parley.model import HISTORY, Message, Part, Prompt, Role
from parley.prompts.errors import BadInputs
from parley.prompts.told import refused_media

__all__ = ["asks_by_itself", "check_names", "input_schema", "render", "variables"]

VARIABLE = re.compile(r"\{\{\s*([A-Za-z_][A-Za-z0-9_]*)\s*\}\}")
VALUE_TYPES = ["string", "number", "boolean", "object", "array"]
SHOWN_NAMES = 5
ROLES: dict[str, Role] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "assistant": "assistant",
    "tool": "tool",
}


def variables(prompt: Prompt) -> list[str]:
    """Returns the names of a prompt's variables in order of appearance."""
    found = (name for message in prompt.messages for name in VARIABLE.findall(message.content))
    return list(dict.fromkeys(found))


def asks_by_itself(prompt: Prompt) -> bool:
    """Returns whether a prompt says something to the model without any history."""
    return any(message.role == "user" for message in prompt.messages)


def input_schema(prompt: Prompt) -> dict[str, Any]:
    """Returns the JSON Schema of a prompt's inputs."""
    names = variables(prompt)
    message = {
        "type": "object",
        "properties": {
            "role": {"enum": ["system", "user", "assistant", "tool"]},
            "content": {"type": ["string", "array", "null"]},
        },
        "required": ["role"],
    }
    needed = names if asks_by_itself(prompt) else [*names, HISTORY]
    return {
        "type": "object",
        "properties": {
            **{name: {"type": VALUE_TYPES} for name in names},
            HISTORY: {"type": "array", "items": message},
        },
        "required": needed,
        "additionalProperties": False,
    }


def render(prompt: Prompt, inputs: Mapping[str, Any]) -> list[Message]:
    """Returns what is said to the model. A prompt without a slot has the history at its end.

    Raises:
        BadInputs: an input is missing, unknown or of a wrong type.
    """
    check_names(prompt, inputs)
    provider = prompt.model.partition(":")[0]
    history = read_history(inputs.get(HISTORY, []), provider)
    said: list[Message] = []
    for message in prompt.messages:
        if message.role == "history":
            said += history
            continue
        text = VARIABLE.sub(lambda found: as_text(inputs[found.group(1)]), message.content)
        if text.strip():
            said.append(Message(role=message.role, text=text, parts=[Part(kind="text", text=text)]))
    if not any(message.role == "history" for message in prompt.messages):
        said += history
    if not any(message.role in ("user", "tool") for message in said):
        raise BadInputs("has no message of a user: nothing is asked", field=f"inputs.{HISTORY}")
    return said


def check_names(prompt: Prompt, inputs: Mapping[str, Any]) -> None:
    """Raises BadInputs when an input is missing or unknown; it names all of them."""
    names = variables(prompt)
    missing = [name for name in names if inputs.get(name) is None]
    if HISTORY not in inputs and not asks_by_itself(prompt):
        missing.append(HISTORY)
    if missing:
        raise BadInputs(f"{listed(missing)} missing", field=f"inputs.{missing[0]}")
    unknown = [name for name in inputs if name not in names and name != HISTORY]
    if unknown:
        known = ", ".join([*names, HISTORY])
        raise BadInputs(
            f"{listed(unknown)} unknown to this prompt, which takes {known}",
            field=f"inputs.{unknown[0]}",
        )


def listed(names: Sequence[str]) -> str:
    """Returns names as the subject of a sentence."""
    shown = ", ".join(names[:SHOWN_NAMES])
    rest = f" and {len(names) - SHOWN_NAMES} more" if len(names) > SHOWN_NAMES else ""
    return f"{shown}{rest} {'is' if len(names) == 1 else 'are'}"


def as_text(value: Any) -> str:
    """Returns an input as it stands in a prompt: text as it is, all else as JSON."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def read_history(value: Any, provider: str) -> list[Message]:
    """Returns the messages so far. Raises BadInputs for what is none, or not for the provider."""
    if not isinstance(value, list):
        raise BadInputs("expected a list of messages", field=f"inputs.{HISTORY}")
    said = []
    for place, item in enumerate(value):
        field = f"inputs.{HISTORY}.{place}"
        if not isinstance(item, dict) or not isinstance(item.get("role"), str):
            raise BadInputs('expected {"role": …, "content": …}', field=field)
        role = ROLES.get(item["role"])
        if role is None:
            raise BadInputs(
                f"{item['role']!r} is none of {', '.join(ROLES)}", field=f"{field}.role"
            )
        parts = message_parts(item, role)
        check_media(parts, role, provider, field=f"{field}.content")
        if parts:
            text = "\n".join(part.text for part in parts if part.kind == "text")
            said.append(Message(role=role, text=text, parts=parts))
    return said


def check_media(parts: Sequence[Part], role: Role, provider: str, *, field: str) -> None:
    """Raises BadInputs for a file that the provider cannot be told."""
    for part in parts:
        if part.kind != "media" or role == "assistant":  # what a model made is not told it again
            continue
        reason = refused_media(part, provider)
        if role == "system":
            reason = "a system message is text alone"
        if reason:
            raise BadInputs(reason, field=field)
