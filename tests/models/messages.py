"""Anthropic's messages: /v1/messages."""

import json
from collections.abc import Iterator
from typing import Any

from tests.models.chat import pieces
from tests.models.script import ANSWERED_AS, Answer, Failure, Heard, Said

__all__ = ["answer_body", "answer_events", "error_body", "hear"]


def hear(body: dict[str, Any], header: str) -> Heard:
    """Returns what a request says. Raises KeyError naming a field that it must have."""
    body["max_tokens"]  # without it Anthropic refuses
    said = [Said("system", text_of(body["system"]))] if body.get("system") else []
    for item in body["messages"]:
        said.extend(said_by(item))
    return Heard(
        model=body["model"],
        messages=tuple(said),
        has_tools=bool(body.get("tools")),
        stream=bool(body.get("stream")),
        header=header,
    )


def said_by(item: dict[str, Any]) -> Iterator[Said]:
    """Yields the tool results of a message, each as a message, then the rest of it."""
    content = item["content"]
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    for block in blocks:
        if block["type"] == "tool_result":
            yield Said("tool", text_of(block.get("content") or ""))
    rest = [block for block in blocks if block["type"] != "tool_result"]
    if rest:
        yield Said(item["role"], text_of(rest))


def text_of(content: str | list[dict[str, Any]]) -> str:
    """Returns the text of content; what a model wrote to call tools counts as text."""
    if isinstance(content, str):
        return content
    texts = []
    for block in content:
        match block["type"]:
            case "tool_use":
                texts.append(f"{block['name']} {json.dumps(block['input'])}")
            case "text":
                texts.append(block["text"])
    return "\n".join(texts)


def answer_body(heard: Heard, answer: Answer, number: int) -> dict[str, Any]:
    """Returns a message."""
    return {
        **frame(heard, number),
        "content": blocks_of(answer),
        "stop_reason": ending(answer),
        "stop_sequence": None,
        "usage": usage_body(answer),
    }


def answer_events(heard: Heard, answer: Answer, number: int) -> Iterator[tuple[str, Any]]:
    """Yields the events of a stream as (event name, data)."""
    opened = {**frame(heard, number), "content": [], "stop_reason": None, "stop_sequence": None}
    opened["usage"] = {**usage_body(answer), "output_tokens": 1}
    yield event("message_start", message=opened)
    for place, block in enumerate(blocks_of(answer)):
        yield from block_events(place, block)
    yield event(
        "message_delta",
        delta={"stop_reason": ending(answer), "stop_sequence": None},
        usage={"output_tokens": answer.usage.output},
    )
    yield event("message_stop")


def block_events(place: int, block: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yields one block: its start, its pieces, its end."""
    match block["type"]:
        case "text":
            empty, kind, name, text = {"text": ""}, "text_delta", "text", block["text"]
        case "thinking":
            empty = {"thinking": "", "signature": ""}
            kind, name, text = "thinking_delta", "thinking", block["thinking"]
        case _:
            empty = {"id": block["id"], "name": block["name"], "input": {}}
            kind, name, text = "input_json_delta", "partial_json", json.dumps(block["input"])
    yield event("content_block_start", index=place, content_block={"type": block["type"], **empty})
    for piece in pieces(text):
        yield event("content_block_delta", index=place, delta={"type": kind, name: piece})
    if signature := block.get("signature"):
        delta = {"type": "signature_delta", "signature": signature}
        yield event("content_block_delta", index=place, delta=delta)
    yield event("content_block_stop", index=place)


def event(name: str, **data: Any) -> tuple[str, Any]:
    """Returns an event, whose data repeat its name."""
    return name, {"type": name, **data}


def blocks_of(answer: Answer) -> list[dict[str, Any]]:
    """Returns the content of an answer."""
    blocks: list[dict[str, Any]] = []
    if answer.reasoning:
        blocks.append({"type": "thinking", "thinking": answer.reasoning, "signature": "signed"})
    if answer.text or answer.refusal:
        blocks.append({"type": "text", "text": answer.text or answer.refusal})
    for call in answer.calls:
        given = json.loads(call.arguments)
        blocks.append({"type": "tool_use", "id": call.id, "name": call.name, "input": given})
    return blocks


def ending(answer: Answer) -> str:
    """Returns why the answer ends."""
    return "tool_use" if answer.calls else "refusal" if answer.refusal else "end_turn"


def frame(heard: Heard, number: int) -> dict[str, Any]:
    """Returns what every answer starts with."""
    model = heard.model.split("+")[0]
    return {
        "id": f"msg_{number:08d}",
        "type": "message",
        "role": "assistant",
        "model": ANSWERED_AS.get(model, model),
    }


def usage_body(answer: Answer) -> dict[str, Any]:
    """Returns the usage; Anthropic's input leaves out what came from the cache."""
    used = answer.usage
    return {
        "input_tokens": used.input - used.cached,
        "output_tokens": used.output,
        "cache_read_input_tokens": used.cached,
        "cache_creation_input_tokens": 0,
    }


def error_body(failure: Failure) -> dict[str, Any]:
    """Returns a refusal."""
    kinds = {400: "invalid_request_error", 401: "authentication_error", 429: "rate_limit_error"}
    kind = kinds.get(failure.status, "api_error")
    return {"type": "error", "error": {"type": kind, "message": failure.message}}
