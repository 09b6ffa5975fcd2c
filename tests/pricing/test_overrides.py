"""Prices that users set: read strictly, found by the most specific, summed as the package sums."""

import random
from decimal import Decimal
from typing import Any

import pytest
from genai_prices import Usage
from genai_prices.types import ModelPrice, TieredPrices
from genai_prices.types import Tier as TheirTier

from parley.pricing import (
    BadPrice,
    Override,
    PriceBook,
    Tier,
    Tokens,
    name_matches,
    parse_override,
    parse_overrides,
    read_rows,
)
from parley.pricing.override import day_ns
from parley.pricing.rates import price_override

NOON_NS = day_ns("2026-06-15") + 12 * 3600 * 10**9


def override(model: str = "m", **more: Any) -> Override:
    values = {"project": "p", "provider": "", "input": Decimal(1), "output": Decimal(2), **more}
    return Override(model=model, **values)


def usd(book: PriceBook, *models: str, provider: str = "", at: int = NOON_NS) -> Decimal | None:
    tokens = Tokens(1_000_000, 0)
    return book.price(provider=provider, models=models, time_ns=at, tokens=tokens).cost


def test_a_thousand_usages_cost_what_the_packages_calculator_says() -> None:
    chance = random.Random(4)

    def rate() -> Decimal:
        return Decimal(chance.randrange(1, 10**6)) / 10_000

    for _ in range(1000):
        above = chance.choice([0, 1_000, 200_000])
        rates = {name: rate() for name in ("input", "output", "cached_input", "cache_write")}
        higher = {name: rate() for name in ("input", "output")}
        tiers = [Tier(above=above, **higher)] if above else []
        whole = chance.choice([0, 999, 1_000, 1_001, 199_999, 200_001, 10**6])
        cached = chance.randrange(whole + 1)
        written = chance.randrange(whole - cached + 1)
        output = chance.randrange(100_000)
        theirs: dict[str, Any] = {
            "input_mtok": rates["input"],
            "output_mtok": rates["output"],
            "cache_read_mtok": rates["cached_input"],
            "cache_write_mtok": rates["cache_write"],
        }
        if above:
            for name in ("input", "output"):
                theirs[f"{name}_mtok"] = TieredPrices(
                    base=rates[name], tiers=[TheirTier(start=above, price=higher[name])]
                )
        usage = Usage(
            input_tokens=whole,
            output_tokens=output,
            cache_read_tokens=cached,
            cache_write_tokens=written,
        )
        expected = Decimal(ModelPrice(**theirs).calc_price(usage)["total_price"])
        ours = price_override(
            override(**rates, tiers=tiers), Tokens(whole, output, cached, written)
        )
        assert abs(ours - expected) < Decimal("1e-15"), (rates, tiers, usage)


def test_reasoning_may_have_a_price_of_its_own() -> None:
    tokens = Tokens(0, 1_000_000, reasoning=400_000)
    assert price_override(override(), tokens) == 2
    assert price_override(override(reasoning=Decimal(10)), tokens) == Decimal("5.2")


def test_a_price_that_is_set_wins_over_the_package_and_fills_its_gaps() -> None:
    book = PriceBook([override("gpt-4o*"), override("mine")])
    assert usd(book, "gpt-4o-2024-08-06") == 1
    assert usd(book, "mine") == 1
    assert usd(book, "gpt-4-turbo") == 10
    assert usd(book, "my-own") is None
    assert usd(book, "answered", "mine") == 1, "by the name that was asked for, too"


def test_it_holds_from_its_first_day_until_its_last() -> None:
    book = PriceBook([override("gpt-4o", valid_from="2026-06-15", valid_until="2026-06-16")])
    day = day_ns("2026-06-15")
    found = [usd(book, "gpt-4o", at=day + offset) for offset in (-1, 0, 86_400 * 10**9)]
    assert found == [Decimal("2.5"), 1, Decimal("2.5")]


def test_the_most_specific_price_wins() -> None:
    prices = [
        override("*", project="", input=Decimal(1)),
        override("gpt-4o", project="", input=Decimal(2)),
        override("*", input=Decimal(3)),
        override("gpt-*", input=Decimal(4)),
        override("gpt-*", provider="azure", input=Decimal(5)),
        override("gpt-4o", input=Decimal(6)),
        override("gpt-4o", input=Decimal(7), valid_from="2026-01-01"),
    ]
    for place in range(len(prices) - 1, -1, -1):
        random.Random(place).shuffle(shuffled := prices[: place + 1])
        assert usd(PriceBook(shuffled), "gpt-4o", provider="azure.ai.openai") == place + 1
    assert usd(PriceBook(prices), "gpt-4.1", provider="openai") == 4


@pytest.mark.parametrize(
    ("pattern", "name", "fits"),
    [
        ("GPT-4o", "gpt-4o", True),
        ("gpt-4o", "gpt-4o-mini", False),
        ("gpt-*", "gpt-4o", True),
        ("*-mini", "gpt-4o-mini", True),
        ("a*b*c", "a-b-b-c", True),
        ("a*b*c", "a-c", False),
        ("ab*ba", "aba", False),
        ("*", "", True),
        ("a.c", "abc", False),
    ],
)
def test_a_star_stands_for_anything_and_nothing_else_does(
    pattern: str, name: str, fits: bool
) -> None:
    assert name_matches(pattern, name) is fits


GOOD = {"model": "m", "input": "1", "output": "2"}


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("model", "", "is required"),
        ("model", "x" * 201, "at most 200"),
        ("model", "a\nb", "printable"),
        ("model", 7, "expected text"),
        ("input", "", "is required"),
        ("input", "one", "a number from 0"),
        ("input", "-1", "a number from 0"),
        ("input", "NaN", "a number from 0"),
        ("input", "Infinity", "a number from 0"),
        ("input", True, "a number from 0"),
        ("input", "0.0000000001", "at most 9 digits"),
        ("output", 10**7, "a number from 0"),
        ("cached_input", "x", "a number from 0"),
        ("valid_from", "31.1.2026", "2026-01-31"),
        ("valid_from", "1999-01-01", "from 2000"),
        ("tiers", "x", "expected a list"),
        ("tiers", [{"input": 1}], "`above`"),
        ("tiers", [{"above": 1, "price": 1}], "unknown: price"),
        ("tiers", [{"above": 1, "input": "x"}], "input: expected"),
        ("scope", "world", "project, all"),
        ("price", "1", "unknown"),
    ],
)
def test_what_is_wrong_is_said_of_its_field(field: str, value: object, words: str) -> None:
    with pytest.raises(BadPrice) as error:
        parse_override({**GOOD, field: value}, "p")
    assert list(error.value.fields) == [field]
    assert words in error.value.fields[field]


def test_all_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(BadPrice) as error:
        parse_override({"input": "x", "valid_from": "y"}, "p")
    assert set(error.value.fields) == {"model", "input", "output", "valid_from"}
    with pytest.raises(BadPrice, match="valid_until: is not after valid_from"):
        parse_override({**GOOD, "valid_from": "2026-02-01", "valid_until": "2026-02-01"}, "p")


def test_a_file_is_json_or_csv_and_says_the_line_that_is_wrong() -> None:
    csv = 'model,input,output,tiers\na,1,2,\n"b,c",0.5,3,"[{""above"": 5, ""input"": 4}]"\n'
    json = '[{"model": "a", "input": 1, "output": 2}, {"model": "b,c", "input": 0.5, "output": 3,'
    json += ' "tiers": [{"above": 5, "input": 4}]}]'
    found = parse_overrides(read_rows(csv), "p")
    assert found == parse_overrides(read_rows(json), "p")
    assert found == parse_overrides(read_rows(f'{{"prices": {json}}}'), "p")
    assert found[1].tiers == [Tier(above=5, input=Decimal(4))]
    for text, words in (
        ("model,input,output\na,1,2\nb,x,2\n", "line 3: input"),
        ("model,in,output\na,1,2\n", "line 1: in: unknown column"),
        ("model,input,output\na,1,2,9\n", "line 2: row: has more columns"),
        ("model,input,output\na,1,2\nA,1,2\na,3,4\n", "line 4: model: is there twice"),
        ('[{"model": "a"}]', "line 1: input"),
        ("[1]", "line 1: row"),
        ("[", "file: is no JSON"),
        ('{"a": 1}', "file: expected a list"),
        ("", "file: holds no prices"),
    ):
        with pytest.raises(BadPrice, match=words):
            parse_overrides(read_rows(text), "p")
