"""Turns and messages as rows of the store; times in nanoseconds. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Any

import msgspec

from parley.derive.align import is_system
from parley.derive.measure import ModelUse, Usage, failure_of, usage_of
from parley.derive.session import TurnFacts, TurnPiece
from parley.derive.trace import Said, TraceFacts
from parley.model import Attachment, Message, Part
from parley.pricing import PriceBook

__all__ = [
    "ATTACHMENT_COLUMNS",
    "MESSAGE_COLUMNS",
    "TRACE_COLUMNS",
    "TURN_COLUMNS",
    "attachment_row",
    "message_rows",
    "trace_row",
    "turn_row",
]

TEXT_LIMIT = 2000  # characters of a turn's input and output kept for lists; messages keep all
TRACE_COLUMNS = [
    "project_id",
    "session_id",
    "trace_id",
    "version",
    "is_deleted",
    "started_at",
    "ended_at",
    "opens",
    "question",
    "tail",
    "turn_ids",
    "spans",
]
TURN_COLUMNS = [
    "project_id",
    "session_id",
    "turn_id",
    "version",
    "is_deleted",
    "started_at",
    "ended_at",
    "trace_ids",
    "input",
    "output",
    "failed",
    "error",
    "models",
    "spans",
    "llm_calls",
    "tool_calls",
    "span_errors",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "reasoning_tokens",
    "usage_complete",
    "cost_usd",
    "cost_complete",
    "ttft_ms",
    "users",
    "environments",
    "tags",
    "metadata",
    "source_project",
    "session_source",
    "conversation_ids",
    "resent_messages",
    "messages",
    "usage_providers",
    "usage_models",
    "usage_response_models",
    "usage_cost_sources",
    "usage_cost_reasons",
    "usage_calls",
    "usage_input_tokens",
    "usage_output_tokens",
    "usage_cached_tokens",
    "usage_cache_write_tokens",
    "usage_reasoning_tokens",
    "usage_costs_usd",
    "span_kinds",
]
MESSAGE_COLUMNS = [
    "project_id",
    "session_id",
    "turn_started_at",
    "trace_id",
    "span_started_at",
    "ordinal",
    "version",
    "is_deleted",
    "turn_id",
    "span_id",
    "time",
    "role",
    "text",
    "parts",
    "content_hash",
    "model",
    "folded",
]
ATTACHMENT_COLUMNS = ["project_id", "hash", "media_type", "size_bytes", "data", "version"]
RESULTS_TOGETHER = ("execute_tool (merged)",)  # of Google's ADK, beside a span for each call
PIECE_ORDINALS = 100_000  # messages of one piece of a trace, so that ordinals are unique in it
USED = ModelUse.__struct_fields__
encode_parts = msgspec.json.Encoder().encode


def trace_row(
    project_id: str, facts: TraceFacts, turn_ids: Sequence[str], version: int
) -> list[Any]:
    """Returns the row of `traces`."""
    spans = sum(len(piece.spans) + len(piece.around) for piece in facts.pieces)
    return [
        project_id,
        facts.session_id,
        bytes.fromhex(facts.trace_id),
        version,
        0,
        facts.start_ns,
        facts.end_ns,
        int(facts.opens),
        facts.question,
        facts.tail,
        list(turn_ids),
        spans,
    ]


def attachment_row(project_id: str, item: Attachment, version: int) -> list[Any]:
    """Returns the row of `attachments`."""
    size_bytes = len(item.data)
    return [project_id, bytes.fromhex(item.hash), item.media_type, size_bytes, item.data, version]


def stored_parts(message: Message) -> str:
    """Returns a message's parts as JSON, "" for one text: it stands in `text` already."""
    parts = message.parts
    if len(parts) == 1 and parts[0] == Part(kind="text", text=message.text):
        return ""
    return encode_parts(parts).decode()


def _opening(turn: TurnFacts) -> str:
    """Returns the text that the person said to open the turn."""
    first = turn.pieces[0]
    words: list[str] = []
    for item in first.unheard:  # what was said since the last answer belongs to the question
        words = [] if item.message.role == "assistant" else [*words, *_user_text(item)]
    words += [text for item in first.own for text in _user_text(item)]
    return "\n".join(words)


def _user_text(item: Said) -> list[str]:
    is_question = item.message.role == "user" and not item.folded and item.message.text
    return [item.message.text] if is_question else []


def _answer(said: Iterable[Said]) -> str:
    texts = [i.message.text for i in said if i.message.role == "assistant" and i.message.text]
    return texts[-1] if texts else ""


def _distinct(values: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(value for value in values if value))


def _tool_calls(parts: Sequence[TurnPiece]) -> int:
    """Returns tool calls: tool spans, or what models asked for where tools are not traced."""
    traced = asked = 0
    for part in parts:
        tools = {
            span.span_id
            for span in part.piece.spans
            if span.kind == "tool" and span.name not in RESULTS_TOGETHER
        }
        traced += sum(
            1 for s in part.piece.spans if s.span_id in tools and s.parent_span_id not in tools
        )
        asked += sum(
            1
            for item in part.said
            if item.message.role == "assistant"
            for piece in item.message.parts
            if piece.kind == "tool_call"
        )
    return max(traced, asked)


def _extent(turn: TurnFacts) -> tuple[int, int]:
    """Returns start and end: of the spans in which it ran, else around it, else that spoke.

    Of two pieces that begin in the same nanosecond one has no span of its own.
    """
    spans = [span for part in turn.pieces for span in part.piece.spans]
    spans = spans or [span for part in turn.pieces for span in part.piece.around]
    spans = spans or [item.span for part in turn.pieces for item in part.piece.said]
    return min(span.start_ns for span in spans), max(max(s.end_ns, s.start_ns) for s in spans)


def turn_row(project_id: str, turn: TurnFacts, version: int, prices: PriceBook) -> list[Any]:
    """Returns the row of `turns`."""
    timed = [span for part in turn.pieces for span in part.piece.spans]
    around = [span for part in turn.pieces for span in part.piece.around]
    spans = timed + around
    started, ended = _extent(turn)
    called = {call.span_id for part in turn.pieces for call in part.facts.calls}
    calls = [span for span in timed if span.span_id in called]
    usage = usage_of(timed, calls, prices)
    error = failure_of(turn.pieces)
    session_id = turn.pieces[0].facts.session_id
    metadata: dict[str, str] = {}
    for span in spans:
        metadata.update(span.metadata)
    waits = [span.ttft_ms for span in calls if span.ttft_ms is not None]
    sources = [span.own_source for span in spans if span.own_session == session_id]
    said = [item for part in turn.pieces for item in part.said]
    return [
        project_id,
        session_id,
        turn.turn_id,
        version,
        0,
        started,
        ended,
        _distinct(part.facts.trace_id for part in turn.pieces),
        _opening(turn)[:TEXT_LIMIT],
        _answer(said)[:TEXT_LIMIT],
        int(bool(error)),
        error[:TEXT_LIMIT],
        _distinct(span.model for span in calls),
        len(spans),
        len(calls),
        _tool_calls(turn.pieces),
        sum(1 for span in spans if span.failed),
        usage.input_tokens,
        usage.output_tokens,
        usage.cached_tokens,
        usage.cache_write_tokens,
        usage.reasoning_tokens,
        int(usage.complete),
        usage.cost_usd,
        int(usage.cost_complete),
        waits[0] if waits else None,
        _distinct(span.user_id for span in spans),
        _distinct(span.environment for span in spans),
        _distinct(tag for span in spans for tag in span.tags),
        metadata,
        next((span.source_project for span in spans if span.source_project), ""),
        next(iter(sources), ""),
        _distinct(s.own_session for s in spans if s.own_session != session_id),
        sum(part.piece.resent for part in turn.pieces),
        sum(len(part.context) + len(part.unheard) + len(part.own) for part in turn.pieces),
        *model_columns(usage),
        Counter(span.kind for span in spans),
    ]


def model_columns(usage: Usage) -> list[list[Any]]:
    """Returns the arrays of what each model used, in the order of the columns `usage_…`."""
    if len(usage.models) == 1:
        ((key, use),) = usage.models.items()
        return [[value] for value in (*key, *(getattr(use, name) for name in USED))]
    keys, uses = list(usage.models), list(usage.models.values())
    columns: list[list[Any]] = [[key[place] for key in keys] for place in range(5)]
    return columns + [[getattr(use, name) for use in uses] for name in USED]


def message_rows(project_id: str, turn: TurnFacts, version: int) -> list[list[Any]]:
    """Returns the rows of `messages` of one turn, each true message once, in order."""
    turn_started, _ = _extent(turn)
    rows: list[list[Any]] = []
    for part in turn.pieces:
        prompts = list(takewhile(lambda item: is_system(item.hash), part.own))
        words = [(item, False) for item in prompts]
        words += [(item, True) for item in part.context]
        words += [(item, item.folded) for item in part.unheard + part.own[len(prompts) :]]
        for ordinal, (item, folded) in enumerate(words, part.ordinal * PIECE_ORDINALS):
            rows.append(
                [
                    project_id,
                    part.facts.session_id,
                    turn_started,
                    bytes.fromhex(part.facts.trace_id),
                    item.span.start_ns,
                    ordinal,
                    version,
                    0,
                    turn.turn_id,
                    bytes.fromhex(item.span.span_id),
                    item.time_ns,
                    item.message.role,
                    item.message.text,
                    stored_parts(item.message),
                    item.hash,
                    item.span.model if item.message.role == "assistant" else "",
                    int(folded),
                ]
            )
    return rows
