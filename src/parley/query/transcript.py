"""The conversation of a session as people read it."""

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from parley.model import Message, Part, Transcript, TranscriptTurn, Turn, from_iso
from parley.query.errors import BadQuery
from parley.query.sessions import read_session, read_turns
from parley.store import Store

__all__ = ["TURNS_MAX", "messages_of", "read_transcript"]

TURNS_MAX = 500  # of a transcript at once

decode_parts = msgspec.json.Decoder(list[Part]).decode


def read_transcript(
    store: Store, project_id: str, session_id: str, *, first_turn: int = 1, limit: int = TURNS_MAX
) -> Transcript | None:
    """Returns the messages of some turns, each message once; None when there is no such session.

    Args:
        store: the store.
        project_id: whose session it is.
        session_id: its id.
        first_turn: number of the turn to begin with.
        limit: turns at most.

    Raises:
        BadQuery: the limit is out of range.
    """
    if not 1 <= limit <= TURNS_MAX:
        raise BadQuery("limit", f"{limit} is not between 1 and {TURNS_MAX}")
    session = read_session(store, project_id, session_id)
    if session is None:
        return None
    found = read_turns(store, project_id, session_id, first_turn=first_turn, limit=limit + 1)
    shown = found[:limit]
    by_turn = messages_of(store, project_id, session_id, [turn for turn, _ in shown])
    turns = [
        TranscriptTurn(turn=turn, messages=by_turn[turn.turn_id], resent_messages=resent)
        for turn, resent in shown
    ]
    following = found[limit][0].turn if len(found) > limit else None
    return Transcript(session=session, turns=turns, next_turn=following)


def messages_of(
    store: Store, project_id: str, session_id: str, turns: Sequence[Turn]
) -> dict[str, list[Message]]:
    """Returns the messages of turns that follow each other, by turn and in their order."""
    by_turn: dict[str, list[Message]] = defaultdict(list)
    if not turns:
        return by_turn
    for row in store.read(
        "messages.of_session",
        project_id=project_id,
        session_id=session_id,
        from_ns=min(from_iso(turn.started_at) for turn in turns),
        to_ns=max(from_iso(turn.started_at) for turn in turns) + 999,  # shown in microseconds
    ):
        turn_id, trace_id, span_id, time_ns, ordinal, role, text, parts, model, folded = row
        by_turn[turn_id].append(
            Message(
                role=role,
                text=text,
                parts=decode_parts(parts) if parts else [Part(kind="text", text=text)],
                turn_id=turn_id,
                trace_id=trace_id,
                span_id=span_id,
                time_ns=time_ns,
                ordinal=ordinal,
                model=model,
                folded=bool(folded),
            )
        )
    return {turn.turn_id: _in_order(turn, by_turn[turn.turn_id]) for turn in turns}


def _in_order(turn: Turn, messages: list[Message]) -> list[Message]:
    place = {trace_id: index for index, trace_id in enumerate(turn.trace_ids)}
    return sorted(messages, key=lambda m: (place.get(m.trace_id, 0), m.ordinal))
