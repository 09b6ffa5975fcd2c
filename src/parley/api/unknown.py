"""/api/v1/unknown: what was not understood of a project's latest conversations."""

import asyncio

from litestar import get
from msgspec import Struct

from parley.api.prices import ModelAnswer, model_answer
from parley.derive import LivePrices
from parley.model import ProjectId, to_iso
from parley.query import Example, Sample, Unread, read_unknown
from parley.store import Store

__all__ = ["show_unknown"]


class FailedAnswer(Struct, frozen=True):
    """A trace that could not be made a conversation of, since when and why."""

    trace_id: str
    noted_at: str
    reason: str


class UnknownAnswer(Struct, frozen=True, kw_only=True):
    """What was not understood, each with counts and an example."""

    sample: Sample
    attributes: list[Example]
    unused: list[Example]
    notes: list[Example]
    payloads: list[Unread]
    models: list[ModelAnswer]
    clamped: list[ModelAnswer]
    failed: list[FailedAnswer]


@get("/api/v1/unknown", summary="What was not understood", tags=["unknown"])
async def show_unknown(store: Store, prices: LivePrices, project_id: ProjectId) -> UnknownAnswer:
    """Attributes that no dialect maps, models without a price, notes of odd spans, failed traces.

    Of attributes and notes a sample is looked at, as `sample` says: the latest sessions, and spans
    without one of the last 30 days. `unused` are names that are known and that nothing is made of.
    """
    found = await asyncio.to_thread(read_unknown, store, project_id, prices.book(project_id))
    return UnknownAnswer(
        sample=found.sample,
        attributes=found.attributes,
        unused=found.unused,
        notes=found.notes,
        payloads=found.payloads,
        models=[model_answer(item) for item in found.models],
        clamped=[model_answer(item) for item in found.clamped],
        failed=[FailedAnswer(i.trace_id, to_iso(i.noted_ns), i.reason) for i in found.failed],
    )
