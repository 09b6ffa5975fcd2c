import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot

from parley.pricing import PriceBook, Tokens
from parley.pricing.rates import price_tokens

NOON_NS = 1_790_000_000_000_000_000
AT = datetime.fromtimestamp(NOON_NS // 10**9, UTC)


def test_every_model_costs_what_the_package_says() -> None:
    """Every model of the package, at random usages around the places where tiers begin."""
    chance = random.Random(11)
    compared = 0
    for provider in get_snapshot().providers:
        for model in provider.models:
            price = model.get_prices(AT)
            for size in (1_000, 150_000, 1_000_000):
                whole = chance.randrange(size)
                cached = chance.randrange(whole + 1)
                written = chance.randrange(whole - cached + 1)
                output = chance.randrange(10_000)
                usage = Usage(
                    input_tokens=whole,
                    output_tokens=output,
                    cache_read_tokens=cached,
                    cache_write_tokens=written,
                )
                theirs = Decimal(price.calc_price(usage)["total_price"])
                ours = price_tokens(price, Tokens(whole, output, cached, written))
                assert abs(ours - theirs) < Decimal("1e-15"), (provider.id, model.id)
                compared += 1
    assert compared > 1_000


def usd(provider: str, *models: str) -> Decimal | None:
    return (
        PriceBook()
        .price(provider=provider, models=models, time_ns=NOON_NS, tokens=Tokens(1_000_000, 0))
        .cost
    )


def test_the_first_model_that_has_a_price_is_taken() -> None:
    assert usd("openai", "my-own-model", "gpt-4o") == Decimal("2.5")


def test_a_model_is_found_under_opentelemetrys_name_of_its_provider() -> None:
    assert usd("gcp.gemini", "gemini-2.0-flash") is not None
    assert usd("nobody-knows", "gpt-4o") == Decimal("2.5")


def test_an_unknown_model_has_no_price_rather_than_none_to_pay() -> None:
    assert usd("openai", "my-own-model") is None


def test_more_cached_tokens_than_tokens_are_clamped_and_said_to_be() -> None:
    priced = PriceBook().price(
        provider="openai",
        models=["gpt-4o"],
        time_ns=NOON_NS,
        tokens=Tokens(100, 0, cached=10**9, written=10**9),
    )
    assert priced.cost == pytest.approx(Decimal("0.000125"))
    assert priced.is_clamped


def test_a_book_sums_as_the_packages_calculator_does() -> None:
    """A thousand random calls of models whose name alone finds them, through the whole book."""
    chance = random.Random(12)
    book = PriceBook()
    models = [(p.id, m.id) for p in get_snapshot().providers for m in p.models]
    compared = 0
    while compared < 1_000:
        provider, model = chance.choice(models)
        whole = chance.randrange(chance.choice((10, 10_000, 1_000_000)))
        cached = chance.randrange(whole + 1)
        written = chance.randrange(whole - cached + 1)
        output = chance.randrange(10_000)
        usage = Usage(
            input_tokens=whole,
            output_tokens=output,
            cache_read_tokens=cached,
            cache_write_tokens=written,
        )
        try:
            theirs = calc_price(usage, model, provider_id=provider, genai_request_timestamp=AT)
        except LookupError:
            continue
        priced = book.price(
            provider=provider,
            models=[model],
            time_ns=NOON_NS,
            tokens=Tokens(whole, output, cached, written),
        )
        assert priced.cost == theirs.total_price.quantize(Decimal("1e-9")), (provider, model)
        assert (priced.source, priced.is_clamped) == ("package", False)
        compared += 1
