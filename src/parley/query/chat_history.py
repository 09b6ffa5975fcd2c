"""What a recorded turn was asked with, in the form that a chat run takes: to run it again."""

import base64
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from parley.model import Message, Part, Turn
from parley.query.attachments import find_attachment, read_attachment
from parley.query.sessions import read_session, read_turns
from parley.query.transcript import messages_of
from parley.store import Store

__all__ = ["ChatHistory", "chat_history"]

TURNS_BEFORE = 500
ATTACHED_BYTES_MAX = 20 * 1024 * 1024  # of all attachments together; what exceeds is named only


class ChatHistory(Struct, frozen=True, kw_only=True):
    """The conversation up to a turn's question. `chat_history`: messages in OpenAI's form.

    is_complete: all of it; False when turns far before, or large attachments, are left out.
    first_turn: the one that it begins with. left_out: attachments that are named only, and calls of
    tools without a result.
    """

    session_id: str
    turn_id: str
    turn: int
    chat_history: list[dict[str, Any]]
    is_complete: bool
    first_turn: int
    left_out: int


def chat_history(
    store: Store,
    project_id: str,
    session_id: str,
    turn_id: str,
    *,
    turns_before: int = TURNS_BEFORE,
    attached_bytes: int = ATTACHED_BYTES_MAX,
) -> ChatHistory | None:
    """Returns what stood before the answer of a turn; None when there is no such session or turn.

    System messages are left out: whatever runs it again has its own. So are reasoning, and tool
    calls without a result, which no provider takes.

    Args:
        store: the store.
        project_id: whose session it is.
        session_id: its id.
        turn_id: of the turn, or its number.
        turns_before: how many turns before it go along.
        attached_bytes: how many bytes of attachments do.
    """
    if read_session(store, project_id, session_id) is None:
        return None
    turns = _turns_until(store, project_id, session_id, turn_id, turns_before)
    if not turns:
        return None
    by_turn = messages_of(store, project_id, session_id, turns)
    said = [message for turn in turns[:-1] for message in _of_conversation(by_turn[turn.turn_id])]
    said += _asked(_of_conversation(by_turn[turns[-1].turn_id]))
    writer = _Writer(store, project_id, attached_bytes)
    written = list(writer.write(said))
    return ChatHistory(
        session_id=session_id,
        turn_id=turns[-1].turn_id,
        turn=turns[-1].turn,
        chat_history=written,
        is_complete=turns[0].turn == 1 and writer.is_complete,
        first_turn=turns[0].turn,
        left_out=writer.left_out,
    )


def _turns_until(
    store: Store, project_id: str, session_id: str, turn_id: str, before: int
) -> list[Turn]:
    """Returns a turn, by id or number, after those before it; [] when there is no such turn."""
    if turn_id.isascii() and turn_id.isdigit() and len(turn_id) <= 9:
        last = int(turn_id)
        first = max(1, last - before)
        found = read_turns(
            store, project_id, session_id, first_turn=first, limit=max(last - first + 1, 0)
        )
        turns = [turn for turn, _ in found]
        return turns if turns and turns[-1].turn == last else []
    turns = [turn for turn, _ in read_turns(store, project_id, session_id)]
    place = next((i for i, turn in enumerate(turns) if turn.turn_id == turn_id), None)
    return [] if place is None else turns[max(0, place - before) : place + 1]


def _of_conversation(messages: Sequence[Message]) -> list[Message]:
    """Returns messages without prompts: the system's, and those of an application's own steps.

    What is folded before anything else was said is history that the session began with.
    """
    said = [message for message in messages if message.role != "system"]
    begun = next((i for i, m in enumerate(said) if not m.folded), len(said))
    return [m for i, m in enumerate(said) if i < begun or not m.folded]


def _asked(messages: Sequence[Message]) -> list[Message]:
    """Returns the messages of a turn up to its question: what follows is its answer."""
    users = [i for i, m in enumerate(messages) if m.role == "user"]
    answered = next(
        (i for i, m in enumerate(messages) if m.role != "user" and not m.folded), len(messages)
    )
    last = max((i for i in users if i < answered), default=answered - 1)
    return list(messages[: last + 1])


class _Writer:
    """Writes messages in OpenAI's form, attachments as `data:` addresses while there is room."""

    def __init__(self, store: Store, project_id: str, attached_bytes: int) -> None:
        self._store = store
        self._project_id = project_id
        self._bytes_left = attached_bytes
        self.is_complete = True
        self.left_out = 0

    def write(self, messages: Sequence[Message]) -> Iterator[dict[str, Any]]:
        """Yields the messages that say anything."""
        parts = [part for message in messages for part in message.parts]
        results = {part.call_id for part in parts if part.kind == "tool_result" and part.call_id}
        paired = results & {part.call_id for part in parts if part.kind == "tool_call"}
        self.left_out += sum(p.kind == "tool_call" and p.call_id not in paired for p in parts)
        for message in messages:
            if message.role == "tool":
                yield from self._results(message.parts, paired)
                continue
            content = self._content(message.parts)
            calls = [
                _call(part)
                for part in message.parts
                if part.kind == "tool_call" and part.call_id in paired
            ]
            if content or calls:
                written: dict[str, Any] = {"role": message.role, "content": content or None}
                yield {**written, "tool_calls": calls} if calls else written

    def _results(self, parts: Iterable[Part], paired: set[str]) -> Iterator[dict[str, Any]]:
        for part in parts:
            if part.kind == "tool_result" and part.call_id in paired:
                yield {"role": "tool", "tool_call_id": part.call_id, "content": part.text}

    def _content(self, parts: Iterable[Part]) -> str | list[dict[str, Any]]:
        """Returns text alone as text, else the list of pieces."""
        pieces = [piece for part in parts for piece in self._pieces(part)]
        if all(piece["type"] == "text" for piece in pieces):
            return "\n".join(piece["text"] for piece in pieces)
        return pieces

    def _pieces(self, part: Part) -> list[dict[str, Any]]:
        if part.kind in ("text", "refusal"):
            return [{"type": "text", "text": part.text}] if part.text else []
        if part.kind != "media":
            return []
        data = b"" if part.uri else self._read(part)
        if not part.uri and not data:
            self.is_complete = False
            self.left_out += 1
            what = part.text or f"{part.size_bytes:,} bytes"
            return [{"type": "text", "text": f"[{part.media_type}: {what}]"}]
        return [_media(part, data)]

    def _read(self, part: Part) -> bytes:
        """Returns the bytes of an attachment, b"" when it is not there or there is no room."""
        facts = find_attachment(self._store, self._project_id, part.hash) if part.hash else None
        if facts is None or facts.size_bytes > self._bytes_left:
            return b""
        self._bytes_left -= facts.size_bytes
        pieces = read_attachment(
            self._store, self._project_id, part.hash, first=0, length=facts.size_bytes
        )
        return b"".join(pieces)


def _call(part: Part) -> dict[str, Any]:
    function = {"name": part.name, "arguments": part.arguments}
    return {"id": part.call_id, "type": "function", "function": function}


def _media(part: Part, data: bytes) -> dict[str, Any]:
    """Returns a piece of content that is an image, sound or file."""
    kind, _, subtype = part.media_type.partition("/")
    encoded = base64.b64encode(data).decode()
    if kind == "audio" and data:
        spelled = {"mpeg": "mp3", "x-wav": "wav"}.get(subtype, subtype)
        return {"type": "input_audio", "input_audio": {"data": encoded, "format": spelled}}
    address = part.uri or f"data:{part.media_type};base64,{encoded}"
    if kind == "image":
        return {"type": "image_url", "image_url": {"url": address}}
    named = {"filename": part.name} if part.name else {}
    return {"type": "file", "file": {"file_data": address, **named}}
