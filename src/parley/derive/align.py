"""Where a resent history ends and new words begin: hashes of messages, and their alignment.

A message's hash carries its role in the two low bits, so that stored hashes still tell who spoke.
"""

import hashlib
import json
from collections.abc import Sequence

from parley.model import Message, Part, Role

__all__ = [
    "HISTORY_LIMIT",
    "SYSTEM",
    "is_system",
    "last_match",
    "message_hash",
    "role_bits",
    "unseen",
]

HISTORY_LIMIT = 200  # of a longer history only the end is aligned; what is before is history
ROLE_BITS: dict[Role, int] = {"system": 0, "user": 1, "assistant": 2, "tool": 3}
SYSTEM = 0


def role_bits(content_hash: int) -> int:
    """Returns the role's code: 0 system, 1 user, 2 assistant, 3 tool."""
    return content_hash & 3


def is_system(content_hash: int) -> bool:
    """Tells a system prompt."""
    return role_bits(content_hash) == SYSTEM


def _part_text(part: Part) -> str:
    if part.kind == "tool_call":
        return f"{part.name}({_canonical(part.arguments)})"
    if part.kind == "tool_result":
        return _canonical(part.text)
    if part.kind == "reasoning":
        return ""  # sent once by the model, rarely sent back
    if part.kind == "citation":
        return ""  # beside the words, and never sent back
    return part.hash or part.text or part.uri or part.media_type


def _canonical(text: str) -> str:
    """Returns JSON without the spelling that differs between two serialisers of one value."""
    if text[:1] not in ("{", "["):
        return text
    try:
        return json.dumps(json.loads(text), sort_keys=True, separators=(",", ":"))
    except (ValueError, RecursionError):
        return text


def message_hash(message: Message) -> int:
    """Returns 64 bits of who said what; white space and ids do not count."""
    words = " ".join(" ".join(_part_text(part) for part in message.parts).split())
    digest = hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return (int.from_bytes(digest, "little") & ~3) | ROLE_BITS[message.role]


def last_match(history: Sequence[int], said: Sequence[int]) -> tuple[int, int]:
    """Returns (index in history, index in said) of the last pair that is aligned, (-1, -1) if none.

    Both are ordered sequences with multiplicity: the alignment is a longest common subsequence,
    and of several the one that reaches furthest.
    """
    if not history or not said:
        return -1, -1
    if history[-1] == said[-1]:
        return len(history) - 1, len(said) - 1
    shared = set(history) & set(said)
    if not shared:
        return -1, -1
    row = max(i for i, item in enumerate(history) if item in shared)
    if history[: row + 1] == said[-row - 1 :]:  # a window that slid: nothing else reaches further
        return row, len(said) - 1
    rows = [i for i, item in enumerate(history) if item in shared][-HISTORY_LIMIT:]
    columns = [k for k, item in enumerate(said) if item in shared][-HISTORY_LIMIT:]
    # best[k]: (length, last row, last column) of the best alignment that uses columns up to k
    best: list[tuple[int, int, int]] = [(0, -1, -1)] * (len(columns) + 1)
    for i in rows:
        fresh = best[:]
        for place, k in enumerate(columns):
            fresh[place + 1] = max(fresh[place], best[place + 1])
            if history[i] == said[k]:
                fresh[place + 1] = max(fresh[place + 1], (best[place][0] + 1, i, k))
        best = fresh
    _, row, column = best[-1]
    return row, column


def unseen(history: Sequence[int], said: Sequence[int]) -> tuple[int, bool]:
    """Returns (index from which a history is new, whether any of it was said before).

    An assistant's words that stand where the session has its own version of them were edited by
    the application, and are no news. With nothing in common all of it is history.
    """
    row, column = last_match(history, said)
    if row < 0:
        return len(history), False
    start, beyond = row + 1, column + 1
    while (
        start < len(history)
        and beyond < len(said)
        and role_bits(history[start]) == ROLE_BITS["assistant"]
        and role_bits(said[beyond]) == ROLE_BITS["assistant"]
    ):
        start, beyond = start + 1, beyond + 1
    return start, True
