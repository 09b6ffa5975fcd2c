"""Prices from genai-prices: provider and model names as clients write them, rates of the day.

The package finds the model and its price; the sum is made here when the price is of tokens alone
(2 µs; its own calculator, 170 µs a call, has to serve every kind of unit).
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

__all__ = ["price_usage"]

NANO = Decimal("1e-9")
MILLION = Decimal(1_000_000)
# OpenTelemetry's provider names that genai-prices does not match by itself.
PROVIDERS = {
    "azure.ai.openai": "azure",
    "azure.ai.inference": "azure",
    "gcp.vertex_ai": "google",
    "gcp.gemini": "google",
    "gcp.gen_ai": "google",
    "aws.bedrock": "aws",
    "mistral_ai": "mistral",
    "x_ai": "x-ai",
}
TOKEN_PRICES = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"}
# Prices of what a token count says nothing of: they add nothing to it.
OTHER_PRICES = {"web_searches_kcount", "storage_searches_kcount", "cache_write_1h_mtok"}


class Tokens(Struct, frozen=True):
    """What one call used; cached and written are parts of input, reasoning is part of output."""

    input: int
    output: int
    cached: int
    written: int


def price_usage(
    *,
    provider: str,
    models: Sequence[str],
    time_ns: int,
    input_tokens: int,
    output_tokens: int,
    cached_tokens: int,
    cache_write_tokens: int,
) -> Decimal | None:
    """Returns US dollars, rounded once at nano-dollars; None when no model of `models` has a price.

    Args:
        provider: the client's word, may be "".
        models: names to try, best first.
        time_ns: when the call was made; it decides the rate.
        input_tokens: includes cached and cache-written tokens; so do genai-prices' totals.
        output_tokens: includes reasoning.
        cached_tokens: part of input_tokens, clamped to it.
        cache_write_tokens: part of input_tokens, clamped to what is left.
    """
    cached = min(cached_tokens, input_tokens)
    written = min(cache_write_tokens, input_tokens - cached)
    tokens = Tokens(input_tokens, output_tokens, cached, written)
    for model in models:
        info = find_model(provider, model) if model else None
        if info is not None:
            moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
            return price_tokens(info.get_prices(moment), tokens).quantize(NANO)
    return None


@lru_cache(maxsize=4096)
def find_model(provider: str, model: str) -> "ModelInfo | None":
    """Returns the model that a client means, None when it is not known: with its provider first."""
    from genai_prices.data_snapshot import get_snapshot  # noqa: PLC0415 - 0.3 s, not at start

    for name in dict.fromkeys((PROVIDERS.get(provider, provider) or None, None)):
        try:
            return get_snapshot().find_provider_model(model, None, name, None)[1]
        except LookupError:
            continue
    return None


def price_tokens(price: "ModelPrice", tokens: Tokens) -> Decimal:
    """Returns what tokens cost. A part without a rate of its own costs what its whole costs."""
    from genai_prices import Usage  # noqa: PLC0415

    rates = price.__dict__
    named = {key for key, value in rates.items() if value is not None} - OTHER_PRICES
    if not {"input_mtok", "output_mtok"} <= named <= TOKEN_PRICES:
        usage = Usage(
            input_tokens=tokens.input,
            output_tokens=tokens.output,
            cache_read_tokens=tokens.cached,
            cache_write_tokens=tokens.written,
        )
        return price.calc_price(usage)["total_price"]
    plain = tokens.input
    total = rates_of(rates["output_mtok"], tokens.input) * tokens.output
    for key, count in (("cache_read_mtok", tokens.cached), ("cache_write_mtok", tokens.written)):
        if key in named:
            total += rates_of(rates[key], tokens.input) * count
            plain -= count
    return (total + rates_of(rates["input_mtok"], tokens.input) * plain) / MILLION


def rates_of(price: "Decimal | TieredPrices", input_tokens: int) -> Decimal:
    """Returns the rate of a million tokens; a tier holds for all tokens of a call above it."""
    if isinstance(price, Decimal):
        return price
    above = [tier.price for tier in price.tiers if input_tokens > tier.start]
    return above[-1] if above else price.base
