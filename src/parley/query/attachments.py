"""An attachment of a project: what it is, and its bytes piece by piece."""

import base64
from collections.abc import Iterator
from urllib.parse import urlencode

from msgspec import Struct

from parley.model import Part
from parley.store import Store

__all__ = ["AttachmentFacts", "attachment_path", "find_attachment", "read_attachment"]

PIECE_BYTES = 4 * 1024 * 1024  # what is held at once while it is sent


class AttachmentFacts(Struct, frozen=True, kw_only=True):
    """What is known of an attachment besides its bytes."""

    hash: str
    media_type: str
    size_bytes: int


def attachment_path(project_id: str, part: Part) -> str:
    """Returns where the API serves a part's attachment, "" for a part that has none."""
    if not part.hash:
        return ""
    query = {"project": project_id} | ({"name": part.name} if part.name else {})
    return f"/api/v1/attachments/{part.hash}?{urlencode(query)}"


def find_attachment(store: Store, project_id: str, hash_hex: str) -> AttachmentFacts | None:
    """Returns an attachment of a project, None when the project has none of that hash."""
    rows = store.read("attachments.one", project_id=project_id, hash=hash_hex)
    if not rows:
        return None
    media_type, size_bytes = rows[0]
    return AttachmentFacts(hash=hash_hex, media_type=media_type, size_bytes=size_bytes)


def read_attachment(
    store: Store, project_id: str, hash_hex: str, *, first: int, length: int
) -> Iterator[bytes]:
    """Yields `length` bytes from `first` on, at most PIECE_BYTES at once."""
    end = first + length
    while first < end:
        size = min(PIECE_BYTES, end - first)
        rows = store.read(
            "attachments.bytes", project_id=project_id, hash=hash_hex, first=first + 1, length=size
        )
        piece = base64.b64decode(rows[0][0]) if rows else b""
        if not piece:
            return
        yield piece
        first += len(piece)
