"""What Parley must show of the conversations: from the script and the model server's memory."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from genai_prices import Usage, calc_price

from tests.clients.talk import CONVERSATIONS, Turn
from tests.models import Exchange
from tests.models.script import ANSWERED_AS

__all__ = ["differences", "facts_shown", "facts_true"]

ROUNDING_USD = 1e-8  # Parley rounds each call at nano-dollars
ASKED_AS = {answered: asked for asked, answered in ANSWERED_AS.items()}


def facts_true(key: str, exchanges: Sequence[Exchange]) -> dict[str, Any]:
    """Returns the facts of one conversation."""
    turns = CONVERSATIONS[key]
    answers = [item.answer for item in exchanges if item.answer]
    asked = exchanges[0].heard.model
    return {
        "turns": len(turns),
        "inputs": [turn.words for turn in turns],
        "outputs": [turn.answer for turn in turns],
        "failed": [turn.fails for turn in turns],
        "errors": sum(turn.fails for turn in turns),
        "users": [f"user-of-{key}"],
        "models": [asked],
        "llm_calls": len(exchanges),
        "tool_calls": sum(len(answer.calls) for answer in answers),
        "input_tokens": sum(answer.usage.input for answer in answers),
        "output_tokens": sum(answer.usage.output for answer in answers),
        "cached_tokens": sum(answer.usage.cached for answer in answers),
        "cost_usd": float(sum((cost_of(item) for item in exchanges), Decimal(0))),
        "transcript": [said for turn in turns for said in words_of(turn)],
    }


def words_of(turn: Turn) -> list[tuple[str, str]]:
    """Returns a turn as people read it: who said what, in order."""
    said = [("user", turn.words)]
    said += [("tool", f"18 degrees in {city}") for city in turn.cities]
    return [*said, ("assistant", turn.answer)] if turn.answer else said


def cost_of(exchange: Exchange) -> Decimal:
    """Returns the price of one exchange by the price list's own calculator."""
    if not exchange.answer:
        return Decimal(0)
    used = exchange.answer.usage
    provider = "anthropic" if exchange.path.endswith("/messages") else "openai"
    usage = Usage(input_tokens=used.input, output_tokens=used.output, cache_read_tokens=used.cached)
    model = ANSWERED_AS[exchange.heard.model]
    return calc_price(usage, model_ref=model, provider_id=provider).total_price


def facts_shown(detail: dict[str, Any], transcript: dict[str, Any]) -> dict[str, Any]:
    """Returns the same facts of an opened session and its transcript."""
    session, turns = detail["session"], detail["turns"]
    same = ("turns", "errors", "users", "llm_calls", "tool_calls", "input_tokens")
    same = (*same, "output_tokens", "cached_tokens", "cost_usd")
    return {
        **{name: session[name] for name in same},
        # Clients name the model they asked, the one that answered, or both.
        "models": sorted({ASKED_AS.get(model, model) for model in session["models"]}),
        "inputs": [turn["input"] for turn in turns],
        "outputs": [turn["output"] if turn["error"] is None else "" for turn in turns],
        "failed": [turn["error"] is not None for turn in turns],
        "transcript": [
            said
            for turn in transcript["turns"]
            for message in turn["messages"]
            if message["role"] != "system" and not message.get("folded")
            for said in said_in(message)
        ],
    }


def said_in(message: dict[str, Any]) -> list[tuple[str, str]]:
    """Returns the words of a message; every tool result for itself."""
    results = [part["text"] for part in message["parts"] if part["kind"] == "tool_result"]
    if results:
        return [("tool", text.strip()) for text in results]
    return [(message["role"], message["text"].strip())] if message["text"].strip() else []


def differences(true: dict[str, Any], shown: dict[str, Any]) -> dict[str, str]:
    """Returns what is not shown as it is."""
    return {
        name: f"want {want!r}, got {shown[name]!r}"
        for name, want in true.items()
        if not is_same(want, shown[name])
    }


def is_same(want: Any, got: Any) -> bool:
    """Tells whether a fact is right; costs may differ by what rounding takes."""
    if isinstance(want, float):
        return isinstance(got, float) and abs(want - got) < ROUNDING_USD
    return bool(want == got)
