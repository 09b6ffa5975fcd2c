"""The pieces of one message, in every provider's spelling."""

import re
from collections.abc import Mapping
from typing import Any

from parley.conventions.media import is_media, media_part
from parley.conventions.tools import (
    inner_text,
    is_call,
    is_result,
    text_of,
    tool_call,
    tool_parts,
)
from parley.conventions.values import parse_json
from parley.model import Part, Role

__all__ = ["ENCRYPTED", "is_part_kind", "message_parts", "role_of"]

ROLES: dict[str, Role] = {
    "user": "user",
    "human": "user",
    "humanmessage": "user",
    "humanmessagechunk": "user",
    "assistant": "assistant",
    "ai": "assistant",
    "model": "assistant",
    "aimessage": "assistant",
    "aimessagechunk": "assistant",
    "system": "system",
    "developer": "system",
    "systemmessage": "system",
    "tool": "tool",
    "function": "tool",
    "toolmessage": "tool",
    "functionmessage": "tool",
}
TEXT_TYPES = {"text", "input_text", "output_text", "message_text", "text-plain", "summary_text", ""}
REASONING_TYPES = {
    *("reasoning", "thinking", "redacted_thinking", "redacted-reasoning"),
    *("reasoning.text", "reasoning.summary", "reasoning.encrypted", "reasoning_text"),
}
SILENT_TYPES = {"cachePoint", "item_reference", "step-start", "tool_reference", "ping"}
ENCRYPTED = "encrypted: only the provider can read it"
BODY_KEYS = ("content", "contents", "parts")
MESSAGE_KEYS = {*BODY_KEYS, "tool_calls", "function_call", "refusal"}
TYPED_MESSAGES = ("human", "ai", "system", "tool")
MAX_DEPTH = 12
# What CrewAI writes around the description of a task; the person's words stand in it.
FRAME = "Current Task: "
FRAMED = re.compile(
    rf"\s*{FRAME}(.*?)\n\nThis is the expect(?:ed)? criteria for your final answer:", re.DOTALL
)


def role_of(word: Any, default: Role) -> Role:
    """Returns Parley's role for a client's word."""
    return ROLES.get(str(word).lower(), default)


def is_part_kind(item: Mapping[str, Any]) -> bool:
    """Tells by its type, or its only key, what can only be a part of a message."""
    kind = item.get("type")
    return (
        kind in REASONING_TYPES
        or kind == "refusal"
        or is_call(item)
        or is_result(item)
        or is_media(item)
        or isinstance(item.get("reasoningContent"), dict)
    )


def message_parts(content: Any, role: Role) -> list[Part]:
    """Returns the parts of a message: a text, a list of parts, or a message map."""
    if isinstance(content, dict) and not _has_body(content):
        return _parts(content, role, 0)
    if not isinstance(content, dict):
        return _content(content, role, "", "")
    name = str(content.get("name") or "")
    call_id = str(content.get("tool_call_id") or content.get("id") or "") if role == "tool" else ""
    parts = _beside_before(content)
    for key in BODY_KEYS:
        body = content.get(key)
        if body not in (None, "", []):
            parts += _content(body, role, name, call_id)
            break
    return parts + _beside_after(content, parts)


def _beside_before(message: Mapping[str, Any]) -> list[Part]:
    """Returns the reasoning that stands beside a message's content."""
    more = message.get("additional_kwargs")
    extra = more if isinstance(more, dict) else {}
    for source in (message, extra):
        for key in ("reasoning_content", "reasoning"):
            if isinstance(source.get(key), str) and source[key]:
                return [Part(kind="reasoning", text=source[key])]
    details = message.get("reasoning_details")
    if isinstance(details, list):
        found = [part for item in details for part in _parts(item, "assistant", 1)]
        return [part for part in found if part.kind == "reasoning"]
    return []


def _beside_after(message: Mapping[str, Any], parts: list[Part]) -> list[Part]:
    """Returns what else stands beside a message's content: refusal, calls, sound, sources."""
    found: list[Part] = []
    more = message.get("additional_kwargs")
    extra = more if isinstance(more, dict) else {}
    if refusal := message.get("refusal") or extra.get("refusal"):
        found.append(Part(kind="refusal", text=text_of(refusal)))
    known = {part.call_id for part in parts if part.kind == "tool_call" and part.call_id}
    calls = message.get("tool_calls") or message.get("toolCalls") or extra.get("tool_calls") or []
    calls = list(calls) if isinstance(calls, list) else []
    wrong = message.get("invalid_tool_calls")
    for call in [*calls, *(wrong if isinstance(wrong, list) else [])]:
        part = tool_call(call) if isinstance(call, dict) else None
        if part is not None and part.call_id not in known:
            found.append(part)
    legacy = message.get("function_call") or extra.get("function_call")
    if isinstance(legacy, dict) and not calls:
        found += [part for part in [tool_call(legacy)] if part is not None]
    elif message.get("function_call_name") and not calls:  # OpenInference
        told = message.get("function_call_arguments_json", "")
        called = {"name": message["function_call_name"], "arguments": told}
        found += [part for part in [tool_call(called)] if part is not None]
    spoken = message.get("audio")
    if isinstance(spoken, dict):
        found += _media_parts({"type": "audio", "audio": spoken})
    pictures = message.get("images")
    for item in pictures if isinstance(pictures, list) else []:
        found += _media_parts(item if isinstance(item, dict) else {"type": "image", "data": item})
    return found + _citations(message)


def _has_body(value: Mapping[str, Any]) -> bool:
    if "role" in value:
        return True
    kind = value.get("type")
    if kind in TYPED_MESSAGES and "content" in value:
        return True
    is_part = kind is not None and (kind in TEXT_TYPES or is_part_kind(value))
    return bool(value.keys() & MESSAGE_KEYS) and not is_part


def _content(body: Any, role: Role, name: str, call_id: str) -> list[Part]:
    if body.__class__ is str and role == "user" and FRAME in body[:20]:
        body = _unframed(body)
    if not isinstance(body, list):
        body = (_listed(body) if role != "tool" else None) or [body]
    if role == "tool" and not any(isinstance(item, dict) and is_result(item) for item in body):
        pictures = [item for item in body if isinstance(item, dict) and _is_media_piece(item)]
        others = [item for item in body if not any(item is picture for picture in pictures)]
        texts = [item if isinstance(item, str) else inner_text(item) for item in others]
        text = "\n".join(text for text in texts if text)
        result = Part(kind="tool_result", text=text, name=name, call_id=call_id)
        return [result, *(media_part(_unwrapped(item), call_id) for item in pictures)]
    return [part for item in body for part in _parts(item, role, 0)]


def _unframed(body: str) -> str:
    """Returns the words that a framework put a frame around, any other text as it is."""
    found = FRAMED.match(body)
    return found[1] if found else body


def _listed(body: Any) -> list[Any] | None:
    """Returns the parts that a text is the JSON of, as flattened attributes have them."""
    if not isinstance(body, str) or not body.startswith("[{"):
        return None
    found = parse_json(body)
    is_parts = isinstance(found, list) and all(
        isinstance(item, dict) and (item.get("type") in TEXT_TYPES or is_part_kind(item))
        for item in found
    )
    return found if is_parts else None


def _unwrapped(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """Returns the content of OpenInference's wrapper, any other part as it is."""
    inner = item.get("message_content")
    return inner if isinstance(inner, dict) else item


def _is_media_piece(item: Mapping[str, Any]) -> bool:
    return is_media(_unwrapped(item))


def _parts(item: Any, role: Role, depth: int) -> list[Part]:
    """Returns the parts that one item of a message's content is; none for what says nothing."""
    if depth > MAX_DEPTH:
        return []
    if not isinstance(item, dict):
        text = text_of(item)
        return [Part(kind="text", text=text)] if text else []
    for wrapper in ("message_content", "non_standard"):
        if isinstance(item.get(wrapper), dict):
            return _parts(item[wrapper], role, depth + 1)
    kind = item.get("type")
    kind = kind if isinstance(kind, str) else ""
    if kind in SILENT_TYPES or "cachePoint" in item:
        return []
    if kind == "non_standard":
        return _parts(item.get("value"), role, depth + 1)
    if is_call(item) or is_result(item):
        return tool_parts(item)
    if not kind and isinstance(item.get("function_call"), dict):
        return tool_parts(item)
    if kind in REASONING_TYPES or "reasoningContent" in item or item.get("thought") is True:
        return _reasoning(item)
    if kind == "refusal":
        return [Part(kind="refusal", text=text_of(item.get("refusal") or item.get("content")))]
    if is_media(item):
        return _media_parts(item)
    if kind == "source" or isinstance(item.get("searchResult"), dict) or kind == "search_result":
        return _citations({"citations": [item.get("searchResult") or item]})
    for wrapper in ("guardContent", "citationsContent"):  # Bedrock
        if isinstance(item.get(wrapper), dict):
            inner = item[wrapper]
            told = inner.get("content") or inner.get("text") or []
            told = told if isinstance(told, list) else [told]
            found = [part for piece in told for part in _parts(piece, role, depth + 1)]
            return found + _citations(inner)
    return _text_parts(item)


def _text_parts(item: Mapping[str, Any]) -> list[Part]:
    body = item.get("text", item.get("content"))
    if isinstance(body, list):
        return [Part(kind="text", text="\n".join(inner_text(piece) for piece in body))]
    if body in (None, ""):
        return []
    return [Part(kind="text", text=text_of(body)), *_citations(item)]


def _media_parts(item: Mapping[str, Any]) -> list[Part]:
    """Returns a media part; before it the words of a recording, or the blocks of a document."""
    inner = next((item[k] for k in ("audio", "input_audio") if isinstance(item.get(k), dict)), item)
    inner = inner["audio"] if isinstance(inner.get("audio"), dict) else inner
    words = inner.get("transcript")
    source = item.get("source")
    if isinstance(source, dict) and isinstance(source.get("content"), list):
        return [part for piece in source["content"] for part in _parts(piece, "user", 1)]
    said = [Part(kind="text", text=words)] if isinstance(words, str) and words else []
    part = media_part(item)
    return said if said and part.text == "not sent" else [*said, part]


def _reasoning(item: Mapping[str, Any]) -> list[Part]:
    """Returns the reasoning that can be read; says so where only the provider can."""
    inner = item.get("reasoningContent")
    if isinstance(inner, dict):
        told = inner.get("reasoningText")
        item = told if isinstance(told, dict) else {"data": inner.get("redactedContent")}
    said = next(
        (item[k] for k in ("content", "thinking", "text", "reasoning", "summary") if item.get(k)),
        None,
    )
    if text := _joined(said) or ("" if isinstance(said, list) else text_of(said)):
        return [Part(kind="reasoning", text=text)]
    hidden = any(item.get(key) for key in ("encrypted_content", "data", "signature"))
    return [Part(kind="reasoning", text=ENCRYPTED)] if hidden else []


def _citations(item: Mapping[str, Any]) -> list[Part]:
    """Returns what a text refers to: title, quoted words and address."""
    found: list[Part] = []
    for key in ("annotations", "citations"):
        listed = item.get(key)
        for entry in listed if isinstance(listed, list) else []:
            if isinstance(entry, str):
                part = Part(kind="citation", uri=entry)
            elif isinstance(entry, dict):
                part = _citation(entry)
            else:
                continue
            if part not in found and (part.name or part.text or part.uri):
                found.append(part)
    return found


def _joined(body: Any) -> str:
    return "\n".join(map(inner_text, body)) if isinstance(body, list) else ""


def _citation(entry: Mapping[str, Any]) -> Part:
    for wrapper in ("url_citation", "file_citation", "location"):
        if isinstance(entry.get(wrapper), dict):
            entry = {**entry, **entry[wrapper]}
    if isinstance(entry.get("web"), dict):
        entry = {**entry, **entry["web"]}

    def first(*keys: str) -> str:
        return next((entry[k] for k in keys if isinstance(entry.get(k), str) and entry[k]), "")

    return Part(
        kind="citation",
        name=first("title", "document_title", "filename", "file_id"),
        text=first("cited_text", "quote", "content") or _joined(entry.get("content")),
        uri=first("url", "uri", "source"),
    )
