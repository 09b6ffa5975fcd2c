"""`ag.annotate`: says something about a session to the server that `ag.init` chose."""

from __future__ import annotations

from agenta.annotations import Annotation
from agenta.client import Agenta
from agenta.starting import server

__all__ = ["aannotate", "annotate"]


def annotate(
    *,
    name: str,
    value: float | bool | str,
    session_id: object = None,
    turn_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    comment: str | None = None,
    author: str | None = None,
    annotation_id: str | None = None,
) -> Annotation:
    """The same as `Agenta.annotate`, of the server that `ag.init` or the environment names."""
    return chosen().annotate(
        name=name,
        value=value,
        session_id=session_id,
        turn_id=turn_id,
        trace_id=trace_id,
        span_id=span_id,
        comment=comment,
        author=author,
        annotation_id=annotation_id,
    )


async def aannotate(
    *,
    name: str,
    value: float | bool | str,
    session_id: object = None,
    turn_id: str | None = None,
    trace_id: str | None = None,
    span_id: str | None = None,
    comment: str | None = None,
    author: str | None = None,
    annotation_id: str | None = None,
) -> Annotation:
    """The same as `annotate`, awaited."""
    return await chosen().aannotate(
        name=name,
        value=value,
        session_id=session_id,
        turn_id=turn_id,
        trace_id=trace_id,
        span_id=span_id,
        comment=comment,
        author=author,
        annotation_id=annotation_id,
    )


def chosen() -> Agenta:
    """Returns a client of the server that spans are sent to."""
    where = server()
    return Agenta(host=where.host, api_key=where.api_key, project=where.project)
