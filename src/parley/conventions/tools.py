"""Calls of tools and their results: a client's own, and those that run at the provider's."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from parley.conventions.media import is_media, media_part
from parley.model import Part

__all__ = ["inner_text", "is_call", "is_result", "readable", "text_of", "tool_call", "tool_parts"]

CALLS = {
    *("tool_call", "tool_use", "function_call", "tool-call", "tool_call_chunk"),
    *("invalid_tool_call", "custom_tool_call", "server_tool_call", "server_tool_use"),
    *("server_tool_call_chunk", "mcp_tool_use", "mcp_call", "mcp_list_tools"),
    *("mcp_approval_request", "web_search_call", "file_search_call", "code_interpreter_call"),
    *("computer_call", "local_shell_call", "shell_call", "apply_patch_call", "tool_search_call"),
    *("image_generation_call", "builtin-tool-call"),
}
RESULTS = {
    *("tool_call_response", "tool_result", "tool-result", "function_call_output"),
    *("custom_tool_call_output", "server_tool_call_response", "server_tool_result"),
    *("mcp_tool_result", "computer_call_output", "local_shell_call_output", "shell_call_output"),
    *("apply_patch_call_output", "mcp_approval_response", "tool-error", "tool_search_output"),
    *("builtin-tool-return",),
}
UNTYPED_CALLS = ("toolUse", "functionCall", "executableCode", "executable_code")
UNTYPED_RESULTS = (
    *("toolResult", "function_response", "functionResponse"),
    *("codeExecutionResult", "code_execution_result"),
)
ARGUMENTS = (
    *("arguments", "args", "input", "action", "server_tool_call", "code", "queries", "query"),
    *("operation", "parameters", "partial_json"),
)
BODIES = (
    *("response", "result", "server_tool_call_response", "content", "output", "outputs"),
    *("results", "tools", "error", "approve"),
)
CALL_IDS = ("call_id", "id", "toolUseId", "toolCallId", "tool_call_id", "approval_request_id")
RESULT_IDS = (
    *("call_id", "tool_use_id", "tool_call_id", "toolUseId", "toolCallId"),
    *("approval_request_id", "id"),
)
# What only the provider can read; it is as long as an image and says nothing.
CIPHERTEXT = {
    *("encrypted_content", "encrypted_index", "encrypted_stdout", "signature", "thoughtSignature"),
    *("thought_signature", "reasoning_encrypted"),
}
WORDS_OF_A_RESULT = {"type", "value"}  # the AI SDK says of which type the value is


def text_of(value: Any) -> str:
    """Returns text as it is, anything else as JSON without what only a provider can read."""
    if isinstance(value, str):
        return value
    if value is None:
        return ""
    return json.dumps(readable(value), ensure_ascii=False, default=str)


def readable(value: Any, depth: int = 0) -> Any:
    """Returns a value without its encrypted fields."""
    if depth > 20:
        return value
    if isinstance(value, dict):
        return {k: readable(v, depth + 1) for k, v in value.items() if k not in CIPHERTEXT}
    if isinstance(value, list):
        return [readable(item, depth + 1) for item in value]
    return value


def inner_text(item: Any) -> str:
    """Returns the text of a piece of a list: a text, a text part, else JSON."""
    if isinstance(item, dict):
        for key in ("text", "content"):
            if isinstance(item.get(key), str):
                return str(item[key])
        if isinstance(item.get("message_content"), dict):
            return inner_text(item["message_content"])
        if item.keys() == {"json"}:
            return text_of(item["json"])  # Bedrock
    return text_of(item)


def is_call(item: Mapping[str, Any]) -> bool:
    """Tells a call of a tool."""
    return item.get("type") in CALLS or any(isinstance(item.get(k), dict) for k in UNTYPED_CALLS)


def is_result(item: Mapping[str, Any]) -> bool:
    """Tells what a tool gave back, also one that ran at the provider's."""
    kind = item.get("type")
    return (
        kind in RESULTS
        or (isinstance(kind, str) and kind.endswith("_tool_result"))
        or any(isinstance(item.get(key), dict) for key in UNTYPED_RESULTS)
    )


def tool_parts(item: Mapping[str, Any]) -> list[Part]:
    """Returns the parts of a call or a result; a call that ran at the provider's may hold both."""
    if is_result(item):
        return _result(item)
    call = tool_call(item)
    found = [call] if call is not None else []
    kind = str(item.get("type") or "")
    if kind == "image_generation_call" and isinstance(item.get("result"), str):
        picture = {"type": "image", "data": item["result"], "format": item.get("output_format")}
        return [*found, media_part(picture)]
    ran = kind not in ("tool_call", "tool_use", "function_call") and kind.endswith(
        ("_call", "_list_tools")
    )
    body = next((item[key] for key in BODIES if ran and item.get(key) not in (None, "", [])), None)
    if body is not None and call is not None:
        found += _told(body, name=call.name, call_id=call.call_id)
    return found


def tool_call(item: Mapping[str, Any]) -> Part | None:
    """Returns a call; None for one without name and arguments."""
    inner: Mapping[str, Any] = item
    for key in ("tool_call", *UNTYPED_CALLS, "function_call"):
        if isinstance(inner.get(key), dict):
            inner = inner[key]
    function = inner
    for key in ("function", "custom"):
        if isinstance(inner.get(key), dict):
            function = inner[key]
    kind = str(item.get("type") or "")
    name = str(
        function.get("name")
        or function.get("toolName")
        or function.get("tool_name")
        or ("code_execution" if "executableCode" in item or "executable_code" in item else "")
    )
    if not name and kind.endswith(("_call", "_list_tools", "_approval_request")):
        name = "" if kind in CALLS_BY_NAME else kind.removesuffix("_call")
    arguments = next((function[key] for key in ARGUMENTS if function.get(key) is not None), "")
    if kind == "server_tool_call" and isinstance(arguments, dict):
        arguments = {key: value for key, value in arguments.items() if key != "type"}
        if arguments.keys() == {"arguments"}:
            arguments = arguments["arguments"]
    call_id = next((str(inner[key]) for key in CALL_IDS if inner.get(key)), "")
    if not name and not arguments:
        return None
    return Part(kind="tool_call", name=name, call_id=call_id, arguments=text_of(arguments))


CALLS_BY_NAME = ("tool_call", "function_call", "server_tool_call", "invalid_tool_call")


def _result(item: Mapping[str, Any]) -> list[Part]:
    inner: Mapping[str, Any] = item
    for key in UNTYPED_RESULTS:
        if isinstance(item.get(key), dict):
            inner = item[key]
    body = next((inner[key] for key in BODIES if inner.get(key) is not None), "")
    if isinstance(body, dict) and body.keys() == WORDS_OF_A_RESULT:
        body = body["value"]
    elif isinstance(body, dict) and body.keys() == {"type", "response"}:
        body = body["response"]  # a server tool says which it is
    call_id = next((str(inner[key]) for key in RESULT_IDS if inner.get(key)), "")
    name = str(inner.get("name") or inner.get("toolName") or inner.get("tool_name") or "")
    kind = str(item.get("type") or "")
    if not name and kind.endswith("_tool_result"):
        name = kind.removesuffix("_tool_result").replace("mcp", "")
    found = _told(body, name=name, call_id=call_id)
    for extra in inner.get("parts") or []:  # Gemini's results that are no JSON
        if isinstance(extra, dict) and is_media(extra):
            found.append(media_part(extra, call_id))
    return found


def _told(body: Any, *, name: str, call_id: str) -> list[Part]:
    """Returns a result's text, and beside it what is no text."""
    items = body if isinstance(body, list) else [body]
    pictures = [item for item in items if isinstance(item, dict) and is_media(item)]
    media = [media_part(item, call_id) for item in pictures]
    others = [item for item in items if not any(item is picture for picture in pictures)]
    read: Callable[[Any], str] = inner_text if isinstance(body, list) else text_of
    text = "\n".join(filter(None, (read(item) for item in others)))
    return [Part(kind="tool_result", text=text, name=name, call_id=call_id), *media]
