"""The one place that calls models: Parley's messages to pydantic-ai's, its answers and errors back.

pydantic-ai and the providers' clients are imported at the first call: they take over a second.
"""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from parley.model import Message, Part
from parley.pricing import Tokens
from parley.prompts.errors import BadInputs, PromptError, ProviderBusy, ProviderFailed

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

__all__ = ["PROVIDERS", "Answered", "ModelCall", "ask", "stream"]

TIMEOUT_SECONDS = 120.0
RETRIES = 2
MODELS_KEPT = 256
ERROR_CHARACTERS = 500


class Provider(Struct, frozen=True):
    """Where a provider's key and address may stand in the server's environment."""

    title: str
    key_variables: tuple[str, ...]
    url_variable: str = ""


PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        "OpenAI, and whatever speaks its API", ("OPENAI_API_KEY",), "OPENAI_BASE_URL"
    ),
    "anthropic": Provider("Anthropic", ("ANTHROPIC_API_KEY",), "ANTHROPIC_BASE_URL"),
    "google": Provider("Google Gemini", ("GOOGLE_API_KEY", "GEMINI_API_KEY")),
    "mistral": Provider("Mistral", ("MISTRAL_API_KEY",)),
}


class ModelCall(Struct, frozen=True, kw_only=True):
    """What is asked of which model, and with whose key."""

    provider: str
    model: str
    api_key: str
    base_url: str
    messages: list[Message]
    parameters: dict[str, Any]
    tools: list[dict[str, Any]]
    response_format: dict[str, Any] | None


class Answered(Struct, frozen=True, kw_only=True):
    """What a model said, and what it took."""

    parts: list[Part]
    tokens: Tokens
    model: str
    response_id: str
    finish_reason: str
    ttft_seconds: float | None = None
    has_usage: bool = True

    @property
    def text(self) -> str:
        """The words for a person."""
        return "".join(part.text for part in self.parts if part.kind == "text")


async def ask(call: ModelCall) -> Answered:
    """Returns a model's answer. Raises ProviderBusy, ProviderFailed, BadInputs."""
    model = await asyncio.to_thread(model_of, call)
    from pydantic_ai.direct import model_request  # noqa: PLC0415

    async with errors_of(call):
        response = await model_request(
            model,
            told(call.messages),
            model_settings=settings_of(call),
            model_request_parameters=request_of(call),
            instrument=False,
        )
    return answer_of(response, call)


async def stream(call: ModelCall) -> AsyncGenerator[str | Answered, None]:
    """Returns the pieces of an answer's text as they come, at last the whole answer.

    Raises:
        ProviderBusy, ProviderFailed, BadInputs: also in the midst.
    """
    model = await asyncio.to_thread(model_of, call)
    from pydantic_ai.direct import model_request_stream  # noqa: PLC0415
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta  # noqa: PLC0415

    async with (
        errors_of(call),
        model_request_stream(
            model,
            told(call.messages),
            model_settings=settings_of(call),
            model_request_parameters=request_of(call),
            instrument=False,
        ) as response,
    ):
        async for event in response:
            match event:
                case PartStartEvent(part=TextPart(content=text)) if text:
                    yield text
                case PartDeltaEvent(delta=TextPartDelta(content_delta=text)) if text:
                    yield text
        yield answer_of(response.get(), call)


@asynccontextmanager
async def errors_of(call: ModelCall) -> AsyncIterator[None]:
    """Turns what pydantic-ai raises into our errors; keys never stand in them."""
    from pydantic_ai import exceptions  # noqa: PLC0415

    try:
        yield
    except exceptions.ModelRateLimitError as error:
        raise ProviderBusy(
            f"{call.provider} asks to wait: {reason_of(error, call)}", retry_after=error.retry_after
        ) from error
    except exceptions.ModelAPIError as error:
        raise provider_failure(error, call) from error
    except (exceptions.UnexpectedModelBehavior, exceptions.UserError) as error:
        message = f"{call.provider} answered what cannot be understood: {reason_of(error, call)}"
        raise ProviderFailed(message, kind="failed") from error


def provider_failure(error: Any, call: ModelCall) -> PromptError:
    """Returns our error for a call that failed."""
    from pydantic_ai import exceptions  # noqa: PLC0415

    reason = reason_of(error, call)
    match error:
        case exceptions.ModelRequestTimeout() | exceptions.ModelTimeoutError():
            return ProviderFailed(f"{call.provider} did not answer in time", kind="timeout")
        case exceptions.ModelConnectionError():
            return ProviderFailed(
                f"{call.provider} cannot be reached: {reason}", kind="unreachable"
            )
        case exceptions.ModelAuthenticationError():
            return ProviderFailed(f"{call.provider} refused the key: {reason}", kind="refused")
        case exceptions.ModelRequestRejectedError():
            return ProviderFailed(f"{call.provider} refused the call: {reason}", kind="refused")
    return ProviderFailed(f"{call.provider} failed: {reason}", kind="failed")


def reason_of(error: Any, call: ModelCall) -> str:
    """Returns what the provider said, without the key."""
    body = getattr(error, "body", None)
    inner = body.get("error", body) if isinstance(body, dict) else body
    said = inner.get("message") if isinstance(inner, dict) else inner
    text = said if isinstance(said, str) and said else str(error)
    return text.replace(call.api_key, "…")[:ERROR_CHARACTERS]


def model_of(call: ModelCall) -> "Model[Any]":
    """Returns pydantic-ai's model of a call; its connections are kept for the next."""
    return kept_model(call.provider, call.model, call.api_key, call.base_url)


@lru_cache(maxsize=MODELS_KEPT)
def kept_model(provider: str, model: str, api_key: str, base_url: str) -> "Model[Any]":
    """Returns a model of a provider. base_url "": where the provider is."""
    url = base_url or None
    match provider:
        case "openai":
            from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
            from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

            return OpenAIChatModel(model, provider=OpenAIProvider(api_key=api_key, base_url=url))
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
            from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

            return AnthropicModel(model, provider=AnthropicProvider(api_key=api_key, base_url=url))
        case "google":
            from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415
            from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

            return GoogleModel(model, provider=GoogleProvider(api_key=api_key, base_url=url))
        case "mistral":
            from pydantic_ai.models.mistral import MistralModel  # noqa: PLC0415
            from pydantic_ai.providers.mistral import MistralProvider  # noqa: PLC0415

            return MistralModel(model, provider=MistralProvider(api_key=api_key, base_url=url))
    raise AssertionError(provider)  # PROVIDERS and these cases name the same


def settings_of(call: ModelCall) -> "ModelSettings":
    """Returns the parameters of a call under pydantic-ai's names."""
    given = dict(call.parameters)
    seconds = given.pop("timeout_seconds", TIMEOUT_SECONDS)
    settings: dict[str, Any] = {
        "request_timeout": seconds,
        "timeout": seconds,
        "max_retries": given.pop("retries", RETRIES),
    }
    if "stop" in given:
        settings["stop_sequences"] = given.pop("stop")
    return {**settings, **given}  # type: ignore[typeddict-item]


def request_of(call: ModelCall) -> "ModelRequestParameters":
    """Returns the tools and the response format of a call."""
    from pydantic_ai.models import ModelRequestParameters  # noqa: PLC0415
    from pydantic_ai.output import OutputObjectDefinition  # noqa: PLC0415
    from pydantic_ai.tools import ToolDefinition  # noqa: PLC0415

    tools = [
        ToolDefinition(
            name=function["name"],
            description=function.get("description"),
            parameters_json_schema=function.get("parameters")
            or {"type": "object", "properties": {}},
            strict=function.get("strict"),
        )
        for function in (tool["function"] for tool in call.tools)
    ]
    wanted = call.response_format or {}
    if wanted.get("type") == "json_schema":
        described = wanted["json_schema"]
        output = OutputObjectDefinition(
            json_schema=described["schema"],
            name=described.get("name"),
            description=described.get("description"),
            strict=described.get("strict"),
        )
        return ModelRequestParameters(
            function_tools=tools, output_mode="native", output_object=output
        )
    return ModelRequestParameters(function_tools=tools)


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
    """Returns the parts of what the model said before."""
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
        ImageUrl,
        SystemPromptPart,
        ToolReturnPart,
        UserPromptPart,
    )

    if message.role == "system":
        return [SystemPromptPart(message.text)]
    if message.role == "tool":
        return [
            ToolReturnPart(
                tool_name=part.name or names.get(part.call_id, ""),
                content=part.text,
                tool_call_id=part.call_id,
            )
            for part in message.parts
        ]
    content: list[Any] = []
    for part in message.parts:
        if part.kind == "media" and part.uri:
            content.append(ImageUrl(part.uri))
        elif part.kind == "media":
            raise BadInputs("files are passed on by address alone", field="inputs.chat_history")
        elif part.text:
            content.append(part.text)
    return [UserPromptPart(content if len(content) != 1 else content[0])]


def answer_of(response: "ModelResponse", call: ModelCall) -> Answered:
    """Returns what a model said as Parley's parts."""
    from pydantic_ai.messages import TextPart, ThinkingPart, ToolCallPart  # noqa: PLC0415

    parts: list[Part] = []
    for part in response.parts:
        match part:
            case TextPart(content=text) if text:
                parts.append(Part(kind="text", text=text))
            case ThinkingPart(content=text) if text:
                parts.append(Part(kind="reasoning", text=text))
            case ToolCallPart():
                arguments = part.args if isinstance(part.args, str) else json.dumps(part.args or {})
                parts.append(
                    Part(
                        kind="tool_call",
                        name=part.tool_name,
                        call_id=part.tool_call_id,
                        arguments=arguments,
                    )
                )
    usage = response.usage
    return Answered(
        parts=parts,
        tokens=Tokens(
            usage.input_tokens,
            usage.output_tokens,
            usage.cache_read_tokens,
            usage.cache_write_tokens,
            usage.output_reasoning_tokens or 0,
        ),
        model=response.model_name or call.model,
        response_id=response.provider_response_id or "",
        finish_reason=response.finish_reason or "",
        has_usage=bool(usage.input_tokens or usage.output_tokens),
    )
