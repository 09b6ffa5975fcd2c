import random
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from genai_prices import Usage, calc_price
from genai_prices.data_snapshot import get_snapshot

from parley.pricing import Override, PriceBook, Tokens
from parley.pricing.rates import DETAIL_PRICES, price_tokens

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


def test_sound_and_images_cost_what_the_package_says() -> None:
    """A thousand random calls of the models that have prices of them, through the whole book."""
    chance = random.Random(13)
    book = PriceBook()
    models = [
        (p.id, m.id)
        for p in get_snapshot().providers
        for m in p.models
        if "audio" in repr(m.get_prices(AT)) or "image" in repr(m.get_prices(AT))
    ]
    compared = 0
    while compared < 1_000:
        provider, model = chance.choice(models)
        parts = {name: chance.randrange(1_000) for name in DETAIL_PRICES if chance.random() < 0.7}
        if "input_audio_tokens" not in parts:
            parts.pop("cache_audio_read_tokens", None)
        if "input_image_tokens" not in parts:
            parts.pop("cache_image_read_tokens", None)
        for kind in ("audio", "image"):
            if f"input_{kind}_tokens" in parts:  # else the calculator asks for the overlap
                cached = parts.get(f"cache_{kind}_read_tokens", 0)
                parts[f"cache_{kind}_read_tokens"] = min(cached, parts[f"input_{kind}_tokens"])
        sound = parts.get("cache_audio_read_tokens", 0) + parts.get("cache_image_read_tokens", 0)
        cached = sound + chance.randrange(500)
        written = parts.get("cache_write_1h_tokens", 0) + chance.randrange(500)
        whole = sum(parts.get(f"input_{kind}_tokens", 0) for kind in ("audio", "image", "video"))
        whole += cached + written + chance.randrange(10_000)
        output = sum(parts.get(f"output_{kind}_tokens", 0) for kind in ("audio", "image"))
        output += chance.randrange(1_000)
        usage = Usage(
            input_tokens=whole,
            output_tokens=output,
            cache_read_tokens=cached,
            cache_write_tokens=written,
            **parts,
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
            details={name: str(count) for name, count in parts.items()},
        )
        if priced.cost is None:  # priced by the hour
            assert theirs.total_price == 0, (provider, model)
            continue
        assert priced.cost == theirs.total_price.quantize(Decimal("1e-9")), (provider, model)
        compared += 1


def cost(model: str, tokens: Tokens, **details: str) -> tuple[Decimal | None, str]:
    priced = PriceBook([BATCH]).price(
        provider="openai", models=[model], time_ns=NOON_NS, tokens=tokens, details=details
    )
    return priced.cost, priced.reason


BATCH = Override(
    project="p", provider="", model="gpt-4o:batch", input=Decimal(1), output=Decimal(4)
)
DAY = Tokens(1_000_000, 0)


def test_sound_has_a_price_of_its_own() -> None:
    text, sound = (cost("gpt-audio", DAY, input_audio_tokens=n)[0] for n in ("0", "1000000"))
    assert text is not None
    assert sound is not None
    assert sound > text


def test_parts_that_cannot_be_are_cut_rather_than_an_error() -> None:
    tokens = Tokens(100, 10, cached=90)
    everything = cost("gpt-realtime", Tokens(100, 10, cached=90), input_audio_tokens="100")[0]
    assert everything is not None
    told = {"input_audio_tokens": "1000", "cache_audio_read_tokens": "7.0"}
    assert cost("gpt-realtime", tokens, **told)[0] == everything


def test_another_service_tier_has_no_price_until_one_is_set() -> None:
    assert cost("gpt-4o-mini", DAY, service_tier="flex") == (None, "service_tier")
    assert cost("gpt-4o", DAY, service_tier="batch") == (Decimal(1), "")
    assert cost("gpt-4o", DAY, service_tier="default") == (Decimal("2.5"), "")


def test_what_is_priced_by_the_hour_costs_no_tokens() -> None:
    assert cost("whisper-1", DAY) == (None, "no_price")


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


def test_a_model_is_found_behind_the_name_of_its_provider() -> None:
    """As LiteLLM names models, and Google's ADK with it, which says that the provider is Google."""
    assert usd("gcp.vertex.agent", "openai/gpt-4o") == Decimal("2.5")
    assert usd("", "gemini/gemini-2.0-flash") == usd("google", "gemini-2.0-flash")
    assert usd("", "nobody-knows/gpt-4o") is None


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
        if priced.cost is None:  # priced by the hour
            assert theirs.total_price == 0, (provider, model)
            continue
        assert priced.cost == theirs.total_price.quantize(Decimal("1e-9")), (provider, model)
        assert (priced.source, priced.is_clamped) == ("package", False)
        compared += 1
