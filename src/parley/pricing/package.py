"""The rates that genai-prices knows: as it is installed, or newer data of the same form."""

from typing import TYPE_CHECKING, Any

import msgspec

from parley.pricing.override import PROVIDERS

if TYPE_CHECKING:
    from genai_prices.data_snapshot import DataSnapshot
    from genai_prices.types import ModelInfo

__all__ = ["BadPackage", "Package", "default_source"]

KNOWN_MAX = 4096  # models as clients write them; then it is forgotten what was found


PREFIXES = {"bedrock": "aws", "vertex_ai": "google", "gemini": "google", "xai": "x-ai"}  # LiteLLM's


class BadPackage(Exception):
    """Data that are not in the form of genai-prices."""


def default_source() -> str:
    """Returns the address of the package's newest data."""
    from genai_prices.update_prices import DEFAULT_UPDATE_URL  # noqa: PLC0415 - as below

    return DEFAULT_UPDATE_URL


class Package:
    """Finds models. `content`: newer data as JSON; without it those that are installed.

    Raises:
        BadPackage: the content cannot be understood.
    """

    def __init__(self, content: str = "") -> None:
        self._snapshot: DataSnapshot | None = read_package(content) if content else None
        self._known: dict[tuple[str, str], ModelInfo | None] = {}

    def find(self, provider: str, model: str) -> "ModelInfo | None":
        """Returns the model that a client means, None for none: with its provider first."""
        key = (provider, model)
        if key not in self._known:
            if len(self._known) >= KNOWN_MAX:
                self._known.clear()
            self._known[key] = self._find(provider, model)
        return self._known[key]

    def _find(self, provider: str, model: str) -> "ModelInfo | None":
        if self._snapshot is None:
            from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - 0.3 s, not at start

            self._snapshot = get_snapshot()
        named = [(model, PROVIDERS.get(provider, provider) or None), (model, None)]
        prefix, slash, rest = model.partition("/")
        if slash:  # LiteLLM's and its users' `openai/gpt-4o`: a provider's name and a model's
            named.append((rest, PREFIXES.get(prefix, prefix)))
        for name, owner in dict.fromkeys(named):
            try:
                return self._snapshot.find_provider_model(name, None, owner, None)[1]
            except LookupError:
                continue
        return None


def read_package(content: str) -> "DataSnapshot":
    """Returns data of the package's own form. Raises BadPackage."""
    from genai_prices.data_snapshot import DataSnapshot  # noqa: PLC0415
    from genai_prices.types import _providers_from_raw  # noqa: PLC0415 - as UpdatePrices.fetch does

    try:
        raw: Any = msgspec.json.decode(content)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError) as error:
        raise BadPackage(f"not JSON: {error}") from error
    if not isinstance(raw, list) or not raw:
        raise BadPackage("expected a list of providers, as genai-prices publishes it")
    try:
        providers = _providers_from_raw(raw)
    except Exception as error:  # its validation has errors of many kinds
        raise BadPackage(f"not in the form of genai-prices: {str(error)[:300]}") from error
    return DataSnapshot(providers, from_auto_update=True)
