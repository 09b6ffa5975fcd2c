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
    """A session's conversation. System prompts are messages of the turn that first sent them."""

    session: Session
    turns: list[TranscriptTurn]
