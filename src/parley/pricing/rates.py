"""Prices from genai-prices: provider and model names as clients write them, rates of the day."""

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

__all__ = ["price_usage"]

DAY_NS = 86_400_000_000_000
NANO = Decimal("1e-9")
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


@lru_cache(maxsize=4096)
def is_priced(provider: str, model: str, day: int) -> bool:
    """Tells whether a model has a rate; remembered, since a miss searches the whole table."""
    return _price(provider, model, day * DAY_NS, (1, 1, 0, 0)) is not None


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
        time_ns: when the call was made; its day decides the rate.
        input_tokens: includes cached and cache-written tokens; so do genai-prices' totals.
        output_tokens: includes reasoning.
        cached_tokens: part of input_tokens, clamped to it.
        cache_write_tokens: part of input_tokens, clamped to what is left.
    """
    cached = min(cached_tokens, input_tokens)
    written = min(cache_write_tokens, input_tokens - cached)
    for model in models:
        if model and is_priced(provider, model, time_ns // DAY_NS):
            cost = _price(provider, model, time_ns, (input_tokens, output_tokens, cached, written))
            if cost is not None:
                return cost.quantize(NANO)
    return None


def _price(
    provider: str, model: str, time_ns: int, tokens: tuple[int, int, int, int]
) -> Decimal | None:
    from genai_prices import Usage, calc_price  # noqa: PLC0415 - 0.3 s, not at server start

    usage = Usage(
        input_tokens=tokens[0],
        output_tokens=tokens[1],
        cache_read_tokens=tokens[2],
        cache_write_tokens=tokens[3],
    )
    moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
    for name in dict.fromkeys((PROVIDERS.get(provider, provider) or None, None)):
        try:
            price = calc_price(usage, model, provider_id=name, genai_request_timestamp=moment)
        except LookupError:
            continue
        return Decimal(price.total_price)
    return None
