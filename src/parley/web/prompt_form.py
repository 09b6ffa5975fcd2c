"""The form of a prompt: read into a Prompt, and shown again with what is wrong at each field.

Rows of messages are fields `role.0`, `content.0`, …; every button sends the whole form, so adding,
moving and removing a row is a plain submit.
"""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct, field

from parley.model import Prompt, PromptMessage
from parley.prompts import DEFAULT_VARIANT, PROVIDERS, BadPrompt

__all__ = [
    "Form",
    "FormRow",
    "Setting",
    "field_of",
    "form_of_prompt",
    "prompt_of_form",
    "read_form",
    "wrong_of",
]

ROLES = ("system", "user", "assistant", "history")
ROWS_MAX = 200
TEXTS = ("variant", "note", "author", "provider", "model", "tools", "response_format", "deploy_to")
# Parameter, label, hint; those of WHOLE are whole numbers.
SETTINGS = (
    ("temperature", "Temperature", "0 to 2"),
    ("top_p", "Top p", "0 to 1"),
    ("max_tokens", "Most tokens", "of an answer"),
    ("seed", "Seed", "a whole number"),
    ("presence_penalty", "Presence penalty", "-2 to 2"),
    ("frequency_penalty", "Frequency penalty", "-2 to 2"),
    ("timeout_seconds", "Time-out", "seconds for all tries; empty: 120"),
    ("retries", "Retries", "0 to 5; empty: 2"),
    ("tool_choice", "Tool choice", "auto, none or required"),
    ("stop", "Stop at", 'texts, as ["END"]'),
)
TEXT_SETTINGS = ("tool_choice",)


class FormRow(Struct, frozen=True, kw_only=True):
    """One message of the form."""

    role: str
    content: str = ""
    wrong: str = ""


class Setting(Struct, frozen=True, kw_only=True):
    """One parameter of the form."""

    name: str
    label: str
    hint: str
    value: str
    wrong: str


class Form(Struct, frozen=True, kw_only=True):
    """What was typed. `texts` has every field but the messages, by name."""

    rows: list[FormRow]
    texts: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """What stands in a field."""
        return self.texts.get(name, "")

    @property
    def settings(self) -> list[Setting]:
        """The fields of the parameters."""
        return [
            Setting(
                name=name,
                label=label,
                hint=hint,
                value=self.text(f"parameters.{name}"),
                wrong=self.wrong.get(f"parameters.{name}", ""),
            )
            for name, label, hint in SETTINGS
        ]

    @property
    def wrong_settings(self) -> bool:
        """Whether a parameter is wrong, so that they are unfolded."""
        return any(name.startswith("parameters.") for name in self.wrong)

    def with_wrong(self, wrong: Mapping[str, str]) -> "Form":
        """Returns the form with errors at its fields; those of no field are under "form"."""
        names = {name for name, _, _ in SETTINGS}
        known = {*TEXTS, "messages", *(f"parameters.{name}" for name in names)}
        placed: dict[str, str] = {}
        rows = list(self.rows)
        for name, message in wrong.items():
            at = row_of(name)
            if at is not None and at < len(rows):
                rows[at] = msgspec.structs.replace(rows[at], wrong=message)
                placed[name] = message
            elif (where := field_of(name)) in known:
                rest = name[len(where) :].lstrip(".")
                placed[where] = f"{rest}: {message}" if rest else message
            else:
                placed["form"] = f"{name}: {message}" if name else message
        return msgspec.structs.replace(self, rows=rows, wrong=placed)


def row_of(name: str) -> int | None:
    """Returns the message that an error is about, None when it is about none."""
    head, _, rest = name.partition(".")
    place = rest.partition(".")[0]
    return int(place) if head == "messages" and place.isdigit() else None


def field_of(name: str) -> str:
    """Returns the field of the form that an error is about: `tools.0.type` is about `tools`."""
    return name if name.startswith("parameters.") else name.partition(".")[0]


def form_of_prompt(prompt: Prompt | None, *, variant: str) -> Form:
    """Returns the form of a prompt; None: of a first version."""
    if prompt is None:
        rows = [FormRow(role="system"), FormRow(role="history")]
        return Form(rows=rows, texts={"variant": variant or DEFAULT_VARIANT, "provider": "openai"})
    provider, _, model = prompt.model.partition(":")
    texts = {"variant": variant, "provider": provider, "model": model}
    for name, value in prompt.parameters.items():
        is_text = name in TEXT_SETTINGS
        texts[f"parameters.{name}"] = value if is_text else msgspec.json.encode(value).decode()
    for name, value in (("tools", prompt.tools), ("response_format", prompt.response_format)):
        if value:
            texts[name] = msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
    rows = [FormRow(role=message.role, content=message.content) for message in prompt.messages]
    return Form(rows=rows, texts=texts)


def read_form(data: Mapping[str, str]) -> Form:
    """Returns what was sent, after what its button asked of the rows."""
    places = sorted(
        int(name[5:]) for name in data if name.startswith("role.") and name[5:].isdigit()
    )
    rows = [
        FormRow(role=data[f"role.{place}"], content=plain_lines(data.get(f"content.{place}", "")))
        for place in places[:ROWS_MAX]
    ]
    names = [*TEXTS, *(f"parameters.{name}" for name, _, _ in SETTINGS)]
    texts = {name: plain_lines(data[name]).strip() for name in names if data.get(name, "").strip()}
    return Form(rows=change_rows(rows, data.get("do", "")), texts=texts)


def change_rows(rows: list[FormRow], order: str) -> list[FormRow]:
    """Returns the rows after `add`, `remove.2`, `up.2` or `down.2`."""
    verb, _, text = order.partition(".")
    if verb == "add":
        has_slot = any(row.role == "history" for row in rows)
        return [*rows, FormRow(role="user" if has_slot or text != "history" else "history")]
    place = int(text) if text.isdigit() else len(rows)
    if place >= len(rows):
        return rows
    if verb == "remove":
        return rows[:place] + rows[place + 1 :]
    other = place + {"up": -1, "down": 1}.get(verb, 0)
    if 0 <= other < len(rows):
        rows = list(rows)
        rows[place], rows[other] = rows[other], rows[place]
    return rows


def plain_lines(text: str) -> str:
    """Returns text as it was typed: forms send line ends of their own."""
    return text.replace("\r\n", "\n")


def prompt_of_form(form: Form) -> tuple[Prompt | None, dict[str, str]]:
    """Returns the prompt, or what is wrong with fields that cannot be read."""
    wrong: dict[str, str] = {}
    parameters: dict[str, Any] = {}
    for name, _, _ in SETTINGS:
        if text := form.text(f"parameters.{name}"):
            try:
                parameters[name] = text if name in TEXT_SETTINGS else msgspec.json.decode(text)
            except msgspec.DecodeError:
                wanted = 'a list of texts, as ["END"]' if name == "stop" else "a number"
                wrong[f"parameters.{name}"] = f"expected {wanted}"
    tools = read_json(form, "tools", list[dict[str, Any]], "a list of functions", wrong)
    response_format = read_json(form, "response_format", dict[str, Any], "an object", wrong)
    messages = []
    for place, row in enumerate(form.rows):
        if row.role not in ROLES:
            wrong[f"messages.{place}"] = f"the role is none of {', '.join(ROLES)}"
            continue
        content = "" if row.role == "history" else row.content
        messages.append(PromptMessage(row.role, content))  # type: ignore[arg-type]
    if form.text("provider") not in PROVIDERS:
        wrong["provider"] = f"is none of {', '.join(PROVIDERS)}"
    elif not form.text("model"):
        wrong["model"] = "is required, as in gpt-4o-mini"
    if wrong:
        return None, wrong
    prompt = Prompt(
        messages=messages,
        model=f"{form.text('provider')}:{form.text('model')}",
        parameters=parameters,
        tools=tools or [],
        response_format=response_format,
    )
    return prompt, {}


def read_json(form: Form, name: str, kind: Any, wanted: str, wrong: dict[str, str]) -> Any:
    """Returns the JSON in a field, None when it is empty or, then noted, not what is wanted."""
    text = form.text(name)
    if not text:
        return None
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.ValidationError as error:
        wrong[name] = f"expected {wanted} in OpenAI's form: {error}"
    except msgspec.DecodeError as error:
        wrong[name] = f"is not JSON: {error}"
    return None


def wrong_of(error: BadPrompt) -> dict[str, str]:
    """Returns what is wrong by the field that it is about."""
    return {error.field or "form": error.message}
