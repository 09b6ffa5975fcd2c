"""Random conversations, told by random clients: what is true of them is what Parley shows."""

import os
import random
from collections.abc import Sequence

import pytest

from parley.model import Message, Transcript, TranscriptTurn
from parley.query import open_session, read_transcript
from tests.properties.conversations import Chat, Writer
from tests.storing import Loading
from tests.telemetry import pack

TRIALS = int(os.environ.get("PARLEY_TRIALS", "60"))
SUMMED = (
    "llm_calls",
    "tool_calls",
    "spans",
    "span_errors",
    "input_tokens",
    "output_tokens",
    "cached_tokens",
    "reasoning_tokens",
)
Shown = list[tuple[str, str, tuple[str, ...]]]


def send(loading: Loading, chat: Chat, chance: random.Random) -> None:
    """Loads the spans of a session in some order, some twice, and derives now and then."""
    spans = [span for trace in chat.traces for span in trace]
    if chance.random() < 0.7:
        spans += chance.sample(spans, len(spans) // 5)
        chance.shuffle(spans)
    while spans:
        size = chance.choice([1, 3, 20, 200])
        loading.load([pack(*spans[:size])])
        spans = spans[size:]
        if chance.random() < 0.3:
            loading.derive()
    loading.derive()


def shown(messages: Sequence[Message]) -> Shown:
    """Returns who said what, and which tools were asked for; folded messages left out."""
    return [
        (m.role, m.text, tuple(p.name for p in m.parts if p.kind == "tool_call"))
        for m in messages
        if not m.folded and m.role != "system"
    ]


def true_words(chat: Chat, place: int) -> Shown:
    return [
        (m["role"], m["text"], tuple(name for _, name, _ in m.get("calls", [])))
        for m in chat.turns[place].said
    ]


def differences(chat: Chat, loading: Loading) -> list[str]:
    """Returns every way in which what is shown is not what is true."""
    detail = open_session(loading.store, loading.project_id, chat.session_id)
    transcript = read_transcript(loading.store, loading.project_id, chat.session_id)
    assert detail is not None
    assert isinstance(transcript, Transcript)
    session, turns = detail.session, detail.turns
    wrong: list[str] = []

    def check(what: str, got: object, want: object) -> None:
        if got != want:
            wrong.append(f"{what}: want {want!r}, got {got!r}")

    check("questions", [t.input for t in turns], [t.question for t in chat.turns])
    check("numbers", [t.turn for t in turns], list(range(1, len(turns) + 1)))
    check("failed", [t.error is not None for t in turns], [t.failed for t in chat.turns])
    check("errors", session.errors, sum(t.failed for t in chat.turns))
    for name in SUMMED:
        check(f"sum of {name}", getattr(session, name), sum(getattr(t, name) for t in turns))
    costs = [turn.cost_usd for turn in turns if turn.cost_usd is not None]
    check("sum of cost", round(session.cost_usd or 0, 9), round(sum(costs), 9))
    check("total", session.total_tokens, session.input_tokens + session.output_tokens)
    if session.total_tokens > chat.leaf_tokens:
        wrong.append(f"{session.total_tokens} tokens are more than the {chat.leaf_tokens} reported")
    if len(turns) == len(chat.turns):
        items: list[TranscriptTurn] = transcript.turns
        for place, (turn, want) in enumerate(zip(turns, chat.turns, strict=True)):
            name = f"turn {place + 1}"
            inner = sum(sum(call.inner.values()) for call in want.calls)
            check(f"calls of {name}", turn.llm_calls, len(want.calls) + inner)
            asked = [c for call in want.calls if call.said for c in call.said.get("calls", [])]
            check(f"tools of {name}", turn.tool_calls, len(asked))
            for side in ("input", "output"):
                used = [c.usage.get(side, 0) + c.usage.get(f"inner {side}", 0) for c in want.calls]
                check(f"{side} of {name}", getattr(turn, f"{side}_tokens"), sum(used))
            check(f"words of {name}", shown(items[place].messages), true_words(chat, place))
            answer = want.said[-1] if not want.failed else {"text": turn.output}
            check(f"answer of {name}", turn.output, answer["text"])
        check("usage is complete", session.usage_complete, not chat.unmeasured)
    systems = [m for t in transcript.turns for m in t.messages if m.role == "system"]
    prompts = (1 + chat.has_handoff) if chat.client.system and not chat.client.quiet else 0
    check("system prompts", len(systems), prompts)
    if not chat.client.quiet:
        media = [part for t in transcript.turns for m in t.messages for part in m.parts]
        pictures = sum(1 for turn in chat.turns if turn.picture)
        check("pictures", sum(part.hash != "" for part in media), pictures)
    return wrong


@pytest.mark.parametrize("seed", range(TRIALS))
def test_what_is_true_is_shown(seed: int, loading: Loading) -> None:
    chat = Writer(seed).draw()
    send(loading, chat, random.Random(seed))
    wrong = differences(chat, loading)
    assert not wrong, "\n".join([repr(chat.client), *wrong[:12]])
