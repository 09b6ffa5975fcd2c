"""The conversation of a session as people read it."""

from collections import defaultdict

import msgspec

from parley.model import Message, Part, Transcript, TranscriptTurn
from parley.query.sessions import read_session, read_turns
from parley.store import Store

__all__ = ["read_transcript"]

decode_parts = msgspec.json.Decoder(list[Part]).decode


def read_transcript(store: Store, project_id: str, session_id: str) -> Transcript | None:
    """Returns every message of a session once, by turn; None when there is no such session."""
    session = read_session(store, project_id, session_id)
    if session is None:
        return None
    by_turn: dict[str, list[Message]] = defaultdict(list)
    for row in store.read("messages.of_session", project_id=project_id, session_id=session_id):
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
    turns = []
    for turn, resent in read_turns(store, project_id, session_id):
        place = {trace_id: index for index, trace_id in enumerate(turn.trace_ids)}
        messages = sorted(
            by_turn[turn.turn_id], key=lambda m: (place.get(m.trace_id, 0), m.ordinal)
        )
        turns.append(TranscriptTurn(turn=turn, messages=messages, resent_messages=resent))
    return Transcript(session=session, turns=turns)
