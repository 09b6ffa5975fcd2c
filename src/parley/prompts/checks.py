"""Whether a prompt, or a name, can be saved."""

import json
import re
from typing import Any

from parley.model import HISTORY, Prompt
from parley.prompts.errors import BadPrompt
from parley.prompts.inputs import VARIABLE, variables
from parley.prompts.providers import PROVIDERS

__all__ = ["check_name", "check_prompt", "split_model"]

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
PROMPT_BYTES_MAX = 1 << 20
MESSAGES_MAX = 200
VARIABLES_MAX = 200
BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
# Parameter -> (least, most); None: no limit. Whole numbers where both are.
NUMBERS: dict[str, tuple[float, float | None]] = {
    "temperature": (0.0, 2.0),
    "top_p": (0.0, 1.0),
    "presence_penalty": (-2.0, 2.0),
    "frequency_penalty": (-2.0, 2.0),
    "timeout_seconds": (1.0, 600.0),
}
INTEGERS: dict[str, tuple[int, int | None]] = {
    "max_tokens": (1, None),
    "seed": (-(2**63), 2**63 - 1),
    "retries": (0, 5),
}
FORMATS = ("text", "json_object", "json_schema")


def check_name(name: str, field: str) -> str:
    """Returns a name of an application, a variant or an environment. Raises BadPrompt."""
    if not NAME.fullmatch(name):
        raise BadPrompt(
            "expected 1 to 100 letters, digits, `.`, `-` and `_`, a letter or digit first",
            field=field,
        )
    return name


def split_model(model: str) -> tuple[str, str]:
    """Returns (provider, name) of `provider:name`. Raises BadPrompt."""
    provider, colon, name = model.partition(":")
    if not colon or not name.strip():
        raise BadPrompt("expected provider:name, as in openai:gpt-4o", field="model")
    if provider not in PROVIDERS:
        known = ", ".join(sorted(PROVIDERS))
        raise BadPrompt(f"provider {provider!r} is none of {known}", field="model")
    return provider, name


def check_prompt(prompt: Prompt) -> None:
    """Raises BadPrompt for what could not run, naming the field."""
    size = len(json.dumps([m.content for m in prompt.messages])) + len(json.dumps(prompt.tools))
    if size > PROMPT_BYTES_MAX:
        raise BadPrompt(f"{size:,} bytes of text, at most {PROMPT_BYTES_MAX:,}", field="messages")
    if not prompt.messages or len(prompt.messages) > MESSAGES_MAX:
        raise BadPrompt(f"expected 1 to {MESSAGES_MAX} messages", field="messages")
    split_model(prompt.model)
    check_messages(prompt)
    for name, value in prompt.parameters.items():
        check_parameter(name, value)
    for place, tool in enumerate(prompt.tools):
        check_tool(tool, f"tools.{place}")
    check_format(prompt.response_format)


def check_messages(prompt: Prompt) -> None:
    """Raises BadPrompt for a second slot, and for braces that hold no variable."""
    slots = [place for place, message in enumerate(prompt.messages) if message.role == "history"]
    if len(slots) > 1:
        raise BadPrompt("a prompt has one place for the history", field=f"messages.{slots[1]}")
    for place, message in enumerate(prompt.messages):
        field = f"messages.{place}.content"
        if message.role == "history":
            if message.content:
                raise BadPrompt("the place of the history holds no text", field=field)
            continue
        if not message.content.strip():
            raise BadPrompt("is empty", field=field)
        for braces in BRACES.finditer(message.content):
            if not VARIABLE.fullmatch(braces.group()):
                raise BadPrompt(
                    f"{braces.group()[:60]} is no variable: a letter, then letters, digits and _",
                    field=field,
                )
    names = variables(prompt)
    if HISTORY in names:
        raise BadPrompt(
            f'{{{{{HISTORY}}}}} is no variable; a message {{"role": "history"}} is its place',
            field="messages",
        )
    if len(names) > VARIABLES_MAX:
        raise BadPrompt(f"{len(names)} variables, at most {VARIABLES_MAX}", field="messages")


def check_parameter(name: str, value: Any) -> None:
    """Raises BadPrompt for an unknown parameter or one out of its range."""
    field = f"parameters.{name}"
    if name == "stop":
        if not isinstance(value, list) or not all(isinstance(s, str) and s for s in value):
            raise BadPrompt("expected a list of texts", field=field)
        return
    if name == "tool_choice":
        if value not in ("auto", "none", "required"):
            raise BadPrompt("expected auto, none or required", field=field)
        return
    limits = NUMBERS.get(name) or INTEGERS.get(name)
    if limits is None:
        known = ", ".join(sorted([*NUMBERS, *INTEGERS, "stop", "tool_choice"]))
        raise BadPrompt(f"is none of {known}", field=field)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or (name in INTEGERS and not isinstance(value, int)):
        raise BadPrompt(f"expected a {'whole ' if name in INTEGERS else ''}number", field=field)
    least, most = limits
    if value < least or (most is not None and value > most):
        upper = "" if most is None else f" to {most:g}"
        raise BadPrompt(f"{value} is not in {least:g}{upper or ' and above'}", field=field)


def check_tool(tool: dict[str, Any], field: str) -> None:
    """Raises BadPrompt for what is no function in OpenAI's form."""
    function = tool.get("function")
    if tool.get("type") != "function" or not isinstance(function, dict):
        raise BadPrompt('expected {"type": "function", "function": {…}}', field=field)
    if not isinstance(function.get("name"), str) or not NAME.fullmatch(function["name"]):
        raise BadPrompt("expected letters, digits, _ and -", field=f"{field}.function.name")
    if not isinstance(function.get("parameters", {}), dict):
        raise BadPrompt("expected a JSON Schema", field=f"{field}.function.parameters")


def check_format(response_format: dict[str, Any] | None) -> None:
    """Raises BadPrompt for what is no response format in OpenAI's form."""
    if response_format is None:
        return
    if response_format.get("type") not in FORMATS:
        raise BadPrompt(f"expected one of {', '.join(FORMATS)}", field="response_format.type")
    schema = response_format.get("json_schema")
    if response_format["type"] == "json_schema" and not (
        isinstance(schema, dict) and isinstance(schema.get("schema"), dict)
    ):
        raise BadPrompt('expected {"name": …, "schema": {…}}', field="response_format.json_schema")
