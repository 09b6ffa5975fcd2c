"""The one reader of payloads: whatever a client wrote, out come messages.

Known forms: OpenTelemetry GenAI parts, OpenAI messages and choices, Anthropic blocks, Bedrock and
Gemini parts, LangChain in three serialisations, flattened attributes, function arguments, text.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from parley.conventions.dialects import DIALECTS
from parley.conventions.parts import message_parts, role_of
from parley.conventions.records import Record, details, message_of
from parley.conventions.table import Payload
from parley.conventions.values import parse_json, unflatten
from parley.model import Message, Part, Role

__all__ = ["MessageReader", "SpanMessages", "payload_keys"]

LIST_KEYS = ("messages", "prompt", "completion", "choices", "generations", "candidates", "contents")
INPUT_KEYS = (
    "message",
    "question",
    "query",
    "user_input",
    "user_message",
    "prompt",
    "input",
    "text",
    "content",
)
OUTPUT_KEYS = (
    "answer",
    "__default__",
    "output",
    "response",
    "reply",
    "result",
    "text",
    "content",
    "message",
)
ITEM_ROLES: dict[str, Role] = {  # of OpenAI's Responses API: items beside messages
    "function_call": "assistant",
    "function_call_output": "tool",
    "reasoning": "assistant",
}
MAX_DEPTH = 12
split_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class SpanMessages(Struct, frozen=True):
    """What one span sent (system prompt first) and what came back."""

    inputs: list[Message]
    outputs: list[Message]


def payload_keys() -> tuple[list[str], list[str]]:
    """Returns (exact attributes, prefixes) that the reader looks at."""
    exact: set[str] = set()
    prefixes: set[str] = set()
    for dialect in DIALECTS:
        for item in [*dialect.inputs, *dialect.outputs, *dialect.system]:
            exact.update(item.names)
            if not item.names:
                prefixes.add(item.key + ".")
        for key in [*dialect.tags, *dialect.metadata]:
            (prefixes if key.endswith(".") else exact).add(key)
    return sorted(exact), sorted(prefixes)


class MessageReader:
    """Reads the messages of many spans; a message that is sent again is read once.

    Conversations are resent with every call: of a call with ten messages, nine were read before.
    Keeps what it read: to be dropped after a batch.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, Role], Item] = {}

    def read(self, attributes: Mapping[str, Any], records: Sequence[Record] = ()) -> SpanMessages:
        """Returns the messages of one span; the first payload that holds any wins, side by side.

        Args:
            attributes: decoded attributes (text, numbers, lists, maps).
            records: its events and log records, in order; they say what the attributes do not.
        """
        system, inputs, outputs = self._sides(attributes)
        if records and not (inputs and outputs):
            told = self._sides(details(records))
            system = system or told[0]
            inputs = inputs or told[1] or self._spoken(r for r in records if not r.is_answer)
            outputs = outputs or told[2] or self._spoken(r for r in records if r.is_answer)
        return SpanMessages(system + _with_calls_joined(inputs), _with_calls_joined(outputs))

    def _sides(
        self, attributes: Mapping[str, Any]
    ) -> tuple[list[Message], list[Message], list[Message]]:
        families = _families(attributes)
        return (
            self._first(SYSTEM, "system", attributes, families),
            self._first(INPUTS, "user", attributes, families),
            self._first(OUTPUTS, "assistant", attributes, families),
        )

    def _spoken(self, records: Iterable[Record]) -> list[Message]:
        """Returns the messages that records are; the same one sent again is the same object."""
        found: list[Message] = []
        for record in records:
            message = message_of(record) if record.is_message else None
            if message is None:
                continue
            key = (msgspec.json.encode(message), record.speaker)
            item = self._known.get(key)
            if item is None:
                said = _interpret_map(message, record.speaker, 0)
                item = self._known[key] = Item(False, said)
            found += [message for message in item.messages if message.parts]
        return found

    def _first(
        self,
        payloads: Sequence[Payload],
        role: Role,
        attributes: Mapping[str, Any],
        families: Mapping[str, list[tuple[str, Any]]],
    ) -> list[Message]:
        for payload in payloads:
            if payload.shape == "value":
                value = attributes.get(payload.key)
                found = self._value(value, role) if value is not None and value != "" else []
            elif payload.shape == "pieces":
                found = _of_pieces(payload, role, attributes)
            else:
                pairs = families.get(payload.key + ".", [])
                found = _interpret(_family(pairs, payload), role, 0) if pairs else []
            found = [message for message in found if message.parts]
            if found:
                return found
        return []

    def _value(self, value: Any, role: Role) -> list[Message]:
        if isinstance(value, str):
            if value[0] == "[" and (items := self._items(split(value), role)) is not None:
                return items
            value = parse_json(value)
        elif isinstance(value, list):
            items = self._items([(msgspec.json.encode(item), item) for item in value], role)
            if items is not None:
                return items
        return _interpret(value, role, 0)

    def _items(self, raws: Sequence[tuple[bytes, Any]] | None, role: Role) -> list[Message] | None:
        """Returns the messages of a list, item by item; None when it has to be read whole.

        Args:
            raws: the JSON of each item, and its value where it is known already.
            role: who speaks where an item names nobody.
        """
        if raws is None:
            return None
        messages: list[Message] = []
        is_streamed = False
        is_message = not raws
        for raw, known in raws:
            item = self._known.get((raw, role))
            if item is None:
                try:
                    value = json.loads(raw) if known is UNREAD else known
                except (ValueError, RecursionError):
                    return None
                is_part = isinstance(value, dict) and _is_part(value)
                found = _interpret(value, role, 1)
                item = self._known[raw, role] = Item(is_part, found, _is_chunk(value))
            is_message = is_message or not item.is_part
            is_streamed = is_streamed or item.is_chunk
            messages += item.messages
        if not is_message:
            return None  # parts alone are one message together
        return _joined(messages) if is_streamed else messages


UNREAD = object()


def _with_calls_joined(messages: list[Message]) -> list[Message]:
    """Returns messages where the tool calls of one answer are one message.

    Histories of OpenAI's responses hold each call as an item, where the answer itself was one.
    """
    found: list[Message] = []
    for message in messages:
        before = found[-1] if found else None
        if (
            before is not None
            and before.role == message.role == "assistant"
            and _only_calls(message)
        ):
            found[-1] = replace(before, parts=[*before.parts, *message.parts])
        else:
            found.append(message)
    return found


def _only_calls(message: Message) -> bool:
    return all(part.kind == "tool_call" for part in message.parts)


def split(text: str) -> list[tuple[bytes, Any]] | None:
    """Returns the JSON of each item of a list; None when the text is no list."""
    try:
        return [(bytes(raw), UNREAD) for raw in split_list(text)]
    except (msgspec.MsgspecError, UnicodeEncodeError, RecursionError):
        return None


class Item(Struct, frozen=True):
    """One item of a list: whether it looks like a part of a message, and its messages if not."""

    is_part: bool
    messages: list[Message]
    is_chunk: bool = False


def _is_chunk(value: Any) -> bool:
    """Tells a piece of a streamed answer: a message that says it has not finished."""
    return isinstance(value, dict) and value.get("finish_reason") == "" and "role" in value


def _joined(chunks: Sequence[Message]) -> list[Message]:
    """Returns the messages that chunks make together: text after text of one speaker is one."""
    joined: list[Message] = []
    for chunk in chunks:
        last = joined[-1] if joined else None
        if last is None or last.role != chunk.role:
            joined.append(chunk)
            continue
        parts = list(last.parts)
        for part in chunk.parts:
            if parts and parts[-1].kind == part.kind and part.kind in ("text", "reasoning"):
                parts[-1] = Part(kind=part.kind, text=parts[-1].text + part.text)
            else:
                parts.append(part)
        text = "\n".join(part.text for part in parts if part.kind == "text" and part.text)
        joined[-1] = Message(role=last.role, text=text, parts=parts)
    return joined


def _payloads(of: Literal["system", "inputs", "outputs"]) -> list[Payload]:
    """Returns the payloads of every dialect, in order of precedence, each once."""
    return list(dict.fromkeys(item for dialect in DIALECTS for item in getattr(dialect, of)))


SYSTEM, INPUTS, OUTPUTS = _payloads("system"), _payloads("inputs"), _payloads("outputs")
FAMILIES = tuple(dict.fromkeys(p.key + "." for p in [*SYSTEM, *INPUTS, *OUTPUTS] if not p.names))


def _families(attributes: Mapping[str, Any]) -> dict[str, list[tuple[str, Any]]]:
    """Returns prefix -> (rest of the name, value) of the attributes that belong to a family."""
    found: dict[str, list[tuple[str, Any]]] = {}
    for name, value in attributes.items():
        if name.startswith(FAMILIES):
            for prefix in FAMILIES:
                if name.startswith(prefix):
                    found.setdefault(prefix, []).append((name[len(prefix) :], value))
    return found


def _of_pieces(payload: Payload, role: Role, attributes: Mapping[str, Any]) -> list[Message]:
    """Returns the one message that stands in several attributes."""
    message: dict[str, Any] = {}
    for (_, piece), name in zip(payload.pieces, payload.names, strict=True):
        value = attributes.get(name)
        if value not in (None, "") and piece not in message:
            message[piece] = parse_json(value) if isinstance(value, str) else value
    return [_message(role, {"role": role, **message})] if message else []


def _family(pairs: list[tuple[str, Any]], payload: Payload) -> Any:
    """Returns the tree that flattened attributes stand for."""
    if payload.shape == "fields":
        value = {k: parse_json(v) if isinstance(v, str) else v for k, v in pairs}
        if not all(k.split(".")[0].isdecimal() for k in value):
            return value
    return unflatten(pairs)


def _interpret(value: Any, role: Role, depth: int) -> list[Message]:
    """Returns messages of a decoded value; `role` is the speaker where the value names none."""
    if depth > MAX_DEPTH or value is None:
        return []
    if isinstance(value, list):
        return _interpret_list(value, role, depth)
    if isinstance(value, dict):
        return _interpret_map(value, role, depth)
    return [_message(role, value)]


def _interpret_list(value: list[Any], role: Role, depth: int) -> list[Message]:
    if value and all(isinstance(item, dict) and _is_part(item) for item in value):
        return [_message(role, value)]
    messages: list[Message] = []
    for item in value:
        messages += _interpret(item, role, depth + 1)
    return _joined(messages) if any(map(_is_chunk, value)) else messages


def _is_part(item: dict[str, Any]) -> bool:
    """Tells a content part, or a bare text, from a message."""
    if "role" in item or "message" in item or "messages" in item:
        return False
    if item.get("type") in ("function_call", "function_call_output"):
        return False
    if item.get("type") in ("human", "ai", "tool", "system") and (
        "data" in item or "content" in item
    ):
        return "data" not in item and item.get("type") not in ("human", "ai", "system", "tool")
    return bool(item.keys() & {"text", "content", "toolUse", "toolResult", "function_call"}) or (
        item.get("type")
        in ("tool_use", "tool_result", "tool_call", "image", "image_url", "thinking")
    )


def _interpret_map(value: dict[str, Any], role: Role, depth: int) -> list[Message]:
    message = value.get("message")
    if isinstance(message, dict) and (
        "role" in message or "content" in message or "parts" in message
    ):
        return _interpret(message, role, depth + 1)  # a choice, or OpenInference's wrapper
    if isinstance(message, dict) and "kwargs" in message:
        return _interpret(message, role, depth + 1)  # a LangChain generation
    if "role" in value:
        return [_message(role_of(value["role"], role), value)]
    kind = value.get("type")
    if kind == "constructor" and isinstance(value.get("kwargs"), dict):
        inner = value["kwargs"]
        name = str((value.get("id") or [""])[-1])
        return [_message(role_of(inner.get("type") or name, role), inner)]
    if kind in ("human", "ai", "system", "tool", "function") and isinstance(
        value.get("data"), dict
    ):
        return [_message(role_of(kind, role), value["data"])]
    if kind in ("human", "ai", "system") and "content" in value:
        return [_message(role_of(kind, role), value)]
    if kind in ITEM_ROLES:
        return [_message(ITEM_ROLES[kind], [value])]
    if isinstance(value.get("update"), dict):
        return _interpret(value["update"], role, depth + 1)
    for key in LIST_KEYS:
        if isinstance(value.get(key), list):
            items = value[key][:1] if key in ("choices", "candidates") else value[key]
            system = value.get("system")
            before = [_message("system", system)] if isinstance(system, (str, list)) else []
            return before + _interpret(items, role, depth + 1)
    if value.keys() == {"args", "kwargs"} or value.keys() == {"kwargs", "args"}:
        return _interpret_arguments(value, role, depth)
    return _interpret_fields(value, role, depth)


def _interpret_arguments(value: dict[str, Any], role: Role, depth: int) -> list[Message]:
    """Reads a Python call: keyword arguments by name, else the first positional text."""
    if isinstance(value["kwargs"], dict) and value["kwargs"]:
        return _interpret_fields(value["kwargs"], role, depth)
    for item in value["args"] if isinstance(value["args"], list) else []:
        if isinstance(item, str | dict | list) and item:
            return _interpret(item, role, depth + 1)
    return []


def _interpret_fields(value: dict[str, Any], role: Role, depth: int) -> list[Message]:
    """Reads named fields: the one that people read, else the only text, else all as JSON."""
    for key in INPUT_KEYS if role == "user" else OUTPUT_KEYS:
        if value.get(key) not in (None, "", [], {}):
            return _interpret(value[key], role, depth + 1)
    texts = {k: v for k, v in value.items() if isinstance(v, str) and v and not _is_id(k)}
    if len(texts) == 1:
        return [_message(role, next(iter(texts.values())))]
    shown = {k: v for k, v in value.items() if v not in (None, "", [], {})}
    return [_message(role, json.dumps(shown, ensure_ascii=False, default=str))] if shown else []


def _is_id(key: str) -> bool:
    return key == "id" or key.endswith(("_id", "Id", "_ids"))


def _message(role: Role, content: Any) -> Message:
    parts = message_parts(content, role)
    if parts and all(part.kind == "tool_result" for part in parts):
        role = "tool"  # some clients write tool results with role user
    kinds = ("tool_result",) if role == "tool" else ("text", "refusal")
    text = "\n".join(part.text for part in parts if part.kind in kinds and part.text)
    return Message(role=role, text=text, parts=parts)
