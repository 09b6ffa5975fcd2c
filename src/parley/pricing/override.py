"""A price that a user sets: parsed strictly, each wrong field named.

Prices are US dollars for a million tokens. A part without a price of its own (cached input, cache
writes, reasoning) costs what its whole costs.
"""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

import msgspec
from msgspec import Struct, field

__all__ = [
    "FIELDS",
    "PROVIDERS",
    "BadPrice",
    "Override",
    "Tier",
    "name_matches",
    "parse_override",
    "parse_overrides",
]

PRICE_MAX = Decimal(1_000_000)
PRICE_DIGITS = 9
NAME_MAX = 200
TIERS_MAX = 20
RATES = ("input", "output", "cached_input", "cache_write", "reasoning")
FIELDS = ("provider", "model", "valid_from", "valid_until", *RATES, "tiers", "scope")
SCOPES = ("project", "all")
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


class Tier(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Prices of a call whose input is larger than `above` tokens; they hold for all of it."""

    above: int
    input: Decimal | None = None
    output: Decimal | None = None
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None


class Override(Struct, frozen=True, kw_only=True):
    """A price for the calls of a model. project "": of every project; provider "": any.

    model: as clients write it, in any case; "*" stands for anything. valid_from is the first day
    (UTC), valid_until the first day on which it holds no longer; "" for always.
    """

    project: str
    provider: str
    model: str
    valid_from: str = ""
    valid_until: str = ""
    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    tiers: list[Tier] = field(default_factory=list)

    @property
    def id(self) -> str:
        """What tells it from others: one price for a project, provider, model and first day."""
        key = "\n".join((self.project, self.provider, self.model, self.valid_from))
        return hashlib.blake2s(key.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()

    @property
    def from_ns(self) -> int:
        """When it begins to hold."""
        return day_ns(self.valid_from) if self.valid_from else 0

    @property
    def until_ns(self) -> int:
        """When it holds no longer."""
        return day_ns(self.valid_until) if self.valid_until else 2**63 - 1

    def is_about(self, provider: str, models: Sequence[str]) -> bool:
        """Whether it prices the calls of a model; the client's words, any of its names."""
        if self.provider and self.provider.lower() not in provider_words(provider):
            return False
        return any(name_matches(self.model, name.lower()) for name in models if name)

    @property
    def rank(self) -> tuple[bool, bool, bool, int, int]:
        """Sorts the more specific first: own project, whole name, provider, length, later day."""
        return (
            not self.project,
            "*" in self.model,
            not self.provider,
            -len(self.model),
            -self.from_ns,
        )


class BadPrice(Exception):
    """A price that cannot be; `fields`: what is wrong with each field, `line`: where it stands."""

    def __init__(self, fields: Mapping[str, str], line: int = 0) -> None:
        where = f"line {line}: " if line else ""
        super().__init__(where + "; ".join(f"{name}: {why}" for name, why in fields.items()))
        self.fields = dict(fields)
        self.line = line


def provider_words(provider: str) -> tuple[str, str]:
    """Returns the names of a provider, in lower case: the client's, and that of genai-prices."""
    return provider.lower(), PROVIDERS.get(provider, provider).lower()


def name_matches(pattern: str, name: str) -> bool:
    """Whether a model's name, in lower case, is meant by a pattern; `*` stands for anything."""
    first, *rest = pattern.lower().split("*")
    if not rest:
        return name == first
    *middle, last = rest
    if not name.startswith(first) or len(name) < len(first) + len(last) or not name.endswith(last):
        return False
    place, end = len(first), len(name) - len(last)
    for piece in middle:
        found = name.find(piece, place, end)
        if found < 0:
            return False
        place = found + len(piece)
    return True


def day_ns(day: str) -> int:
    """Returns the start of a day in UTC."""
    moment = datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC)
    return int(moment.timestamp()) * 1_000_000_000


def parse_override(values: Mapping[str, Any], project_id: str) -> Override:
    """Returns the price that some fields mean; numbers may be text.

    Raises:
        BadPrice: naming every field that is wrong.
    """
    wrong: dict[str, str] = {}
    found: dict[str, Any] = {"provider": "", "project": project_id}
    for name in values:
        if name not in FIELDS:
            wrong[str(name)[:100]] = f"unknown; known are {', '.join(FIELDS)}"
    scope = values.get("scope") or "project"
    if scope not in SCOPES:
        wrong["scope"] = f"expected one of {', '.join(SCOPES)}"
    elif scope == "all":
        found["project"] = ""
    for name in ("provider", "model"):
        text = values.get(name) or ""
        if not isinstance(text, str) or len(text) > NAME_MAX or not text.isprintable():
            wrong[name] = f"expected text of at most {NAME_MAX} printable characters"
        else:
            found[name] = text.strip()
    if not found.get("model") and "model" not in wrong:
        wrong["model"] = "is required; the model's name, * stands for anything"
    for name in ("valid_from", "valid_until"):
        found[name] = _day(values.get(name), name, wrong)
    if not wrong and "" < found["valid_until"] <= found["valid_from"]:
        wrong["valid_until"] = "is not after valid_from"
    for name in RATES:
        value = _price(values.get(name), name, wrong)
        if value is None and name in ("input", "output"):
            wrong.setdefault(name, "is required; dollars for a million tokens, 0 when it is free")
        found[name] = value
    found["tiers"] = _tiers(values.get("tiers"), wrong)
    if wrong:
        raise BadPrice(wrong)
    return Override(**found)


def parse_overrides(rows: Sequence[tuple[int, Any]], project_id: str) -> list[Override]:
    """Returns the prices of some (line, fields).

    Raises:
        BadPrice: the first wrong line, or one that is there twice.
    """
    found: dict[str, Override] = {}
    for line, values in rows:
        if not isinstance(values, Mapping):
            raise BadPrice({"row": "expected an object with the fields of a price"}, line)
        try:
            override = parse_override(values, project_id)
        except BadPrice as error:
            raise BadPrice(error.fields, line) from error
        if override.id in found:
            raise BadPrice({"model": "is there twice, with the same provider and first day"}, line)
        found[override.id] = override
    return list(found.values())


def _day(value: Any, name: str, wrong: dict[str, str]) -> str:
    if value in (None, ""):
        return ""
    try:
        day = date.fromisoformat(str(value).strip())
    except ValueError:
        day = date.min
    if not 2000 <= day.year <= 2100:
        wrong[name] = "expected a day from 2000 to 2100, such as 2026-01-31"
    return day.isoformat()


def _price(value: Any, name: str, wrong: dict[str, str]) -> Decimal | None:
    if value in (None, ""):
        return None
    try:
        price = Decimal(str(value).strip())
    except InvalidOperation:
        price = Decimal("NaN")
    if isinstance(value, bool) or not price.is_finite() or not 0 <= price <= PRICE_MAX:
        wrong[name] = f"expected dollars for a million tokens, a number from 0 to {PRICE_MAX:,}"
        return None
    if -int(price.as_tuple().exponent) > PRICE_DIGITS:
        wrong[name] = f"expected at most {PRICE_DIGITS} digits after the point"
        return None
    return price


def _tiers(value: Any, wrong: dict[str, str]) -> list[Tier]:
    if value in (None, "", []):
        return []
    if isinstance(value, str):
        try:
            value = msgspec.json.Decoder(float_hook=Decimal).decode(value)
        except (msgspec.DecodeError, RecursionError):
            value = None
    if not isinstance(value, list) or len(value) > TIERS_MAX:
        wrong["tiers"] = 'expected a list like [{"above": 200000, "input": 4, "output": 15}]'
        return []
    tiers = []
    for item in value:
        above = item.get("above") if isinstance(item, Mapping) else None
        if not isinstance(above, int) or isinstance(above, bool) or not 0 < above <= 10**9:
            wrong["tiers"] = "each needs `above`, the input tokens from which it holds"
            return []
        if unknown := set(item) - {"above", *RATES}:
            wrong["tiers"] = f"unknown: {', '.join(sorted(map(str, unknown)))[:100]}"
            return []
        inner: dict[str, str] = {}
        rates = {name: _price(item.get(name), name, inner) for name in RATES}
        if inner:
            name, why = next(iter(inner.items()))
            wrong["tiers"] = f"{name}: {why}"
            return []
        tiers.append(Tier(above=above, **rates))
    return sorted(tiers, key=lambda tier: tier.above)
