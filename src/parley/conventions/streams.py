"""Streamed answers as clients write them down: chunks, deltas and events, one after the other."""

from typing import Any

__all__ = ["chunk_message", "is_chunk", "is_whole"]

WHOLE = ("response.completed", "response.done", "response.incomplete")
DELTAS = {  # events of OpenAI's Responses API -> what a piece of the answer they bring
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
}
SILENT = ("message_start", "message_delta", "message_stop", "content_block_stop")
BLOCKS = ("content_block_start", "content_block_delta")
CHUNK_TYPES = ("AIMessageChunk",)


def is_chunk(value: Any) -> bool:
    """Tells a piece of a streamed answer."""
    if not isinstance(value, dict):
        return False
    if value.get("finish_reason") == "" and "role" in value:
        return True  # Google ADK: a message that says it has not finished
    if "delta" in value and ("role" in value or "index" in value):
        return True
    kind = value.get("type")
    if kind in CHUNK_TYPES or kind in BLOCKS or kind in SILENT:
        return True
    if isinstance(kind, str) and kind.startswith("response.") and kind not in WHOLE:
        return True
    if isinstance(value.get("candidates"), list):
        return True  # Gemini: each chunk is a response
    return _choice_of(value) is not None


def is_whole(value: Any) -> bool:
    """Tells the last event of a stream, which holds the answer once more."""
    return isinstance(value, dict) and value.get("type") in WHOLE and "response" in value


def _choice_of(value: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the first choice of a chat completion chunk, {} of one without; None for others."""
    choices = value.get("choices")
    if not isinstance(choices, list):
        return None
    if not choices:
        return {} if str(value.get("object") or "").endswith(".chunk") else None
    first = choices[0]
    return first if isinstance(first, dict) and isinstance(first.get("delta"), dict) else None


def chunk_message(value: dict[str, Any]) -> dict[str, Any] | None:
    """Returns the message that a chunk is a piece of, {} for one that says nothing.

    None for what is no chunk.
    """
    kind = value.get("type")
    if is_whole(value):
        response = value["response"]
        return response if isinstance(response, dict) else {}
    if kind in DELTAS:
        part = {"type": DELTAS[kind], "text": value.get("delta"), "refusal": value.get("delta")}
        return {"role": "assistant", "content": [part]}
    if kind in SILENT or (isinstance(kind, str) and kind.startswith("response.")):
        return {}
    if kind == "content_block_start" and isinstance(value.get("content_block"), dict):
        block = dict(value["content_block"])
        if block.get("input") == {}:
            block["input"] = ""  # its arguments follow
        return {"role": "assistant", "content": [block]}
    if kind == "content_block_delta" and isinstance(value.get("delta"), dict):
        return _of_delta(value["delta"])
    choice = _choice_of(value)
    if choice is not None:
        return {"role": "assistant", **choice["delta"]} if choice else {}
    delta = value.get("delta")
    if isinstance(delta, dict) and "role" not in delta and "index" in value:
        return {"role": "assistant", **delta}
    return None


def _of_delta(delta: dict[str, Any]) -> dict[str, Any]:
    """Returns the piece of a message that a delta of Anthropic's is."""
    match delta.get("type"):
        case "text_delta":
            part = {"type": "text", "text": delta.get("text")}
        case "thinking_delta":
            part = {"type": "thinking", "thinking": delta.get("thinking")}
        case "input_json_delta":
            part = {"type": "tool_use", "partial_json": delta.get("partial_json")}
        case _:
            return {}
    return {"role": "assistant", "content": [part]}
