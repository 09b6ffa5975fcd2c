"""The pieces of one message, in every provider's spelling."""

import json
from typing import Any

from parley.model import Part, Role

__all__ = ["message_parts", "role_of"]

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
TEXT_TYPES = ("text", "input_text", "output_text", "message_text", "")
RESULT_TYPES = ("tool_call_response", "tool_result", "tool-result", "function_call_output")
MEDIA_TYPES = (
    "image",
    "image_url",
    "input_image",
    "audio",
    "input_audio",
    "file",
    "input_file",
    "blob",
    "uri",
    "document",
    "video",
)


def role_of(word: Any, default: Role) -> Role:
    """Returns Parley's role for a client's word."""
    return ROLES.get(str(word).lower(), default)


def text_of(value: Any) -> str:
    """Returns text as it is, anything else as JSON."""
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False, default=str)


def message_parts(content: Any, role: Role) -> list[Part]:
    """Returns the parts of a message: a text, a list of parts, or a message map."""
    if isinstance(content, dict) and not _has_body(content):
        return [part for part in [_part(content, role)] if part is not None]
    if not isinstance(content, dict):
        return _content(content, role, "", "")
    name = str(content.get("name") or "")
    call_id = str(content.get("tool_call_id") or content.get("id") or "") if role == "tool" else ""
    parts: list[Part] = []
    reasoning = content.get("reasoning_content") or content.get("reasoning")
    if isinstance(reasoning, str) and reasoning:
        parts.append(Part(kind="reasoning", text=reasoning))
    for key in ("content", "contents", "parts"):
        body = content.get(key)
        if body not in (None, "", []):
            parts += _content(body, role, name, call_id)
            break
    if content.get("refusal"):
        parts.append(Part(kind="refusal", text=text_of(content["refusal"])))
    known = {part.call_id for part in parts if part.kind == "tool_call" and part.call_id}
    for call in content.get("tool_calls") or []:
        found = _tool_call(call) if isinstance(call, dict) else None
        if found is not None and found.call_id not in known:
            parts.append(found)
    legacy = content.get("function_call")
    if isinstance(legacy, dict) and not content.get("tool_calls"):
        parts += [part for part in [_tool_call(legacy)] if part is not None]
    return parts


def _has_body(value: dict[str, Any]) -> bool:
    return (
        "role" in value
        or bool(
            value.keys()
            & {"content", "contents", "parts", "tool_calls", "function_call", "refusal"}
            and value.get("type")
            not in (
                *TEXT_TYPES,
                "tool_call",
                "tool_result",
                "tool_call_response",
                "reasoning",
                "thinking",
            )
        )
        or (value.get("type") in ("human", "ai", "system", "tool") and "content" in value)
    )


def _content(body: Any, role: Role, name: str, call_id: str) -> list[Part]:
    if not isinstance(body, list):
        body = [body]
    if role == "tool" and not any(isinstance(item, dict) and _is_result(item) for item in body):
        texts = [item if isinstance(item, str) else _inner_text(item) for item in body]
        text = "\n".join(text for text in texts if text)
        return [Part(kind="tool_result", text=text, name=name, call_id=call_id)]
    parts = []
    for item in body:
        part = _part(item, role)
        if part is not None:
            parts.append(part)
    return parts


def _is_result(item: dict[str, Any]) -> bool:
    return item.get("type") in RESULT_TYPES or bool(
        item.keys() & {"toolResult", "function_response", "functionResponse"}
    )


def _inner_text(item: Any) -> str:
    if isinstance(item, dict):
        for key in ("text", "content"):
            if isinstance(item.get(key), str):
                return str(item[key])
        if isinstance(item.get("message_content"), dict):
            return _inner_text(item["message_content"])
    return text_of(item)


def _part(item: Any, role: Role) -> Part | None:
    """Returns one part, None for what says nothing."""
    if not isinstance(item, dict):
        text = text_of(item)
        return Part(kind="text", text=text) if text else None
    if isinstance(item.get("message_content"), dict):
        return _part(item["message_content"], role)
    kind = str(item.get("type") or "")
    if kind in ("tool_call", "tool_use", "function_call", "tool-call") or "toolUse" in item:
        return _tool_call(item.get("toolUse") or item)
    if isinstance(item.get("function_call") or item.get("functionCall"), dict):
        return _tool_call(item.get("function_call") or item["functionCall"])
    if _is_result(item):
        return _tool_result(item)
    if kind in ("reasoning", "thinking"):
        said = item.get("content") or item.get("thinking") or item.get("text")
        text = _joined_text(said or item.get("summary"))
        return Part(kind="reasoning", text=text) if text else None
    if kind == "refusal":
        return Part(kind="refusal", text=text_of(item.get("refusal") or item.get("content")))
    if kind in MEDIA_TYPES:
        return _media(item, kind)
    body = item.get("text", item.get("content"))
    if isinstance(body, list):
        return Part(kind="text", text="\n".join(_inner_text(piece) for piece in body))
    if body in (None, ""):
        return None
    return Part(kind="text", text=text_of(body))


def _joined_text(value: Any) -> str:
    """Returns a text, or the texts of a list of pieces."""
    if isinstance(value, list):
        return "\n".join(_inner_text(piece) for piece in value)
    return text_of(value)


def _tool_call(call: dict[str, Any]) -> Part | None:
    inner = _below(call, "tool_call")
    function = _below(inner, "function")
    name = str(function.get("name") or function.get("toolName") or "")
    arguments = next(
        (function[key] for key in ("arguments", "args", "input") if function.get(key) is not None),
        "",
    )
    call_id = str(
        inner.get("call_id")
        or inner.get("id")
        or inner.get("toolUseId")
        or inner.get("toolCallId")
        or ""
    )
    if not name and not arguments:
        return None
    return Part(kind="tool_call", name=name, call_id=call_id, arguments=text_of(arguments))


def _below(value: dict[str, Any], key: str) -> dict[str, Any]:
    """Returns the map under a key, the value itself when there is none."""
    inner = value.get(key)
    return inner if isinstance(inner, dict) else value


def _tool_result(item: dict[str, Any]) -> Part:
    inner = item.get("toolResult") or item.get("function_response") or item.get("functionResponse")
    inner = inner if isinstance(inner, dict) else item
    body = next(
        (
            inner[key]
            for key in ("response", "result", "content", "output")
            if inner.get(key) is not None
        ),
        "",
    )
    if isinstance(body, dict) and body.keys() == {"type", "value"}:
        body = body["value"]  # the AI SDK says of which type the value is
    if isinstance(body, list):
        body = "\n".join(_inner_text(piece) for piece in body)
    call_id = next(
        (
            str(inner[key])
            for key in ("call_id", "id", "tool_use_id", "tool_call_id", "toolUseId", "toolCallId")
            if inner.get(key)
        ),
        "",
    )
    name = str(inner.get("name") or inner.get("toolName") or "")
    return Part(kind="tool_result", text=text_of(body), name=name, call_id=call_id)


def _media(item: dict[str, Any], kind: str) -> Part:
    """Describes an attachment: where it is when a URL says so, else how large it is."""
    source = next(
        (
            item[key]
            for key in ("image_url", "source", "uri", "url", "data", "content", "image", "file")
            if item.get(key)
        ),
        "",
    )
    if isinstance(source, dict):
        source = source.get("url") or source.get("uri") or source.get("data") or ""
    uri = source if isinstance(source, str) and source.startswith(("http://", "https://")) else ""
    media = str(item.get("mime_type") or item.get("media_type") or item.get("mimeType") or kind)
    size = "" if uri else f"{len(str(source))} characters of {kind} data"
    return Part(kind="media", media_type=media, uri=uri, text=size)
