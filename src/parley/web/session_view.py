"""An open session: its header and its conversation, as a printed interview."""

import json
from collections.abc import Iterator, Sequence

from markupsafe import Markup

from parley.model import (
    Message,
    ModelUsage,
    Part,
    Session,
    Transcript,
    TranscriptTurn,
    Turn,
    from_iso,
)
from parley.query import usage_by_model
from parley.web import words
from parley.web.alike import alike_href
from parley.web.attachments import is_media, media_block, sources_block
from parley.web.contexts import Attribute, Block, Drawer, TurnView
from parley.web.label_view import labeling_of
from parley.web.list_view import RUNNING_SECONDS
from parley.web.rich_text import json_html, markdown_html, plain_html
from parley.web.state import PageState, element_key

__all__ = ["anchor_of", "conversation", "drawer_head"]

SECOND_NS = 1_000_000_000
GAP_SECONDS = 300  # a pause longer than this is marked
LONG_TEXT = 400  # a question longer than this is set light and cut
LINE_CHARACTERS = 70  # about what a line of a question holds
LINES_SHOWN = 8  # of a long question, then it is cut
SHORT_ARGUMENT = 60
CHARACTERS_A_TOKEN = 4


def anchor_of(turn: Turn) -> str:
    """Returns the id of a turn on the page."""
    return f"t{turn.turn}"


def drawer_head(session: Session, turns: Sequence[Turn], state: PageState) -> Drawer:
    """Returns the header of an open session; its tabs are filled in by others."""
    last_ns = from_iso(session.last_activity_at)
    running = _running_turn(turns, last_ns, state.now_ns)
    every = max(session.total_tokens, 1)
    cached = min(session.cached_tokens, session.input_tokens)
    note = ""
    if session.cost_usd is None:
        note = "no price" if session.total_tokens else "no usage"
    elif not session.cost_complete:
        note = "at least"
    elif running:
        note = "so far"
    facts = [
        ("user", ", ".join(session.users)),
        ("models", ", ".join(session.models)),
        ("environment", ", ".join(session.environments)),
        ("started", words.day_and_clock(from_iso(session.started_at), now_ns=state.now_ns)),
        ("grouped by", session.session_source),
        *sorted(session.metadata.items()),
    ]
    return Drawer(
        session_id=session.session_id,
        key=element_key(session.session_id),
        found=True,
        session=session,
        title=session.title or session.first_input or session.session_id,
        labeling=labeling_of(session, state),
        facts=[Attribute(name, value[:200]) for name, value in facts if value],
        is_running=bool(running),
        running_turn=running,
        duration=words.duration(session.duration_ms),
        latency_p50=words.duration(session.latency_ms_p50),
        latency_p95=words.duration(session.latency_ms_p95),
        ttft=words.duration(session.ttft_ms_p50),
        tokens=words.tokens(session.total_tokens),
        cached=words.percent(cached / max(session.input_tokens, 1)),
        tokens_exact=(
            f"Input {session.input_tokens:,}, of these {cached:,} from the cache. "
            f"Output {session.output_tokens:,}, of these {session.reasoning_tokens:,} reasoning."
            + ("" if session.usage_complete else " Some calls reported no usage: at least.")
        ),
        token_shares=(
            round(100 * (session.input_tokens - cached) / every, 1),
            round(100 * cached / every, 1),
            round(100 * session.output_tokens / every, 1),
        ),
        cost=words.money(session.cost_usd),
        cost_note=note,
        cost_title=cost_words(usage_by_model(turns)),
        close_href=state.href(open="", tab="conversation", span="", full=""),
        full_href=state.href(full="" if state.full else "1"),
        conversation_href=state.href(tab="conversation", span=""),
        traces_href=state.href(tab="traces", span=""),
        timeline_href=state.href(tab="timeline", span=""),
    )


COST_SOURCES = {
    "client": "told by the client",
    "override": "at a price set in Settings",
    "package": "at the rate of genai-prices",
}
COST_REASONS = {
    "no_price": "no price is known",
    "no_usage": "no usage was reported",
    "no_model": "no model was named",
    "failed": "the call failed",
    "clamped": "counts that cannot be were cut",
    "service_tier": "no price is known for its service tier",
}


def cost_words(usage: Sequence[ModelUsage]) -> str:
    """Returns whose price each model's calls have, a line for each; or why they have none."""
    lines = []
    for item in usage:
        name = item.response_model or item.model or "no model"
        amount = words.money(item.cost_usd) if item.cost_usd is not None else "unknown"
        why = (COST_SOURCES.get(item.cost_source, ""), COST_REASONS.get(item.cost_reason, ""))
        told = ", ".join(text for text in why if text)
        lines.append(f"{name}, {words.plural(item.calls, 'call')}: {amount}, {told}")
    return "\n".join(lines)


def _running_turn(turns: Sequence[Turn], last_ns: int, now_ns: int) -> int:
    """Returns the number of the turn that is still being answered, 0 for none."""
    if not turns or turns[-1].output or turns[-1].error is not None:
        return 0
    return turns[-1].turn if (now_ns - last_ns) / SECOND_NS < RUNNING_SECONDS else 0


def conversation(transcript: Transcript, state: PageState) -> list[TurnView]:
    """Returns the turns of a transcript ready to print."""
    turns = [item.turn for item in transcript.turns]
    running = _running_turn(turns, from_iso(transcript.session.last_activity_at), state.now_ns)
    slowest = max((turn.latency_ms for turn in turns), default=0.0) or 1.0
    dearest = max((turn.cost_usd or 0.0 for turn in turns), default=0.0) or 1.0
    slow_ms = transcript.session.latency_ms_p95 if len(turns) > 4 else float("inf")
    views = []
    ended_ns: int | None = None
    for item in transcript.turns:
        started_ns = from_iso(item.turn.started_at)
        gap_ms = (started_ns - ended_ns) / 1e6 if ended_ns is not None else 0.0
        views.append(
            _turn_view(
                item,
                state,
                gap=words.duration(gap_ms) if gap_ms > GAP_SECONDS * 1000 else "",
                is_running=item.turn.turn == running,
                is_slow=item.turn.latency_ms >= slow_ms,
                shares=(
                    round(100 * item.turn.latency_ms / slowest, 1),
                    round(100 * (item.turn.cost_usd or 0.0) / dearest, 1),
                ),
            )
        )
        ended_ns = started_ns + int(item.turn.latency_ms * 1e6)
    return views


def _turn_view(
    item: TranscriptTurn,
    state: PageState,
    *,
    gap: str,
    is_running: bool,
    is_slow: bool,
    shares: tuple[float, float],
) -> TurnView:
    turn = item.turn
    started_ns = from_iso(turn.started_at)
    prompts, questions, answers = _blocks(item, state.project)
    latency = words.duration(turn.latency_ms)
    state_word = (
        "running"
        if is_running
        else "failed"
        if turn.error is not None
        else "slow"
        if is_slow
        else ""
    )
    label = ", ".join(
        text
        for text in (f"Turn {turn.turn}: {latency}", words.money(turn.cost_usd), state_word)
        if text
    )
    cost = words.money(turn.cost_usd)
    if turn.cost_usd is None:
        cost = "no price" if turn.input_tokens + turn.output_tokens else ""
    elif not turn.cost_complete:
        cost = f"at least {cost}"
    return TurnView(
        number=turn.turn,
        anchor=anchor_of(turn),
        gap=f"{gap} without a message" if gap else "",
        gap_short=gap,
        clock=words.clock(started_ns),
        exact=turn.started_at,
        model=turn.model,
        prompts=prompts,
        questions=questions,
        answers=answers,
        error=turn.error or "",
        error_title="The turn ended in an error" if turn.output else "No answer was given",
        error_href=state.href(tab="traces", span=turn.trace_ids[0] if turn.trace_ids else ""),
        alike_href=alike_href(turn.error or "", state),
        is_running=is_running,
        latency=latency,
        ttft=words.duration(turn.ttft_ms) if turn.ttft_ms is not None else "",
        tokens_in=words.tokens(turn.input_tokens)
        if turn.usage_complete or turn.input_tokens
        else "",
        tokens_out=words.tokens(turn.output_tokens),
        tokens_reasoning=words.tokens(turn.reasoning_tokens) if turn.reasoning_tokens else "",
        cost=cost,
        cost_title=cost_words(turn.usage),
        calls=words.plural(turn.llm_calls, "call") if turn.llm_calls else "",
        rail_latency=shares[0],
        rail_cost=shares[1],
        rail_class={"failed": "bad", "slow": "slow", "running": "run"}.get(state_word, ""),
        label=label,
    )


def _blocks(item: TranscriptTurn, project: str) -> tuple[list[Block], list[Block], list[Block]]:
    """Returns (system prompts, what the person said, what came of it) of a turn."""
    prompts: list[Block] = []
    questions: list[Block] = []
    answers: list[Block] = []
    results = _results(item.messages)
    context = [m for m in item.messages if m.folded and m.role != "system"]
    if item.resent_messages and not context:
        answers.append(
            Block(
                kind="fold",
                title=words.plural(item.resent_messages, "earlier message") + " sent again",
                html=Markup("<p>They stand in the turns above.</p>"),
                key=f"{item.turn.turn_id}.resent",
            )
        )
    for message in item.messages:
        if message.folded:
            continue
        if message.role == "system":
            prompts.append(_prompt_fold(message))
        elif message.role == "user":
            questions += _question(message, project)
        elif message.role == "assistant":
            answers += _answer(message, results, project)
        else:
            answers += [
                _tool_block(None, part, message)
                for part in message.parts
                if part.kind == "tool_result" and id(part) in results.alone
            ]
            answers += [media_block(part, project) for part in message.parts if is_media(part)]
    if context:
        prompts.append(_context_fold(context, item))
    if not questions and item.turn.input:
        questions.append(_text_question(item.turn.input))
    return prompts, questions, answers


class _Results:
    """Tool results of a turn: by the id of their call, else in order."""

    def __init__(self, by_id: dict[str, Part], in_order: list[Part]) -> None:
        self.by_id = by_id
        self.in_order = in_order
        self.alone: set[int] = set()

    def take(self, call: Part) -> Part | None:
        """Returns the result of a call, each result once."""
        found = self.by_id.pop(call.call_id, None) if call.call_id else None
        if found is None:
            found = next((p for p in self.in_order if p.name in ("", call.name)), None)
        if found is not None:
            self.in_order = [p for p in self.in_order if p is not found]
        return found


def _results(messages: Sequence[Message]) -> _Results:
    calls = {
        part.call_id
        for message in messages
        for part in message.parts
        if part.kind == "tool_call" and part.call_id
    }
    parts = [
        p
        for m in messages
        if m.role in ("tool", "assistant") and not m.folded
        for p in m.parts
        if p.kind == "tool_result"
    ]
    asked = sum(
        1 for m in messages if m.role == "assistant" for p in m.parts if p.kind == "tool_call"
    )
    found = _Results(
        {part.call_id: part for part in parts if part.call_id in calls},
        [part for part in parts if part.call_id not in calls],
    )
    if len(found.in_order) > asked - len(found.by_id):
        found.alone = {id(part) for part in found.in_order}
        found.in_order = []
    return found


def _prompt_fold(message: Message) -> Block:
    size = len(message.text) // CHARACTERS_A_TOKEN
    return Block(
        kind="fold",
        title="System prompt",
        text=f"about {words.tokens(size)} tokens",
        html=plain_html(message.text),
        key=f"{message.turn_id}.{message.ordinal}",
    )


def _context_fold(context: Sequence[Message], item: TranscriptTurn) -> Block:
    told = "".join(f"<p><b>{m.role}</b></p>{plain_html(m.text)}" for m in context)
    return Block(
        kind="fold",
        title=f"{words.plural(len(context), 'message')} of context",
        text="sent along, not said in this session",
        html=Markup(told),  # noqa: S704 - roles are ours, texts escaped by plain_html
        key=f"{item.turn.turn_id}.context",
    )


def _text_question(text: str) -> Block:
    lines = text.strip().split("\n")
    room = sum(len(line) // LINE_CHARACTERS + 1 for line in lines)
    return Block(
        kind="user",
        html=plain_html(text),
        is_long=len(text) > LONG_TEXT or len(lines) > 1,
        is_cut=room > LINES_SHOWN,
    )


def _question(message: Message, project: str) -> Iterator[Block]:
    if message.text:
        yield _text_question(message.text)
    for part in message.parts:
        if is_media(part):
            yield media_block(part, project)


def _answer(message: Message, results: _Results, project: str) -> Iterator[Block]:
    for place, part in enumerate(message.parts):
        if part.kind in ("text", "refusal"):
            yield Block(kind="answer", html=markdown_html(part.text))
        elif part.kind == "reasoning":
            yield Block(
                kind="fold",
                title="Reasoning",
                html=plain_html(part.text),
                key=f"{message.turn_id}.{message.ordinal}.{place}",
            )
        elif part.kind == "tool_call":
            yield _tool_block(part, results.take(part), message)
        elif part.kind == "media":
            yield media_block(part, project)
        elif part.kind == "tool_result" and id(part) in results.alone:
            yield _tool_block(None, part, message)
    if sources := [part for part in message.parts if part.kind == "citation"]:
        yield sources_block(sources, key=f"{message.turn_id}.{message.ordinal}.sources")


def _tool_block(call: Part | None, result: Part | None, message: Message) -> Block:
    named = call or result
    text = result.text if result is not None else ""
    return Block(
        kind="tool",
        title=(named.name if named else "") or "tool",
        arguments=_short_arguments(call.arguments) if call else "",
        arguments_html=json_html(call.arguments) if call and call.arguments else Markup(),
        result=_result_words(text) if result is not None else "no result recorded",
        result_html=json_html(text) if text else Markup(),
        key=f"{message.turn_id}.{message.ordinal}.{named.call_id if named else ''}",
    )


def _short_arguments(arguments: str) -> str:
    """Returns `depot="RTM", days=4` for a JSON object, the text itself for anything else."""
    try:
        found = json.loads(arguments)
    except (ValueError, RecursionError):
        return arguments[:200]
    if not isinstance(found, dict):
        return arguments[:200]
    shown = []
    for name, value in found.items():
        text = json.dumps(value, ensure_ascii=False)
        shown.append(
            f"{name}={text if len(text) <= SHORT_ARGUMENT else text[:SHORT_ARGUMENT] + '…'}"
        )
    return ", ".join(shown)[:300]


def _result_words(text: str) -> str:
    """Returns how large a result is: rows of a list, else its length."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return words.size(len(text))
    if isinstance(found, list):
        return words.plural(len(found), "row")
    return words.size(len(text))
