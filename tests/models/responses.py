"""OpenAI's responses: /v1/responses."""

from collections.abc import Iterator
from typing import Any

from tests.models.chat import CREATED, pieces
from tests.models.script import ANSWERED_AS, Answer, Heard, Said

__all__ = ["answer_body", "answer_events", "hear"]


def hear(body: dict[str, Any], header: str) -> Heard:
    """Returns what a request says. Raises KeyError naming a field that it must have."""
    said = [Said("system", body["instructions"])] if body.get("instructions") else []
    given = body["input"]
    if isinstance(given, str):
        said.append(Said("user", given))
    else:
        said.extend(said_by(item) for item in given if item.get("type") != "reasoning")
    return Heard(
        model=body["model"],
        messages=tuple(said),
        has_tools=bool(body.get("tools")),
        stream=bool(body.get("stream")),
        header=header,
    )


def said_by(item: dict[str, Any]) -> Said:
    """Returns an item of the input as a message."""
    match item.get("type", "message"):
        case "function_call":
            return Said("assistant", f"{item['name']} {item['arguments']}")
        case "function_call_output":
            return Said("tool", text_of(item["output"]))
        case _:
            role = "system" if item["role"] == "developer" else item["role"]
            return Said(role, text_of(item["content"]))


def text_of(content: str | list[dict[str, Any]]) -> str:
    """Returns the text of content."""
    if isinstance(content, str):
        return content
    return "\n".join(part.get("text") or part.get("refusal") or "" for part in content)


def answer_body(heard: Heard, answer: Answer, number: int) -> dict[str, Any]:
    """Returns a finished response."""
    return {
        **frame(heard, number),
        "status": "completed",
        "output": items_of(answer, number),
        "usage": usage_body(answer),
    }


def answer_events(heard: Heard, answer: Answer, number: int) -> Iterator[tuple[str, Any]]:
    """Yields the events of a stream as (event name, data)."""
    opened = {**frame(heard, number), "status": "in_progress", "output": [], "usage": None}
    told = [
        ("response.created", {"response": opened}),
        ("response.in_progress", {"response": opened}),
    ]
    for place, item in enumerate(items_of(answer, number)):
        told.extend(item_events(place, item))
    told.append(("response.completed", {"response": answer_body(heard, answer, number)}))
    for number_of_event, (name, data) in enumerate(told):
        yield name, {"type": name, "sequence_number": number_of_event, **data}


def item_events(place: int, item: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yields one item of the output: its start, its pieces, its end."""
    of_item = {"item_id": item["id"], "output_index": place}
    match item["type"]:
        case "message":
            part = item["content"][0]
            name = "output_text" if part["type"] == "output_text" else "refusal"
            key = "text" if name == "output_text" else "refusal"
            of_part = {**of_item, "content_index": 0}
            started = {**item, "status": "in_progress", "content": []}
            yield "response.output_item.added", {"output_index": place, "item": started}
            yield "response.content_part.added", {**of_part, "part": {**part, key: ""}}
            for piece in pieces(part[key]):
                yield f"response.{name}.delta", {**of_part, "delta": piece, "logprobs": []}
            yield f"response.{name}.done", {**of_part, key: part[key], "logprobs": []}
            yield "response.content_part.done", {**of_part, "part": part}
        case "function_call":
            started = {**item, "status": "in_progress", "arguments": ""}
            yield "response.output_item.added", {"output_index": place, "item": started}
            called = "response.function_call_arguments"
            for piece in pieces(item["arguments"]):
                yield f"{called}.delta", {**of_item, "delta": piece}
            ended = {**of_item, "name": item["name"], "arguments": item["arguments"]}
            yield f"{called}.done", ended
        case _:
            started = {**item, "summary": []}
            yield "response.output_item.added", {"output_index": place, "item": started}
            of_part = {**of_item, "summary_index": 0}
            part = item["summary"][0]
            told = "response.reasoning_summary"
            yield f"{told}_part.added", {**of_part, "part": {**part, "text": ""}}
            for piece in pieces(part["text"]):
                yield f"{told}_text.delta", {**of_part, "delta": piece}
            yield f"{told}_text.done", {**of_part, "text": part["text"]}
            yield f"{told}_part.done", {**of_part, "part": part}
    yield "response.output_item.done", {"output_index": place, "item": item}


def items_of(answer: Answer, number: int) -> list[dict[str, Any]]:
    """Returns the output of an answer."""
    items: list[dict[str, Any]] = []
    if answer.reasoning:
        summary = [{"type": "summary_text", "text": answer.reasoning}]
        items.append({"type": "reasoning", "id": f"rs_{number:08d}", "summary": summary})
    for place, call in enumerate(answer.calls):
        made = {"call_id": call.id, "name": call.name, "arguments": call.arguments}
        identity = {"type": "function_call", "id": f"fc_{number:08d}_{place}"}
        items.append({**identity, **made, "status": "completed"})
    if answer.text or answer.refusal:
        part: dict[str, Any] = {"type": "refusal", "refusal": answer.refusal}
        if answer.text:
            part = {"type": "output_text", "text": answer.text, "annotations": [], "logprobs": []}
        identity = {"type": "message", "id": f"msg_{number:08d}", "role": "assistant"}
        items.append({**identity, "status": "completed", "content": [part]})
    return items


def frame(heard: Heard, number: int) -> dict[str, Any]:
    """Returns what every response starts with."""
    model = heard.model.split("+")[0]
    return {
        "id": f"resp_{number:08d}",
        "object": "response",
        "created_at": CREATED,
        "model": ANSWERED_AS.get(model, model),
        "error": None,
        "incomplete_details": None,
        "instructions": heard.system or None,
        "metadata": {},
        "parallel_tool_calls": True,
        "temperature": 1.0,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1.0,
    }


def usage_body(answer: Answer) -> dict[str, Any]:
    """Returns the usage."""
    used = answer.usage
    return {
        "input_tokens": used.input,
        "input_tokens_details": {"cached_tokens": used.cached},
        "output_tokens": used.output,
        "output_tokens_details": {"reasoning_tokens": used.reasoning},
        "total_tokens": used.input + used.output,
    }
