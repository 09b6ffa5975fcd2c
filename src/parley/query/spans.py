"""Spans as trees: of one session, or of one trace with or without a session."""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from parley.conventions import decode_any_value
from parley.model import Span, SpanEvent, SpanLink, SpanPage, TraceTree
from parley.query.errors import BadQuery
from parley.query.sessions import read_session
from parley.store import Store

__all__ = ["read_spans", "read_trace"]

NO_PARENT = "0" * 16
TRACE_ID = re.compile(r"[0-9a-f]{32}")
RAW = ("array", "kvlist", "bytes")  # types whose hex digits are decoded with the type
STATUS = {1: "ok", 2: "error"}
PAGE_SPANS = 2000  # of a session at once: some 5 MB of ordinary spans
TRACE_SPANS = 5000  # of one trace at once


def read_spans(
    store: Store, project_id: str, session_id: str, *, cursor: str = "", around: str = ""
) -> SpanPage | None:
    """Returns the traces of a session in order of start; None when there is no such session.

    A session of more than PAGE_SPANS spans comes in pages of whole traces.

    Args:
        store: the store.
        project_id: whose session it is.
        session_id: its id.
        cursor: `next_cursor` of the page before.
        around: a trace to begin with instead, when it is one of the session's.

    Raises:
        BadQuery: the cursor is none of ours.
    """
    session = read_session(store, project_id, session_id)
    if session is None:
        return None
    if session.spans <= PAGE_SPANS and not cursor:
        rows = store.read("spans.of_session", project_id=project_id, session_id=session_id)
        return SpanPage(traces=trees_of(span_of_row(row) for row in rows))
    traces = store.read("traces.in_order", project_id=project_id, session_id=session_id)
    first = _place_of(traces, cursor, around)
    last, spans = first, 0
    while last < len(traces) and (last == first or spans + traces[last][2] <= PAGE_SPANS):
        spans += traces[last][2]
        last += 1
    trees = _read_traces(store, project_id, [row[0] for row in traces[first:last]])
    more = last < len(traces)
    return SpanPage(traces=trees, next_cursor=traces[last][0] if more else None)


def _place_of(traces: Sequence[Sequence[Any]], cursor: str, around: str) -> int:
    """Returns where a page begins. A cursor is the id of the trace that comes next."""
    ids = [row[0] for row in traces]
    if cursor and cursor not in ids:
        raise BadQuery("cursor", "not a cursor that this server gave")
    wanted = cursor or around
    return ids.index(wanted) if wanted in ids else 0


def read_trace(store: Store, project_id: str, trace_id: str) -> TraceTree | None:
    """Returns one trace, None when no span of it is stored.

    Raises:
        BadQuery: not 32 hex digits.
    """
    trace_id = trace_id.lower()
    if not TRACE_ID.fullmatch(trace_id):
        raise BadQuery("trace_id", "is not 32 hex digits")
    trees = _read_traces(store, project_id, [trace_id])
    return trees[0] if trees else None


def _read_traces(store: Store, project_id: str, trace_ids: Sequence[str]) -> list[TraceTree]:
    """Returns traces in order of start, of a trace alone at most TRACE_SPANS spans."""
    found = store.read("traces.resolve", project_id=project_id, trace_ids=list(trace_ids))
    if not found:
        return []
    where: dict[str, Any] = {
        "trace_ids": list(trace_ids),
        "sessions": sorted({"", *(name for row in found for name in row[2])}),
        "from_ns": min(row[3] for row in found),
        "to_ns": max(row[4] for row in found),
    }
    is_complete = True
    if len(trace_ids) == 1:
        cut = store.read("spans.cut", project_id=project_id, most=TRACE_SPANS, **where)
        if cut:
            # Spans that start in the very nanosecond of the cut go with those after it.
            is_complete, where["to_ns"] = False, max(cut[0][0] - 1, where["from_ns"])
    rows = store.read("spans.of_traces", project_id=project_id, most=2 * TRACE_SPANS, **where)
    trees = trees_of(span_of_row(row) for row in rows)
    return trees if is_complete else [replace(tree, is_complete=False) for tree in trees]


def decoded(texts: Mapping[str, str], types: Mapping[str, str]) -> dict[str, Any]:
    """Returns attributes, whose values are hex, in their own types."""
    return {
        key: decode_any_value(text if types.get(key) in RAW else text_of(text), types.get(key, ""))
        for key, text in texts.items()
    }


def text_of(hexed: str) -> str:
    """Returns the text of hex digits."""
    return bytes.fromhex(hexed).decode("utf-8", "replace")


def error_of(row: Sequence[Any]) -> str:
    """Returns why a span failed, "" when it did not: told by its status, or by an attribute."""
    status, said, kind, message = row[9], row[10], row[30], row[31] or row[10]
    if STATUS.get(status) != "error" and not kind:
        return ""
    if kind and message and not message.startswith(kind):
        return f"{kind}: {message}"
    return str(message or kind or said or "ended in error")


def span_of_row(row: Sequence[Any]) -> Span:
    """Returns the span of a row with the columns of the fragment `span_columns`."""
    scope = " ".join(text for text in (row[21], row[22]) if text)
    return Span(
        trace_id=row[0],
        span_id=row[1],
        parent_span_id="" if row[2] == NO_PARENT else row[2],
        session_id=row[3],
        name=row[4],
        kind=row[5],
        otel_kind=row[6],
        start_ns=row[7],
        end_ns=row[8],
        duration_ms=(row[8] - row[7]) / 1e6,
        status=STATUS.get(row[9], "unset"),
        status_message=row[10],
        failed=bool(error_of(row)),
        error=error_of(row),
        model=row[11],
        provider=row[12],
        input_tokens=row[13],
        output_tokens=row[14],
        cached_tokens=row[15],
        reasoning_tokens=row[16],
        cost_usd=row[17],
        ttft_ms=row[18],
        details=dict(row[37]),
        conversation_id=row[19],
        service=row[20],
        scope=scope,
        scope_name=row[21],
        scope_version=row[22],
        trace_state=row[32],
        flags=row[33],
        dropped_attributes=row[34],
        dropped_events=row[35],
        dropped_links=row[36],
        attributes=decoded(row[23], row[24]),
        resource=decoded(row[25], row[26]),
        events=[
            SpanEvent(time_ns=e[0], name=e[1], attributes=decoded(e[2], e[3]))
            for e in map(values_of, row[27])
        ],
        links=[
            SpanLink(trace_id=item[0], span_id=item[1], attributes=decoded(item[2], item[3]))
            for item in map(values_of, row[28])
        ],
        notes=list(row[29]),
    )


def values_of(item: Any) -> Sequence[Any]:
    """Returns the values of a tuple; the driver gives named ones as maps."""
    return list(item.values()) if isinstance(item, dict) else item


def trees_of(spans: Iterable[Span]) -> list[TraceTree]:
    """Returns spans by trace, traces in order of start, parents before children."""
    traces: dict[str, list[Span]] = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    trees = [
        TraceTree(trace_id=trace_id, session_id=found[0].session_id, spans=in_tree_order(found))
        for trace_id, found in traces.items()
    ]
    return sorted(trees, key=lambda tree: (min(s.start_ns for s in tree.spans), tree.trace_id))


def in_tree_order(spans: Sequence[Span]) -> list[Span]:
    """Returns spans with parents before children, siblings by start, and their depth.

    A span whose parent is not there stands as a root; spans in a circle of parents do too.
    """
    spans = sorted(spans, key=lambda span: (span.start_ns, span.end_ns, span.span_id))
    ids = {span.span_id for span in spans}
    below: dict[str, list[Span]] = defaultdict(list)
    roots = []
    for span in spans:
        if span.parent_span_id in ids and span.parent_span_id != span.span_id:
            below[span.parent_span_id].append(span)
        else:
            roots.append(span)
    ordered: list[Span] = []
    seen: set[str] = set()
    for root in [*roots, *spans]:
        stack = [(root, 0)]
        while stack:
            span, depth = stack.pop()
            if span.span_id in seen:
                continue
            seen.add(span.span_id)
            ordered.append(replace(span, depth=depth))
            stack += [(child, depth + 1) for child in reversed(below[span.span_id])]
    return ordered
