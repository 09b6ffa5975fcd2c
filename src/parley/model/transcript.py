"""The conversation as people read it."""

from msgspec import Struct

from parley.model.message import Message
from parley.model.session import Session, Turn

__all__ = ["Transcript", "TranscriptTurn"]


class TranscriptTurn(Struct, frozen=True, kw_only=True):
    """A turn with every message said in it, once, in order.

    `resent_messages` is how many earlier messages the calls of this turn sent again.
    """

    turn: Turn
    messages: list[Message]
    resent_messages: int = 0


class Transcript(Struct, frozen=True, kw_only=True):
    """A session's conversation, or some of its turns in order.

    System prompts are messages of the turn that first sent them. next_turn: the number of the turn
    that follows the last one here, None when the session has no more.
    """

    session: Session
    turns: list[TranscriptTurn]
    next_turn: int | None = None
