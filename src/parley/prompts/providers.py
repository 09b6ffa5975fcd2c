"""The model providers: where a key may stand, what each takes, and one HTTP client for each."""

from functools import cache, lru_cache
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    import httpx2
    from pydantic_ai.models import Model

__all__ = ["PROVIDERS", "Provider", "kept_model"]

MODELS_KEPT = 256
CONNECT_SECONDS = 20.0  # an event loop with a thousand runs notices a connection late
READ_SECONDS = 600.0  # at most; each call brings what is left of its own time
IDLE_CONNECTIONS = 100
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
def kept_model(provider: str, model: str, api_key: str, base_url: str) -> "Model[Any]":
    """Returns pydantic-ai's model of a provider. base_url "": where the provider is."""
    url = base_url or None
    client = client_of(provider)
    match provider:
        case "openai":
            from pydantic_ai.models.openai import OpenAIChatModel  # noqa: PLC0415
            from pydantic_ai.providers.openai import OpenAIProvider  # noqa: PLC0415

            return OpenAIChatModel(
                model, provider=OpenAIProvider(api_key=api_key, base_url=url, http_client=client)
            )
        case "anthropic":
            from pydantic_ai.models.anthropic import AnthropicModel  # noqa: PLC0415
            from pydantic_ai.providers.anthropic import AnthropicProvider  # noqa: PLC0415

            return AnthropicModel(
                model, provider=AnthropicProvider(api_key=api_key, base_url=url, http_client=client)
            )
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
