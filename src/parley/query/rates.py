"""The models in use, with what their calls cost now and did cost lately. May ask pricing."""

import time

from msgspec import Struct

from parley.model import ModelUsage
from parley.pricing import Override, PriceBook
from parley.query.usage import ModelInUse, add_usage, read_models
from parley.store import Store

__all__ = ["RATE_DAYS", "ModelRate", "read_rates"]

RATE_DAYS = 30
UNPRICED = ("no_price", "no_model", "service_tier")
DAY_NS = 86_400_000_000_000
PACKAGE_NAMES = {
    "input_mtok": "input",
    "output_mtok": "output",
    "cache_read_mtok": "cached_input",
    "cache_write_mtok": "cache_write",
}


class ModelRate(Struct, frozen=True, kw_only=True):
    """A model of the last RATE_DAYS days.

    source: whose rate a call has now: "override", "package" or "". rate: dollars for a million
    tokens by part, as text; a tier's as "input above 200000". price_id: the override's.
    """

    provider: str
    model: str
    response_model: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost_usd: float | None
    unpriced_calls: int
    client_calls: int
    cost_reason: str
    source: str
    rate: dict[str, str]
    price_id: str
    last_ns: int
    last_session: str


def read_rates(store: Store, project_id: str, book: PriceBook) -> list[ModelRate]:
    """Returns the models of the last days: those with unpriced calls first, then by calls."""
    now = time.time_ns()
    groups: dict[tuple[str, str, str], list[ModelInUse]] = {}
    for item in read_models(store, project_id, from_ns=now - RATE_DAYS * DAY_NS):
        used = item.usage
        groups.setdefault((used.provider, used.model, used.response_model), []).append(item)
    found = [_rate_of(items, book, now) for items in groups.values()]
    return sorted(found, key=lambda item: (not item.unpriced_calls, -item.calls, item.model))


def _rate_of(items: list[ModelInUse], book: PriceBook, now: int) -> ModelRate:
    every = items[0].usage
    for item in items[1:]:
        every = add_usage(every, item.usage)
    last = max(items, key=lambda item: item.last_ns)
    unpriced = [
        item.usage
        for item in items
        if item.usage.cost_usd is None and item.usage.cost_reason in UNPRICED
    ]
    source, rates = book.rates(
        provider=every.provider, models=(every.response_model, every.model), time_ns=now
    )
    return ModelRate(
        provider=every.provider,
        model=every.model,
        response_model=every.response_model,
        calls=every.calls,
        input_tokens=every.input_tokens,
        output_tokens=every.output_tokens,
        cost_usd=every.cost_usd,
        unpriced_calls=sum(item.calls for item in unpriced),
        client_calls=sum(i.usage.calls for i in items if i.usage.cost_source == "client"),
        cost_reason=_reason(unpriced, items),
        source=source,
        rate=rate_words(rates),
        price_id=rates.id if isinstance(rates, Override) else "",
        last_ns=last.last_ns,
        last_session=last.last_session,
    )


def _reason(unpriced: list[ModelUsage], items: list[ModelInUse]) -> str:
    if unpriced:
        return unpriced[0].cost_reason
    return next((i.usage.cost_reason for i in items if i.usage.cost_reason), "")


def rate_words(rates: object) -> dict[str, str]:
    """Returns the prices of a million tokens by part, those of tiers too."""
    found: dict[str, str] = {}
    if isinstance(rates, Override):
        for holder, above in (
            (rates, ""),
            *((tier, f" above {tier.above}") for tier in rates.tiers),
        ):
            for name in ("input", "output", "cached_input", "cache_write", "reasoning"):
                value = getattr(holder, name)
                if value is not None:
                    found[name + above] = f"{value:f}"
    elif rates is not None:
        for theirs, ours in PACKAGE_NAMES.items():
            value = vars(rates).get(theirs)
            if value is not None:
                found[ours] = f"{getattr(value, 'base', value):f}"
                for tier in getattr(value, "tiers", ()):
                    found[f"{ours} above {tier.start}"] = f"{tier.price:f}"
    return found
