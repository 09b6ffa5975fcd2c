"""What a call costs: a price that a user set, else the package's rate of the day.

The package finds the model and its price; the sum is made here when the price is of tokens alone
(2 µs; its own calculator, 170 µs a call, has to serve every kind of unit).
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from parley.pricing.override import Override
from parley.pricing.package import Package

if TYPE_CHECKING:
    from genai_prices.types import ModelInfo, ModelPrice, TieredPrices

__all__ = ["PriceBook", "Priced", "Tokens", "tier_of"]

NANO = Decimal("1e-9")
MILLION = Decimal(1_000_000)
CALL_TOKENS_MAX = 1_000_000_000  # of one call; above, a count is nonsense
KNOWN_MAX = 4096
TOKEN_PRICES = {"input_mtok", "output_mtok", "cache_read_mtok", "cache_write_mtok"}
# Prices of what a token count says nothing of: they add nothing to it.
OTHER_PRICES = {"web_searches_kcount", "storage_searches_kcount"}
# Details of a call's usage -> the price of theirs. Without any of them the price adds nothing.
DETAIL_PRICES = {
    "input_audio_tokens": "input_audio_mtok",
    "output_audio_tokens": "output_audio_mtok",
    "cache_audio_read_tokens": "cache_audio_read_mtok",
    "input_image_tokens": "input_image_mtok",
    "output_image_tokens": "output_image_mtok",
    "cache_image_read_tokens": "cache_image_read_mtok",
    "input_video_tokens": "input_video_mtok",
    "cache_write_1h_tokens": "cache_write_1h_mtok",
}
WITHOUT_DETAILS = OTHER_PRICES | set(DETAIL_PRICES.values()) | {"output_video_mtok"}
# Calls that are served in another way have another price: that of the model's name, ":" and tier.
OTHER_TIERS = ("batch", "flex", "priority", "scale", "performance", "reserved", "provisioned")
TIER_ENDINGS = tuple(f":{tier}" for tier in OTHER_TIERS)
NO_PARTS: Mapping[str, int] = MappingProxyType({})
NO_DETAILS: Mapping[str, str] = MappingProxyType({})


class Tokens(Struct, frozen=True):
    """What one call used; cached and written are parts of input, reasoning is part of output."""

    input: int
    output: int
    cached: int = 0
    written: int = 0
    reasoning: int = 0

    def clamped(self) -> "Tokens":
        """Returns counts that can be: no part larger than its whole, nothing above the limit."""
        if (
            self.cached + self.written <= self.input <= CALL_TOKENS_MAX
            and self.reasoning <= self.output <= CALL_TOKENS_MAX
        ):
            return self
        whole = min(self.input, CALL_TOKENS_MAX)
        output = min(self.output, CALL_TOKENS_MAX)
        cached = min(self.cached, whole)
        written = min(self.written, whole - cached)
        return Tokens(whole, output, cached, written, min(self.reasoning, output))


class Priced(Struct, frozen=True):
    """US dollars, rounded once at nano-dollars, and whose price it is.

    cost None: `reason` says why. `is_clamped`: the counts could not be, and were cut.
    """

    cost: Decimal | None
    source: Literal["", "override", "package"] = ""
    reason: str = ""
    is_clamped: bool = False


class Found(Struct, frozen=True):
    """What may price a model: overrides, the most specific first, and the package's entry.

    flat: its rates of one token when they are always the same, as most are (2 µs instead of 20).
    """

    overrides: list[Override]
    info: "ModelInfo | None"
    flat: tuple[Decimal, Decimal, Decimal, Decimal] | None


class PriceBook:
    """The prices of one project. `overrides`: its own, and those of all."""

    def __init__(self, overrides: Iterable[Override] = (), package: Package | None = None) -> None:
        self._overrides = sorted(overrides, key=lambda item: item.rank)
        self._package = package or Package()
        self._found: dict[tuple[str, tuple[str, ...]], Found] = {}

    def price(
        self,
        *,
        provider: str,
        models: Sequence[str],
        time_ns: int,
        tokens: Tokens,
        details: Mapping[str, str] = NO_DETAILS,
    ) -> Priced:
        """Returns what a call costs.

        Args:
            provider: the client's word, may be "".
            models: names to try, best first; "" is none.
            time_ns: when the call was made; it decides the rate.
            tokens: input includes cached and written, output includes reasoning.
            details: what of them is sound or images, by the names of DETAIL_PRICES, and
                `service_tier`. A call of another tier has the price of a model whose name ends in
                ":" and the tier; without one it has none.
        """
        tier = tier_of(details) if details else ""
        if tier:
            models = [f"{name}:{tier}" for name in models if name]
        key = (provider, tuple(models))
        found = self._found.get(key) or self._find(key)
        counted = tokens.clamped()
        is_clamped = counted is not tokens
        for override in found.overrides:
            if override.from_ns <= time_ns < override.until_ns:
                cost = price_override(override, counted).quantize(NANO)
                return Priced(cost, "override", is_clamped=is_clamped)
        if found.info is None:
            if tier:
                return Priced(None, reason="service_tier")
            return Priced(None, reason="no_price" if any(models) else "no_model")
        if found.flat is not None and not (details and details.keys() & DETAIL_PRICES.keys()):
            plain, output, cached, written = found.flat
            cost = plain * (counted.input - counted.cached - counted.written)
            cost += output * counted.output
            if counted.cached or counted.written:
                cost += cached * counted.cached + written * counted.written
            return Priced(cost.quantize(NANO), "package", "", is_clamped)
        moment = datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
        price = found.info.get_prices(moment)
        if not is_of_tokens(price):
            return Priced(None, reason="no_price")
        parts = parts_of(counted, details) if details else {}
        cost = price_tokens(price, counted, parts).quantize(NANO)
        return Priced(cost, "package", is_clamped=is_clamped)

    def _find(self, key: tuple[str, tuple[str, ...]]) -> Found:
        provider, models = key
        infos = (self._of_package(provider, model) for model in models if model)
        info = next((info for info in infos if info is not None), None)
        overrides = [item for item in self._overrides if item.is_about(provider, models)]
        found = Found(overrides, info, flat_rates(info) if info else None)
        if len(self._found) >= KNOWN_MAX:
            self._found.clear()
        self._found[key] = found
        return found

    def _of_package(self, provider: str, model: str) -> "ModelInfo | None":
        """Returns the package's entry; of a model in another tier only one of that tier."""
        info = self._package.find(provider, model)
        if info is None or not model.endswith(TIER_ENDINGS):
            return info
        return info if info.id.endswith(model[model.rindex(":") :]) else None

    def rates(
        self, *, provider: str, models: Sequence[str], time_ns: int
    ) -> "tuple[str, Override | ModelPrice | None]":
        """Returns (source, rates) that a call at a time would be priced by, ("", None) if none."""
        key = (provider, tuple(models))
        found = self._found.get(key) or self._find(key)
        for override in found.overrides:
            if override.from_ns <= time_ns < override.until_ns:
                return "override", override
        if found.info is None:
            return "", None
        return "package", found.info.get_prices(datetime.fromtimestamp(time_ns // 10**9, UTC))


def flat_rates(info: "ModelInfo") -> tuple[Decimal, Decimal, Decimal, Decimal] | None:
    """Returns the rates of one plain input, output, cached and written token of most models.

    None for those whose price depends on the day, on the size of a call or on other units.
    """
    if isinstance(info.prices, list):
        return None
    rates = {
        key: value
        for key, value in vars(info.prices).items()
        if value is not None and key not in WITHOUT_DETAILS
    }
    if not {"input_mtok", "output_mtok"} <= rates.keys() <= TOKEN_PRICES:
        return None
    plain = rates["input_mtok"]
    parts = (rates.get("cache_read_mtok", plain), rates.get("cache_write_mtok", plain))
    found = (plain, rates["output_mtok"], *parts)
    if not all(isinstance(rate, Decimal) for rate in found):
        return None
    plain, output, cached, written = (rate.scaleb(-6) for rate in found)  # of a million before
    return plain, output, cached, written


def price_override(price: Override, tokens: Tokens) -> Decimal:
    """Returns what tokens cost at a user's price; a tier holds for a whole call above it."""
    above = [tier for tier in price.tiers if tokens.input > tier.above]

    def rate(*names: str) -> Decimal:
        for name in names:
            for holder in (*reversed(above), price):
                value: Decimal | None = getattr(holder, name)
                if value is not None:
                    return value
        return Decimal(0)

    plain = tokens.input - tokens.cached - tokens.written
    said = tokens.output - tokens.reasoning
    total = rate("input") * plain + rate("output") * said
    total += rate("cached_input", "input") * tokens.cached if tokens.cached else 0
    total += rate("cache_write", "input") * tokens.written if tokens.written else 0
    total += rate("reasoning", "output") * tokens.reasoning if tokens.reasoning else 0
    return total / MILLION


def tier_of(details: Mapping[str, str]) -> str:
    """Returns the tier by which a call was served, "" for the ordinary one."""
    tier = details.get("service_tier", "").lower()
    return tier if tier in OTHER_TIERS else ""


def is_of_tokens(price: "ModelPrice") -> bool:
    """Whether tokens tell the cost: not of models by the hour or page; free ones have no rate."""
    rates = [key for key, rate in vars(price).items() if rate is not None]
    return not rates or any(key.endswith("_mtok") for key in rates)


def parts_of(tokens: Tokens, details: Mapping[str, str]) -> dict[str, int]:
    """Returns the counts of details that can be: no part larger than its whole.

    Of cached tokens and those of sound or images, what overlaps is at least what does not fit
    beside each other.
    """
    told = {name: round(float(details[name])) for name in DETAIL_PRICES if name in details}
    parts: dict[str, int] = {}
    for side, whole in (("input", tokens.input), ("output", tokens.output)):
        left = whole
        for kind in ("audio", "image", "video"):
            name = f"{side}_{kind}_tokens"
            if name in told:
                parts[name] = min(told[name], left)
                left -= parts[name]
    cached = tokens.cached
    for kind in ("audio", "image"):
        if whole := parts.get(f"input_{kind}_tokens", 0):
            beside = tokens.input - tokens.written - whole
            name = f"cache_{kind}_read_tokens"
            parts[name] = min(max(told.get(name, 0), cached - beside, 0), cached, whole)
            cached -= parts[name]
    if "cache_write_1h_tokens" in told:
        parts["cache_write_1h_tokens"] = min(told["cache_write_1h_tokens"], tokens.written)
    return parts


def price_tokens(
    price: "ModelPrice", tokens: Tokens, parts: Mapping[str, int] = NO_PARTS
) -> Decimal:
    """Returns what tokens cost. A part without a rate of its own costs what its whole costs."""
    from genai_prices import Usage  # noqa: PLC0415

    rates = price.__dict__
    named = {key for key, value in rates.items() if value is not None} - OTHER_PRICES
    if not any(parts.values()):
        named -= WITHOUT_DETAILS
    if not {"input_mtok", "output_mtok"} <= named <= TOKEN_PRICES:
        counts = {
            "input_tokens": tokens.input,
            "output_tokens": tokens.output,
            "cache_read_tokens": tokens.cached,
            "cache_write_tokens": tokens.written,
            **parts,
        }
        if "output_reasoning_mtok" in named:
            counts["output_reasoning_tokens"] = tokens.reasoning
        return price.calc_price(Usage(**counts))["total_price"]
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
