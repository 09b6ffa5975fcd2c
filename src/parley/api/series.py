"""/api/v1/series: totals of an interval and its buckets."""

import asyncio
from typing import Annotated

from litestar import get
from litestar.params import QueryParameter

from parley.api.answers import SeriesAnswer, series_answer
from parley.api.errors import BadRequest
from parley.api.parameters import Filter, Words, time_parameter
from parley.model import ProjectId
from parley.query import narrow, read_series
from parley.store import Store

__all__ = ["show_series"]

MAX_BUCKETS = 500
RANGE_HELP = "ISO-8601 time; without it the first or last activity of the project."


@get("/api/v1/series", summary="Totals over time", tags=["series"])
async def show_series(
    *,
    store: Store,
    project_id: ProjectId,
    from_time: Annotated[str | None, QueryParameter(name="from", description=RANGE_HELP)] = None,
    to_time: Annotated[str | None, QueryParameter(name="to", description=RANGE_HELP)] = None,
    q: Words = "",
    filter_text: Filter = "",
    buckets: Annotated[int, QueryParameter(name="buckets", ge=1, le=MAX_BUCKETS)] = 72,
) -> SeriesAnswer:
    """Sessions, turns, tokens, cost and latency of an interval, whole and in equal buckets.

    q and filter leave the turns of the same sessions as in the list.

    Buckets have a readable length, such as five minutes; there are at most `buckets` of them.
    """
    from_ns, to_ns = time_parameter("from", from_time), time_parameter("to", to_time)
    if from_ns is not None and to_ns is not None and from_ns >= to_ns:
        raise BadRequest("from: must be before `to`", field="from")

    def read() -> SeriesAnswer:
        series = read_series(
            store,
            project_id,
            from_ns=from_ns,
            to_ns=to_ns,
            buckets=buckets,
            narrowing=narrow(q, filter_text),
        )
        return series_answer(series)

    return await asyncio.to_thread(read)
