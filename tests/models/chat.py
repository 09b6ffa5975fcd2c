"""OpenAI's chat completions: /v1/chat/completions."""

from collections.abc import Iterator
from typing import Any

from tests.models.script import ANSWERED_AS, Answer, Call, Failure, Heard, Said

__all__ = ["answer_body", "answer_events", "error_body", "hear"]

CREATED = 1_767_225_600


def hear(body: dict[str, Any], header: str) -> Heard:
    """Returns what a request says. Raises KeyError naming a field that it must have."""
    options = body.get("stream_options") or {}
    return Heard(
        model=body["model"],
        messages=tuple(
            Said("system" if item["role"] == "developer" else item["role"], text_of(item))
            for item in body["messages"]
        ),
        has_tools=bool(body.get("tools") or body.get("functions")),
        stream=bool(body.get("stream")),
        wants_usage=bool(options.get("include_usage")) or not body.get("stream"),
        header=header,
    )


def text_of(item: dict[str, Any]) -> str:
    """Returns the text of a message; what a model wrote to call tools counts as text."""
    content = item.get("content") or ""
    if isinstance(content, list):
        content = "\n".join(part.get("text") or part.get("refusal") or "" for part in content)
    called = [
        f"{call['function']['name']} {call['function']['arguments']}"
        for call in item.get("tool_calls") or []
    ]
    return "\n".join([content, *called] if content else called)


def answer_body(heard: Heard, answer: Answer, number: int) -> dict[str, Any]:
    """Returns a completion."""
    message: dict[str, Any] = {
        "role": "assistant",
        "content": answer.text or None,
        "refusal": answer.refusal or None,
    }
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = [call_item(call) for call in answer.calls]
    return {
        **frame(heard, number, "chat.completion"),
        "choices": [
            {"index": 0, "message": message, "finish_reason": finish(answer), "logprobs": None}
        ],
        "usage": usage_body(answer),
    }


def answer_events(heard: Heard, answer: Answer, number: int) -> Iterator[tuple[str, Any]]:
    """Yields the chunks of a stream as (event name, data); OpenAI's events have no name."""
    head = frame(heard, number, "chat.completion.chunk")

    def chunk(delta: dict[str, Any], ending: str | None = None) -> tuple[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": ending, "logprobs": None}
        return "", {**head, "choices": [choice]}

    yield chunk({"role": "assistant", "content": "" if not answer.calls else None})
    for piece in pieces(answer.reasoning):
        yield chunk({"reasoning_content": piece})
    for piece in pieces(answer.text):
        yield chunk({"content": piece})
    for piece in pieces(answer.refusal):
        yield chunk({"refusal": piece})
    for place, call in enumerate(answer.calls):
        opened = {**call_item(call), "index": place}
        yield chunk({"tool_calls": [{**opened, "function": {"name": call.name, "arguments": ""}}]})
        for piece in pieces(call.arguments):
            yield chunk({"tool_calls": [{"index": place, "function": {"arguments": piece}}]})
    yield chunk({}, finish(answer))
    if heard.wants_usage:
        yield "", {**head, "choices": [], "usage": usage_body(answer)}
    yield "", "[DONE]"


def frame(heard: Heard, number: int, kind: str) -> dict[str, Any]:
    """Returns what every answer starts with."""
    model = heard.model.split("+")[0]
    return {
        "id": f"chatcmpl-{number:08d}",
        "object": kind,
        "created": CREATED,
        "model": ANSWERED_AS.get(model, model),
        "system_fingerprint": None,
    }


def call_item(call: Call) -> dict[str, Any]:
    """Returns a tool call."""
    function = {"name": call.name, "arguments": call.arguments}
    return {"id": call.id, "type": "function", "function": function}


def finish(answer: Answer) -> str:
    """Returns why the answer ends."""
    return "tool_calls" if answer.calls else "stop"


def usage_body(answer: Answer) -> dict[str, Any]:
    """Returns the usage."""
    used = answer.usage
    return {
        "prompt_tokens": used.input,
        "completion_tokens": used.output,
        "total_tokens": used.input + used.output,
        "prompt_tokens_details": {"cached_tokens": used.cached, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": used.reasoning, "audio_tokens": 0},
    }


def pieces(text: str) -> list[str]:
    """Returns a text in words, each with the space before it."""
    words = text.split(" ")
    return [f" {word}" if place else word for place, word in enumerate(words)] if text else []


def error_body(failure: Failure) -> dict[str, Any]:
    """Returns a refusal."""
    kinds = {400: "invalid_request_error", 401: "invalid_request_error", 429: "rate_limit_error"}
    kind = kinds.get(failure.status, "server_error")
    return {"error": {"message": failure.message, "type": kind, "param": None, "code": None}}
