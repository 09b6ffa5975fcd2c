"""The form of a prompt: what it shows is what it reads, and errors stand at their fields."""

import pytest

from parley.model import Prompt, PromptMessage
from parley.web.prompt_form import form_of_prompt, prompt_of_form, read_form

PROMPT = Prompt(
    messages=[
        PromptMessage("system", "Be {{tone}}.\n\nBe short."),
        PromptMessage("history"),
        PromptMessage("user", "Sum it up."),
    ],
    model="anthropic:claude-haiku-4-5",
    parameters={"temperature": 0.5, "max_tokens": 100, "stop": ["END"], "tool_choice": "auto"},
    tools=[{"type": "function", "function": {"name": "look"}}],
    response_format={"type": "json_object"},
)


def sent(prompt: Prompt, **more: str) -> dict[str, str]:
    """Returns what a browser sends of the form of a prompt; its lines end as in forms."""
    form = form_of_prompt(prompt, variant="default")
    fields = {f"role.{place}": row.role for place, row in enumerate(form.rows)}
    fields |= {f"content.{place}": row.content for place, row in enumerate(form.rows)}
    fields |= dict(form.texts)
    return {name: text.replace("\n", "\r\n") for name, text in fields.items()} | more


def test_a_prompt_comes_back_as_it_was() -> None:
    form = read_form(sent(PROMPT, do="save"))
    assert prompt_of_form(form) == (PROMPT, {})
    assert form.text("variant") == "default"


@pytest.mark.parametrize(
    ("order", "roles"),
    [
        ("add", ["system", "history", "user", "user"]),
        ("remove.1", ["system", "user"]),
        ("up.2", ["system", "user", "history"]),
        ("down.0", ["history", "system", "user"]),
        ("up.0", ["system", "history", "user"]),
        ("down.2", ["system", "history", "user"]),
        ("remove.9", ["system", "history", "user"]),
        ("nonsense", ["system", "history", "user"]),
    ],
)
def test_buttons_change_the_rows(order: str, roles: list[str]) -> None:
    assert [row.role for row in read_form(sent(PROMPT, do=order)).rows] == roles


@pytest.mark.parametrize(
    ("field", "text", "said"),
    [
        ("parameters.temperature", "warm", "expected a number"),
        ("parameters.stop", "END", "expected a list of texts"),
        ("tools", "{}", "expected a list of functions"),
        ("tools", "[{", "is not JSON"),
        ("response_format", "[]", "expected an object"),
        ("provider", "nobody", "is none of openai"),
        ("model", "", "is required"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(field: str, text: str, said: str) -> None:
    prompt, wrong = prompt_of_form(read_form(sent(PROMPT) | {field: text}))
    assert prompt is None
    assert list(wrong) == [field]
    assert said in wrong[field]


def test_errors_of_the_registry_find_their_fields() -> None:
    form = read_form(sent(PROMPT)).with_wrong(
        {
            "messages.2.content": "is empty",
            "tools.0.function.name": "expected letters",
            "parameters.seed": "expected a whole number",
            "parameters.magic": "is none of them",
        }
    )
    assert [row.wrong for row in form.rows] == ["", "", "is empty"]
    assert form.wrong["tools"] == "0.function.name: expected letters"
    assert next(item for item in form.settings if item.name == "seed").wrong
    assert form.wrong["form"] == "parameters.magic: is none of them"
