"""What is said to a model, as pydantic-ai has it. Nothing is fetched: addresses stay addresses."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from parley.conventions import LoadedPart
from parley.model import Message, Part
from parley.prompts.providers import PROVIDERS

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage

__all__ = ["refused_media", "told"]


def refused_media(part: Part, provider: str) -> str:
    """Returns why a provider cannot be told a media part, "" when it can."""
    takes = PROVIDERS[provider]
    if isinstance(part, LoadedPart):
        if part.media_type in takes.takes:
            return ""
        return f"{provider} takes no {part.media_type}, only {', '.join(takes.takes)}"
    if not part.uri:
        return f"expected data or an address, found a file that is {part.text or 'not there'}"
    if not part.uri.startswith(("https://", "http://")):
        return "expected an https:// address or a data: address"
    is_picture = part.media_type.partition("/")[0] == "image"
    if not is_picture or not takes.takes_addresses:
        what = "this by its address" if takes.takes_addresses else "addresses"
        return f"{provider} takes not {what}: send it as data"
    return ""


def told(messages: Sequence[Message]) -> "list[ModelMessage]":
    """Returns messages as pydantic-ai has them: what the model said, and all else between."""
    from pydantic_ai.messages import ModelRequest, ModelResponse  # noqa: PLC0415

    names = {p.call_id: p.name for m in messages for p in m.parts if p.kind == "tool_call"}
    found: list[ModelMessage] = []
    for message in messages:
        if message.role == "assistant":
            found.append(ModelResponse(parts=said_parts(message)))
            continue
        parts = asked_parts(message, names)
        if found and isinstance(found[-1], ModelRequest):
            found[-1] = ModelRequest(parts=[*found[-1].parts, *parts])
        else:
            found.append(ModelRequest(parts=parts))
    return found


def said_parts(message: Message) -> list[Any]:
    """Returns the parts of what the model said before: words and calls."""
    from pydantic_ai.messages import TextPart, ToolCallPart  # noqa: PLC0415

    parts: list[Any] = []
    for part in message.parts:
        if part.kind == "tool_call":
            parts.append(
                ToolCallPart(part.name, args=part.arguments or "{}", tool_call_id=part.call_id)
            )
        elif part.kind in ("text", "refusal"):
            parts.append(TextPart(part.text))
    return parts


def asked_parts(message: Message, names: dict[str, str]) -> list[Any]:
    """Returns the parts of what is said to the model. `names`: tool of a call's id."""
    from pydantic_ai.messages import (  # noqa: PLC0415
        SystemPromptPart,
        ToolReturnPart,
        UserPromptPart,
    )

    if message.role == "system":
        return [SystemPromptPart(message.text)]
    if message.role != "tool":
        return [UserPromptPart(content_of(message.parts))]
    return [
        ToolReturnPart(
            tool_name=result.name or names.get(result.call_id, ""),
            content=content_of([result, *pictures_of(message.parts, result.call_id)]),
            tool_call_id=result.call_id,
        )
        for result in message.parts
        if result.kind == "tool_result"
    ]


def pictures_of(parts: Iterable[Part], call_id: str) -> list[Part]:
    """Returns the media parts of a tool's result."""
    return [part for part in parts if part.kind == "media" and part.call_id == call_id]


def content_of(parts: Iterable[Part]) -> Any:
    """Returns text alone as text, else the list of texts and files."""
    from pydantic_ai.messages import BinaryContent, ImageUrl  # noqa: PLC0415

    content: list[Any] = []
    for part in parts:
        if isinstance(part, LoadedPart):
            content.append(BinaryContent(part.data, media_type=part.media_type))
        elif part.kind == "media":
            content.append(ImageUrl(part.uri))
        elif part.text:
            content.append(part.text)
    return content[0] if len(content) == 1 and isinstance(content[0], str) else content
