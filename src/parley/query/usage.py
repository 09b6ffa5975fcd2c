"""Usage by model: of a turn, of a session, and of a project with its latest calls."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from parley.model import ModelUsage
from parley.store import Store

__all__ = ["ModelInUse", "read_models", "reason_of", "usage_by_model", "usage_of_arrays"]

MODELS_MAX = 5000
DAY_NS = 86_400_000_000_000
SUMMED = (
    "calls",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
)
NAMED = ("provider", "model", "response_model", "cost_source", "cost_reason")


class ModelInUse(Struct, frozen=True):
    """A model of a project, its usage since some day, and where it was used last."""

    usage: ModelUsage
    last_ns: int
    last_session: str


def usage_of_row(values: Sequence[Any]) -> ModelUsage:
    """Returns the usage of (…NAMED, …SUMMED, cost)."""
    names, cost = values[: len(NAMED)], values[len(NAMED) + len(SUMMED)]
    return ModelUsage(
        **dict(zip(NAMED, names, strict=True)),
        **dict(zip(SUMMED, values[len(NAMED) :], strict=False)),
        cost_usd=None if cost is None else float(cost),
    )


def usage_of_arrays(arrays: Sequence[Sequence[Any]]) -> list[ModelUsage]:
    """Returns the usage of a turn by model; the store has it as arrays of one length."""
    return [usage_of_row(values) for values in zip(*arrays, strict=True)]


def usage_by_model(turns: Iterable[Any]) -> list[ModelUsage]:
    """Returns the usage of several turns by model, in order of first use."""
    found: dict[tuple[str, ...], ModelUsage] = {}
    for turn in turns:
        for item in turn.usage:
            key = tuple(getattr(item, name) for name in NAMED)
            found[key] = add_usage(found[key], item) if key in found else item
    return list(found.values())


def add_usage(one: ModelUsage, other: ModelUsage) -> ModelUsage:
    """Returns the sum; costs as exact as they are stored (nano-dollars)."""
    sums = {name: getattr(one, name) + getattr(other, name) for name in SUMMED}
    costs = [Decimal(repr(x.cost_usd)) for x in (one, other) if x.cost_usd is not None]
    return replace(one, **sums, cost_usd=float(sum(costs)) if costs else None)


def reason_of(usage: Iterable[ModelUsage]) -> str:
    """Returns why the cost is not complete, "" when it is. A failed call owes nothing."""
    reasons = (item.cost_reason for item in usage if item.cost_usd is None)
    return ", ".join(dict.fromkeys(reason for reason in reasons if reason != "failed"))


def read_models(store: Store, project_id: str, *, from_ns: int) -> list[ModelInUse]:
    """Returns the models that the turns since a time used, those of most calls first."""
    rows = store.read("models.in_use", project_id=project_id, from_ns=from_ns, limit=MODELS_MAX)
    return [ModelInUse(usage_of_row(row[:12]), row[12], row[13]) for row in rows]
