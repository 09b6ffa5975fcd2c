"""The one place that calls models, through pydantic-ai: its answers and errors in our words.

pydantic-ai and the providers' clients are imported at the first call: they take over a second.
"""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import structlog
from msgspec import Struct

from parley.model import Message, Part
from parley.pricing import Tokens
from parley.prompts.errors import PromptError, ProviderBusy, ProviderFailed
from parley.prompts.providers import RETRIES_OF_CLIENT, kept_model
from parley.prompts.told import told

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelResponse
    from pydantic_ai.models import Model, ModelRequestParameters
    from pydantic_ai.settings import ModelSettings

__all__ = ["Answered", "ModelCall", "ask", "load", "stream"]

TIMEOUT_SECONDS = 120.0
RETRIES = 2
ERROR_CHARACTERS = 500

log = structlog.get_logger("parley.prompts")


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

    @property
    def seconds(self) -> float:
        """How long it may take, all tries together."""
        return float(self.parameters.get("timeout_seconds", TIMEOUT_SECONDS))

    @property
    def retries(self) -> int:
        """How often it is tried again."""
        return int(self.parameters.get("retries", RETRIES))


class Answered(Struct, frozen=True, kw_only=True):
    """What a model said, and what it took. stopped_by: the provider's own word for why it ended."""

    parts: list[Part]
    tokens: Tokens
    model: str
    response_id: str
    finish_reason: str
    stopped_by: str = ""
    ttft_seconds: float | None = None
    has_usage: bool = True

    @property
    def text(self) -> str:
        """The words for a person."""
        return "".join(part.text for part in self.parts if part.kind == "text")

    @property
    def is_empty(self) -> bool:
        """Whether there is neither a word for a person nor a call of a tool."""
        return not self.text and all(part.kind != "tool_call" for part in self.parts)


def load(call: ModelCall) -> "Model[Any]":
    """Returns pydantic-ai's model of a call, and imports what it needs: the first takes a second.

    Raises:
        NoProviderKey: of Bedrock, its library is not installed or its region not known.
    """
    import pydantic_ai.direct  # noqa: PLC0415, F401

    return kept_model(call.provider, call.model, call.api_key, call.base_url, call.retries)


async def ask(call: ModelCall, *, seconds: float) -> Answered:
    """Returns a model's answer within some seconds. Raises ProviderBusy and ProviderFailed."""
    model = load(call)
    from pydantic_ai.direct import model_request  # noqa: PLC0415

    async with errors_of(call):
        response = await model_request(
            model,
            told(call.messages),
            model_settings=settings_of(call, seconds),
            model_request_parameters=request_of(call),
            instrument=False,
        )
    return answer_of(response, call)


async def stream(call: ModelCall, *, seconds: float) -> AsyncGenerator[str | Answered, None]:
    """Returns the pieces of an answer's text as they come, at last the whole answer.

    Raises:
        ProviderBusy, ProviderFailed: also in the midst.
    """
    model = load(call)
    from pydantic_ai.direct import model_request_stream  # noqa: PLC0415
    from pydantic_ai.messages import PartDeltaEvent, PartStartEvent, TextPart, TextPartDelta  # noqa: PLC0415

    async with (
        errors_of(call),
        model_request_stream(
            model,
            told(call.messages),
            model_settings=settings_of(call, seconds),
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
    except (NotImplementedError, AssertionError) as error:  # what its adapter has no form for
        message = f"{call.provider} cannot be told this: {reason_of(error, call)}"
        raise ProviderFailed(message, kind="refused") from error
    except PromptError:
        raise
    except Exception as error:  # libraries of providers stumble over nonsense in their own ways
        log.warning("answer not understood", provider=call.provider, kind=type(error).__name__)
        message = f"{call.provider} answered what cannot be understood"
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


def settings_of(call: ModelCall, seconds: float) -> "ModelSettings":
    """Returns the parameters of a call under pydantic-ai's names."""
    given = dict(call.parameters)
    given.pop("timeout_seconds", None)
    given.pop("retries", None)
    settings: dict[str, Any] = {"request_timeout": seconds}
    if call.provider != "bedrock":  # its library retries by itself, within that time
        settings["timeout"] = seconds
        if call.provider not in RETRIES_OF_CLIENT:
            settings["max_retries"] = call.retries
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
        stopped_by=stopped_by(response.provider_details or {}),
        has_usage=bool(usage.input_tokens or usage.output_tokens),
    )


def stopped_by(details: Mapping[str, Any]) -> str:
    """Returns the provider's own word for why an answer ended, "" when it gave none."""
    return str(details.get("block_reason") or details.get("finish_reason") or "")
