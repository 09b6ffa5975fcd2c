"""A conversation as models are taught: a line of chat messages that fine-tuning reads."""

import re
from collections.abc import Sequence
from typing import Any

import msgspec

from parley.model import Message, Part
from parley.query import Conversation, attachment_path

__all__ = ["dataset_example"]

OPENINFERENCE = re.compile(r"llm\.tools\.(\d+)\.tool\.json_schema")
TRACELOOP = re.compile(r"llm\.request\.functions\.(\d+)\.(name|description|parameters)")
SEMANTIC = "gen_ai.tool.definitions"


def dataset_example(conversation: Conversation, project_id: str) -> dict[str, Any] | None:
    """Returns {"messages": […], "tools": […]}, None when nobody answered in the conversation.

    The first system prompt leads; what was said after the last answer is left out, and so is what
    an application asked between its own steps. The conversation's own history stays.
    """
    writer = _Writer(project_id)
    for message in without_steps(conversation.messages):
        writer.write(message)
    messages = writer.messages
    while messages and messages[-1]["role"] != "assistant":
        messages.pop()
    if not messages:
        return None
    for place, written in enumerate(messages):
        if written["role"] == "system":
            messages.insert(0, messages.pop(place))
            break
    tools = tools_of(conversation.tools)
    return {"messages": messages, **({"tools": tools} if tools else {})}


def without_steps(messages: Sequence[Message]) -> list[Message]:
    """Returns what the user and the application said to each other, its history included."""
    began = next((n for n, m in enumerate(messages) if m.role == "user" and not m.folded), 0)
    return [m for n, m in enumerate(messages) if n < began or not m.folded]


class _Writer:
    """Chat messages in order; a result of a tool names the call that it answers."""

    def __init__(self, project_id: str) -> None:
        self.messages: list[dict[str, Any]] = []
        self._project_id = project_id
        self._open: list[tuple[str, str]] = []  # (call's id, name) without a result yet
        self._calls = 0

    def write(self, message: Message) -> None:
        """Adds a message; results in it become messages of their own."""
        for part in message.parts:
            if part.kind == "tool_result":
                self._write_result(part)
        said = [part for part in message.parts if part.kind != "tool_result"]
        match message.role:
            case "assistant":
                self._write_answer(said)
            case "user" | "system":
                content = self._content(said)
                if content:
                    self.messages.append({"role": message.role, "content": content})
            case "tool":  # a result that came as plain words
                if not any(part.kind == "tool_result" for part in message.parts):
                    self._write_result(Part(kind="tool_result", text=message.text))

    def _write_answer(self, parts: Sequence[Part]) -> None:
        text = "\n".join(part.text for part in parts if part.kind in ("text", "refusal"))
        answer: dict[str, Any] = {"role": "assistant", "content": text}
        calls = [self._call(part) for part in parts if part.kind == "tool_call"]
        if calls:
            answer["tool_calls"] = calls
            if not text:
                answer["content"] = None
        if text or calls:
            self.messages.append(answer)

    def _call(self, part: Part) -> dict[str, Any]:
        self._calls += 1
        call_id = part.call_id or f"call_{self._calls}"
        self._open.append((call_id, part.name))
        function = {"name": part.name, "arguments": part.arguments or "{}"}
        return {"id": call_id, "type": "function", "function": function}

    def _write_result(self, part: Part) -> None:
        known = [ids for ids in self._open if ids[0] == part.call_id]
        named = [ids for ids in self._open if part.name and ids[1] == part.name]
        found = (known or named or self._open or [(part.call_id, "")])[0]
        if found in self._open:
            self._open.remove(found)
        said = {"role": "tool", "tool_call_id": part.call_id or found[0], "content": part.text}
        self.messages.append(said)

    def _content(self, parts: Sequence[Part]) -> str | list[dict[str, Any]]:
        """Returns text as text; with images beside it, as parts."""
        shown: list[dict[str, Any]] = []
        for part in parts:
            if part.kind == "text" and part.text:
                shown.append({"type": "text", "text": part.text})
            elif part.kind == "media" and part.media_type.startswith("image/"):
                url = part.uri or attachment_path(self._project_id, part)
                if url:
                    shown.append({"type": "image_url", "image_url": {"url": url}})
        if all(item["type"] == "text" for item in shown):
            return "\n".join(item["text"] for item in shown)
        return shown


def tools_of(offered: Sequence[dict[str, str]]) -> list[dict[str, Any]]:
    """Returns the functions that calls offered, each name once, the last definition of it."""
    found: dict[str, dict[str, Any]] = {}
    for attributes in offered:
        for definition in definitions_in(attributes):
            inner = definition.get("function", definition)
            name = inner.get("name") if isinstance(inner, dict) else None
            if not isinstance(name, str) or not name:
                continue
            schema = inner.get("parameters", inner.get("input_schema", {}))
            function = {"name": name, "description": inner.get("description") or ""}
            found[name] = {"type": "function", "function": {**function, "parameters": schema}}
    return [found[name] for name in sorted(found)]


def definitions_in(attributes: dict[str, str]) -> list[dict[str, Any]]:
    """Returns definitions of tools as the three conventions write them."""
    values: list[Any] = []
    parts: dict[str, dict[str, Any]] = {}
    for key, text in attributes.items():
        if key == SEMANTIC:
            decoded = as_json(text)
            values += decoded if isinstance(decoded, list) else []
        elif OPENINFERENCE.fullmatch(key):
            values.append(as_json(text))
        elif found := TRACELOOP.fullmatch(key):
            value = as_json(text) if found[2] == "parameters" else text
            parts.setdefault(found[1], {})[found[2]] = value
    values += parts.values()
    return [value for value in values if isinstance(value, dict)]


def as_json(text: str) -> Any:
    """Returns the value of a JSON text, None of what is none."""
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None
