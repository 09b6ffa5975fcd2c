"""Plausible numbers: tokens of a text, what a cache saves, what a call costs."""

import json
import math
import re

from msgspec import Struct

from parley.demo.script import Model

__all__ = ["Usage", "count_tokens", "json_text", "price_call", "read_usage"]

DENSE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")  # kana, Han, Hangul
HALF_DENSE = re.compile(r"[\u0370-\u05ff\u0600-\u06ff\u0900-\u0e7f]")  # Greek … Arabic, Indic, Thai
MESSAGE_OVERHEAD = 4  # role and separators, per message
CACHE_MINIMUM = 1024  # the providers' smallest cached prefix
CACHE_STEP = 128


class Usage(Struct, frozen=True, kw_only=True):
    """Tokens of one call. Input includes cached, output includes reasoning."""

    input: int
    output: int
    cached: int = 0
    cache_written: int = 0
    reasoning: int = 0


def count_tokens(text: str) -> int:
    """Returns about 1.5 characters per token for CJK, 2.5 for other dense scripts, 4 for Latin."""
    dense = len(DENSE.findall(text))
    half = len(HALF_DENSE.findall(text))
    return math.ceil(dense / 1.5 + half / 2.5 + (len(text) - dense - half) / 4)


def read_usage(model: Model, *, prompt: int, said: str, cached_before: int) -> Usage:
    """Returns the tokens of a call with `prompt` tokens of input that answers `said`.

    `cached_before` is the size of the prompt of the call before, 0 when its cache is cold.
    """
    visible = count_tokens(said)
    # Thinking is not proportional for short answers: even "yes" is thought about.
    reasoning = int(model.reasoning * (visible + 60))
    cached = written = 0
    if model.caches == "prefix" and cached_before >= CACHE_MINIMUM:
        cached = cached_before // CACHE_STEP * CACHE_STEP
    if model.caches == "explicit" and prompt >= CACHE_MINIMUM:
        cached = cached_before if cached_before >= CACHE_MINIMUM else 0
        written = prompt - cached
    return Usage(
        input=prompt,
        output=visible + reasoning,
        cached=min(cached, prompt),
        cache_written=written,
        reasoning=reasoning,
    )


def price_call(model: Model, usage: Usage) -> float | None:
    """Returns the cost in USD by the list price, None for a model without one."""
    if model.usd_input is None or model.usd_output is None:
        return None
    return round((usage.input * model.usd_input + usage.output * model.usd_output) / 1e6, 9)


def json_text(value: object) -> str:
    """Returns compact JSON as clients write it, human text unescaped."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
