"""One session as a JSON document, written piece by piece."""

import base64
from collections.abc import Iterator

import msgspec

from parley.api.answers import trace_answer, transcript_answer
from parley.model import SessionDetail, SessionId, Transcript
from parley.query import find_attachment, read_attachment, read_spans, read_transcript
from parley.store import Store

__all__ = ["session_document", "transcript_pages"]

encode = msgspec.json.encode


def session_document(store: Store, opened: SessionDetail, *, is_inline: bool) -> Iterator[bytes]:
    """Yields {"session", "turns", "usage", "cost_reason", "transcript", "traces"}.

    Each as the API answers it. is_inline: also "attachments", by hash, with their bytes.
    """
    hashes: dict[str, None] = {}
    yield encode(opened)[:-1] + b',"transcript":['
    comma = b""
    for page in transcript_pages(store, opened.session.project, opened.session.session_id):
        for turn in transcript_answer(page).turns:
            yield comma + encode(turn)
            comma = b","
            hashes |= {p.hash: None for m in turn.messages for p in m.parts if p.hash}
    yield b'],"traces":['
    comma, cursor = b"", ""
    while True:
        spans = read_spans(store, opened.session.project, opened.session.session_id, cursor=cursor)
        for trace in spans.traces if spans else []:
            yield comma + encode(trace_answer(trace))
            comma = b","
        if not spans or not spans.next_cursor:
            break
        cursor = spans.next_cursor
    yield b"]"
    if is_inline:
        yield b',"attachments":{'
        comma = b""
        for content_hash in hashes:
            for piece in attachment_pieces(store, opened.session.project, content_hash):
                yield comma + piece
                comma = b""
            comma = b","
        yield b"}"
    yield b"}\n"


def attachment_pieces(store: Store, project_id: str, content_hash: str) -> Iterator[bytes]:
    """Yields `"hash":{…}` with the bytes as Base64, null when they are not there any more."""
    facts = find_attachment(store, project_id, content_hash)
    yield encode(content_hash) + b":"
    if facts is None:
        yield b"null"
        return
    yield encode({"media_type": facts.media_type, "size_bytes": facts.size_bytes})[:-1]
    yield b',"base64":"'
    rest = b""
    for piece in read_attachment(store, project_id, content_hash, first=0, length=facts.size_bytes):
        whole = rest + piece
        cut = len(whole) - len(whole) % 3
        rest = whole[cut:]
        yield base64.b64encode(whole[:cut])
    yield base64.b64encode(rest) + b'"}'


def transcript_pages(store: Store, project_id: str, session_id: str) -> Iterator[Transcript]:
    """Yields the transcript of a session, as many turns at a time as are read at once."""
    turn: int | None = 1
    while turn is not None:
        page = read_transcript(store, project_id, SessionId(session_id), first_turn=turn)
        if page is None:
            return
        yield page
        turn = page.next_turn
