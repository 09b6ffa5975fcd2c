"""The model providers: where a key may stand, what each takes, and one HTTP client for each."""

import os
import re
from functools import cache, lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from parley.prompts.errors import NoProviderKey

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

__all__ = ["PROVIDERS", "RETRIES_OF_CLIENT", "Provider", "kept_model"]

MODELS_KEPT = 256
# Their clients take retries once, when they are made. Told with each call, pydantic-ai copies the
# client for it, which asks in a thread what machine this is: 0.3 ms of 1.8, and two switches.
RETRIES_OF_CLIENT = ("openai", "anthropic")
CONNECT_SECONDS = 20.0  # an event loop with a thousand runs notices a connection late
READ_SECONDS = 600.0  # at most; each call brings what is left of its own time
IDLE_CONNECTIONS = 100
REGION_VARIABLE = "AWS_DEFAULT_REGION"
BEDROCK_URL = "https://bedrock-runtime.<region>.amazonaws.com"
BEDROCK_HOST = re.compile(r"https://bedrock-runtime(?:-fips)?\.([a-z0-9-]+)\.amazonaws\.com")
PICTURES = ("image/png", "image/jpeg", "image/gif", "image/webp")
SOUND = ("audio/wav", "audio/mpeg")
WORDS = ("text/plain", "text/csv", "text/markdown", "application/json")


class Provider(Struct, frozen=True, kw_only=True):
    """What is known of a provider.

    key_variables, url_variable: where a key and an address may stand in the server's environment.
    takes: media types of data in a message. takes_addresses: pictures by address, which the
    provider fetches; of others pydantic-ai would fetch them itself, so they are refused.
    """

    title: str
    key_variables: tuple[str, ...]
    url_variable: str = ""
    takes: tuple[str, ...]
    takes_addresses: bool


PROVIDERS: dict[str, Provider] = {
    "openai": Provider(
        title="OpenAI, and whatever speaks its API",
        key_variables=("OPENAI_API_KEY",),
        url_variable="OPENAI_BASE_URL",
        takes=(*PICTURES, *SOUND, *WORDS, "application/pdf"),
        takes_addresses=True,
    ),
    "anthropic": Provider(
        title="Anthropic",
        key_variables=("ANTHROPIC_API_KEY",),
        url_variable="ANTHROPIC_BASE_URL",
        takes=(*PICTURES, "text/plain", "application/pdf"),
        takes_addresses=True,
    ),
    "google": Provider(
        title="Google Gemini",
        key_variables=("GOOGLE_API_KEY", "GEMINI_API_KEY"),
        takes=(*PICTURES, *SOUND, *WORDS, "application/pdf", "video/mp4", "video/webm"),
        takes_addresses=False,
    ),
    "mistral": Provider(
        title="Mistral",
        key_variables=("MISTRAL_API_KEY",),
        takes=(*PICTURES, "application/pdf"),
        takes_addresses=True,
    ),
    "bedrock": Provider(
        title="Amazon Bedrock, with a key of Bedrock's own",
        key_variables=("AWS_BEARER_TOKEN_BEDROCK",),
        url_variable="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
        takes=(*PICTURES, "application/pdf", "text/plain", "text/csv", "text/markdown"),
        takes_addresses=False,
    ),
}


@cache
def client_of(provider: str) -> "httpx2.AsyncClient":
    """Returns the HTTP client of all calls of a provider, whoever's key they have.

    It waits for no free connection (how many runs are at work is limited before), follows no
    redirect with a key, and keeps no cookie of one project for the next.
    """
    del provider
    import httpx2  # noqa: PLC0415
    from pydantic_ai.models import create_async_httpx2_client  # noqa: PLC0415

    client = create_async_httpx2_client(
        timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS),
        limits=httpx2.Limits(max_connections=None, max_keepalive_connections=IDLE_CONNECTIONS),
    )
    client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
    return client


@lru_cache(maxsize=MODELS_KEPT)
def kept_model(
    provider: str, model: str, api_key: str, base_url: str, retries: int
) -> "Model[Any]":
    """Returns pydantic-ai's model of a provider. base_url "": where the provider is.

    retries: of the client, where it is among RETRIES_OF_CLIENT; others are told with each call.

    Raises:
        NoProviderKey: Bedrock without its library or without a region.
    """
    url = base_url or None
    if provider == "bedrock":
        return bedrock_model(model, api_key, base_url)
    client = client_of(provider)
    match provider:
        case "openai":
            from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
            from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

            openai = OpenAIProvider(api_key=api_key, base_url=url, http_client=client)
            openai.client.max_retries = retries
            return OpenAIChatModel(model, provider=openai)
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
            from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

            anthropic = AnthropicProvider(api_key=api_key, base_url=url, http_client=client)
            anthropic.client.max_retries = retries
            return AnthropicModel(model, provider=anthropic)
        case "google":
            from pydantic_ai.models.google import GoogleModel  # noqa: PLC0415
            from pydantic_ai.providers.google import GoogleProvider  # noqa: PLC0415

            return GoogleModel(
                model, provider=GoogleProvider(api_key=api_key, base_url=url, http_client=client)
            )
        case "mistral":
            from pydantic_ai.models.mistral import MistralModel  # noqa: PLC0415
            from pydantic_ai.providers.mistral import MistralProvider  # noqa: PLC0415

            return MistralModel(
                model, provider=MistralProvider(api_key=api_key, base_url=url, http_client=client)
            )
    raise AssertionError(provider)  # PROVIDERS and these cases name the same


def bedrock_model(model: str, api_key: str, base_url: str) -> "Model[Any]":
    """Returns a model at Bedrock, which has a client of its own. Raises NoProviderKey."""
    named = BEDROCK_HOST.match(base_url)
    region = named[1] if named else os.environ.get("AWS_REGION", os.environ.get(REGION_VARIABLE))
    if not region and not base_url:
        message = f"no region of bedrock: set base_url to {BEDROCK_URL}, or {REGION_VARIABLE}"
        raise NoProviderKey(message, field="provider")
    try:
        from pydantic_ai.models.bedrock import BedrockConverseModel  # noqa: PLC0415
        from pydantic_ai.providers.bedrock import BedrockProvider  # noqa: PLC0415
    except ImportError as error:
        message = "bedrock needs a library that is not installed: pip install boto3"
        raise NoProviderKey(message, field="provider") from error
    provider = BedrockProvider(
        api_key=api_key,
        base_url=base_url or None,
        region_name=region or "us-east-1",  # of another address it is not looked at
        aws_read_timeout=READ_SECONDS,
        aws_connect_timeout=CONNECT_SECONDS,
    )
    return BedrockConverseModel(model, provider=provider)
