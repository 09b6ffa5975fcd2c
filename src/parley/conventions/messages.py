"""The one reader of payloads: whatever a client wrote, out come messages.

Known forms: OpenTelemetry GenAI parts, OpenAI messages and choices, Anthropic blocks, Bedrock and
Gemini parts, LangChain in three serialisations, flattened attributes, function arguments, text.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from parley.conventions.media import LoadedPart
from parley.conventions.parts import is_part_kind, message_parts, role_of
from parley.conventions.records import Record, details, event_records, message_of
from parley.conventions.sources import Sources, sources_of
from parley.conventions.streams import chunk_message, is_chunk, is_whole
from parley.conventions.table import Payload
from parley.conventions.values import parse_json, unflatten
from parley.model import Attachment, Message, Part, Role

__all__ = ["MessageReader", "SpanMessages"]

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
SYSTEM_KEYS = ("system", "system_instruction", "systemInstruction", "instructions")
OUTPUT_KEYS = (
    "answer",
    "completion",
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
    "compaction": "assistant",
    "custom_tool_call": "assistant",
    "custom_tool_call_output": "tool",
    "web_search_call": "assistant",
    "file_search_call": "assistant",
    "code_interpreter_call": "assistant",
    "image_generation_call": "assistant",
    "computer_call": "assistant",
    "computer_call_output": "tool",
    "local_shell_call": "assistant",
    "local_shell_call_output": "tool",
    "shell_call": "assistant",
    "shell_call_output": "tool",
    "apply_patch_call": "assistant",
    "apply_patch_call_output": "tool",
    "mcp_call": "assistant",
    "mcp_list_tools": "assistant",
    "mcp_approval_request": "assistant",
    "mcp_approval_response": "tool",
}
MAX_DEPTH = 12
LONG_JSON = 4096  # bytes of one item; a longer one is remembered by its hash
split_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class SpanMessages(Struct, frozen=True):
    """What one span sent (system prompt first) and what came back."""

    inputs: list[Message]
    outputs: list[Message]


class MessageReader:
    """Reads the messages of many spans; a message that is sent again is read once.

    Conversations are resent with every call: of a call with ten messages, nine were read before.
    Keeps what it read: to be dropped after a batch.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[bytes, Role], Item] = {}
        self._attachments: dict[str, Attachment] = {}
        self.attached_bytes = 0

    def take_attachments(self) -> list[Attachment]:
        """Returns what was attached to the messages read since the last time, each once."""
        taken = list(self._attachments.values())
        self._attachments.clear()
        self.attached_bytes = 0
        return taken

    def _kept(self, messages: list[Message]) -> list[Message]:
        """Returns messages without the bytes of their attachments, which are kept aside."""
        for message in messages:
            for part in message.parts:
                if part.__class__ is LoadedPart:
                    return self._without_bytes(messages)
        return messages

    def _without_bytes(self, messages: Sequence[Message]) -> list[Message]:
        return [
            msgspec.structs.replace(message, parts=[self._keep(part) for part in message.parts])
            if any(isinstance(part, LoadedPart) for part in message.parts)
            else message
            for message in messages
        ]

    def _keep(self, part: Part) -> Part:
        if not isinstance(part, LoadedPart):
            return part
        kept, attachment = part.taken()
        if attachment.hash not in self._attachments:
            self._attachments[attachment.hash] = attachment
            self.attached_bytes += len(attachment.data)
        return kept

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

    def reads(self, payload: Payload, role: Role, attributes: Mapping[str, Any]) -> bool:
        """Whether a payload of a span's attributes holds any message."""
        return bool(self._first([payload], role, attributes, sources_of(tuple(attributes))))

    def _sides(
        self, attributes: Mapping[str, Any]
    ) -> tuple[list[Message], list[Message], list[Message]]:
        sources = sources_of(tuple(attributes))
        return (
            self._first(sources.system, "system", attributes, sources),
            self._first(sources.inputs, "user", attributes, sources),
            self._first(sources.outputs, "assistant", attributes, sources),
        )

    def _spoken(self, records: Iterable[Record]) -> list[Message]:
        """Returns the messages that records are; the same one sent again is the same object."""
        found: list[Item] = []
        for record in records:
            message = message_of(record) if record.is_message else None
            if message is None:
                continue
            key = (_short(msgspec.json.encode(message)), record.speaker)
            item = self._known.get(key)
            if item is None:
                said = self._kept(_interpret_map(message, record.speaker, 0))
                item = self._known[key] = Item(False, said, is_chunk(message))
            found.append(item)
        return [message for message in _together(found) if message.parts]

    def _first(
        self,
        payloads: Sequence[Payload],
        role: Role,
        attributes: Mapping[str, Any],
        sources: Sources,
    ) -> list[Message]:
        for payload in payloads:
            if payload.shape == "value":
                value = attributes.get(payload.key)
                found = self._value(value, role) if value is not None and value != "" else []
            elif payload.shape == "pieces":
                found = _of_pieces(payload, role, attributes)
            elif payload.shape == "events":
                told = event_records(attributes.get(payload.key))
                found = self._spoken(r for r in told if r.is_answer == (role == "assistant"))
            else:
                pairs = _pairs(payload.key + ".", attributes, sources)
                found = _interpret(_family(pairs, payload), role, 0) if pairs else []
            spoken = [message for message in found if message.parts] if found else []
            if spoken:
                return self._kept(spoken)
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
        found: list[Item] = []
        for raw, known in raws:
            key = (_short(raw), role)
            item = self._known.get(key)
            if item is None:
                try:
                    value = json.loads(raw) if known is UNREAD else known
                except (ValueError, RecursionError):
                    return None
                item = Item(
                    isinstance(value, dict) and _is_part(value),
                    self._kept(_interpret(value, role, 1)),
                    is_chunk(value),
                    is_whole(value),
                )
                self._known[key] = item
            found.append(item)
        if found and all(item.is_part for item in found):
            return None  # parts alone are one message together
        return _together(found)


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


def _short(raw: bytes) -> bytes:
    """Returns JSON by which an item is known again, its hash when it is long."""
    return raw if len(raw) <= LONG_JSON else hashlib.blake2b(raw, digest_size=32).digest()


class Item(Struct, frozen=True):
    """One item of a list: whether it looks like a part of a message, and its messages if not.

    is_chunk: a piece of a streamed answer. is_whole: the event that tells a streamed answer again.
    """

    is_part: bool
    messages: list[Message]
    is_chunk: bool = False
    is_whole: bool = False


def _together(items: Sequence[Item]) -> list[Message]:
    """Returns the messages of items; the pieces of a streamed answer are one message."""
    wholes = [item for item in items if item.is_whole]
    if wholes and any(item.is_chunk for item in items):
        return list(wholes[-1].messages)
    joined: list[Message] = []
    open_ended = False
    for item in items:
        for message in item.messages:
            if open_ended and joined[-1].role == message.role:
                is_all = not item.is_chunk and message.text == joined[-1].text != ""  # Google ADK
                joined[-1] = message if is_all else _appended(joined[-1], message)
            else:
                joined.append(message)
            open_ended = item.is_chunk
    return joined


def _appended(message: Message, chunk: Message) -> Message:
    """Returns a message with one more piece of it: text after text, arguments after arguments."""
    parts = list(message.parts)
    for part in chunk.parts:
        last = parts[-1] if parts else None
        if last is not None and last.kind == part.kind and part.kind in ("text", "reasoning"):
            parts[-1] = Part(kind=part.kind, text=last.text + part.text)
        elif last is not None and last.kind == part.kind == "tool_call" and not part.name:
            arguments = last.arguments + part.arguments
            parts[-1] = msgspec.structs.replace(last, arguments=arguments)
        else:
            parts.append(part)
    return Message(role=message.role, text=_text(message.role, parts), parts=parts)


def _pairs(prefix: str, attributes: Mapping[str, Any], sources: Sources) -> list[tuple[str, Any]]:
    """Returns (rest of the name, value) of a family of attributes."""
    return [(name[len(prefix) :], attributes[name]) for name in sources.families.get(prefix, ())]


def _of_pieces(payload: Payload, role: Role, attributes: Mapping[str, Any]) -> list[Message]:
    """Returns the one message that stands in several attributes."""
    message: dict[str, Any] = {}
    for (_, piece), name in zip(payload.pieces, payload.names, strict=True):
        value = attributes.get(name)
        if value not in (None, "") and piece not in message:
            is_text = not isinstance(value, str) or piece == "content"
            message[piece] = value if is_text else parse_json(value)
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
        return _messages(role, value)
    return _together(
        [
            Item(False, _interpret(item, role, depth + 1), is_chunk(item), is_whole(item))
            for item in value
        ]
    )


def _is_part(item: dict[str, Any]) -> bool:
    """Tells a content part, or a bare text, from a message."""
    if "role" in item or "message" in item or "messages" in item or _is_candidate(item):
        return False
    if item.get("type") in ITEM_ROLES and item.get("type") != "reasoning":
        return False
    if item.get("type") in ("human", "ai", "tool", "system") and (
        "data" in item or "content" in item
    ):
        return "data" not in item and item.get("type") not in ("human", "ai", "system", "tool")
    if is_chunk(item) or is_whole(item):
        return False
    return bool(item.keys() & {"text", "content", "function_call"}) or is_part_kind(item)


def _is_candidate(value: dict[str, Any]) -> bool:
    """Tells an answer of Gemini's."""
    content = value.get("content")
    return isinstance(content, dict) and "parts" in content


def _of_candidate(value: dict[str, Any]) -> dict[str, Any]:
    """Returns the message that an answer of Gemini's is, with what it refers to."""
    grounds = value.get("groundingMetadata") or value.get("grounding_metadata")
    grounds = grounds if isinstance(grounds, dict) else {}
    sources = grounds.get("groundingChunks") or grounds.get("grounding_chunks")
    return {"role": "model", **value["content"], "citations": sources}


def _interpret_map(value: dict[str, Any], role: Role, depth: int) -> list[Message]:
    if (piece := chunk_message(value)) is not None:
        return _interpret(piece, role, depth + 1) if piece else []
    if _is_candidate(value):
        return _interpret(_of_candidate(value), role, depth + 1)
    message = value.get("message")
    if isinstance(message, dict) and (
        "role" in message or "content" in message or "parts" in message
    ):
        return _interpret(message, role, depth + 1)  # a choice, or OpenInference's wrapper
    if isinstance(message, dict) and "kwargs" in message:
        return _interpret(message, role, depth + 1)  # a LangChain generation
    if "role" in value:
        return _messages(role_of(value["role"], role), value)
    kind = value.get("type")
    if kind == "constructor" and isinstance(value.get("kwargs"), dict):
        inner = value["kwargs"]
        name = str((value.get("id") or [""])[-1])
        return _messages(role_of(inner.get("type") or name, role), inner)
    if kind in ("human", "ai", "system", "tool", "function") and isinstance(
        value.get("data"), dict
    ):
        return _messages(role_of(kind, role), value["data"])
    if kind in ("human", "ai", "system") and "content" in value:
        return _messages(role_of(kind, role), value)
    if kind in ITEM_ROLES:
        return _messages(ITEM_ROLES[kind], [value])
    if isinstance(value.get("update"), dict):
        return _interpret(value["update"], role, depth + 1)
    for key in LIST_KEYS:
        if isinstance(value.get(key), list):
            items = value[key][:1] if key in ("choices", "candidates") else value[key]
            system = next((value[name] for name in SYSTEM_KEYS if value.get(name)), None)
            before = _messages("system", system) if isinstance(system, (str, list, dict)) else []
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


def _messages(role: Role, content: Any) -> list[Message]:
    """Returns one message; two where a client writes results of tools and words under one role."""
    parts = message_parts(content, role)
    results = [part for part in parts if part.kind == "tool_result" or (part.call_id and part.hash)]
    if role == "user" and results and any(part.kind == "tool_result" for part in results):
        words = [part for part in parts if not any(part is result for result in results)]
        told: list[tuple[Role, list[Part]]]
        told = [("tool", results), ("user", words)] if words else [("tool", results)]
        return [Message(role=who, text=_text(who, said), parts=said) for who, said in told]
    if parts and all(part.kind == "tool_result" for part in parts):
        role = "tool"
    return [Message(role=role, text=_text(role, parts), parts=parts)]


def _message(role: Role, content: Any) -> Message:
    return _messages(role, content)[-1]


def _text(role: Role, parts: Sequence[Part]) -> str:
    """Returns the human text of a message's parts."""
    kinds = ("tool_result",) if role == "tool" else ("text", "refusal")
    return "\n".join(part.text for part in parts if part.kind in kinds and part.text)
