"""/api/v1/attachments/{hash}: what stood in a message as data, served so that it can do no harm."""

import asyncio
import mimetypes
import re
from typing import Annotated, Any
from urllib.parse import quote

from litestar import Request, Response, get
from litestar.params import QueryParameter
from litestar.response import Stream

from parley.api.errors import ApiError, BadRequest, NotFound
from parley.conventions import SHOWN_TYPES
from parley.model import ProjectId
from parley.query import AttachmentFacts, find_attachment, read_attachment
from parley.store import Store

__all__ = ["show_attachment"]

HASH = re.compile("[0-9a-f]{64}")
RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
NAME_MAX = 200
FORBIDDEN = set('/\\"<>:|?*')  # in the names of files, somewhere
NAME_HELP = "What a browser calls the file when it saves it."
# A page of its own in no origin, without scripts: should a browser show it after all.
HEADERS = {
    "content-security-policy": "sandbox; default-src 'none'; img-src 'self'; media-src 'self'; "
    "style-src 'unsafe-inline'",
    "x-content-type-options": "nosniff",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "no-referrer",
    "cache-control": "private, max-age=31536000, immutable",  # its address is what it holds
    "accept-ranges": "bytes",
}


class BadRange(ApiError):
    """The bytes that were asked for are not there."""

    status = 416


@get(
    "/api/v1/attachments/{content_hash:str}",
    summary="Read an attachment",
    tags=["attachments"],
)
async def show_attachment(
    *,
    request: Request[Any, Any, Any],
    store: Store,
    project_id: ProjectId,
    content_hash: str,
    name: Annotated[str, QueryParameter(name="name", description=NAME_HELP)] = "",
) -> Response[Any]:
    """The bytes of an image, sound, video or file that was part of a message of the project.

    Pictures made of pixels, sound and video come with their media type; everything else comes as
    a download of bytes. One range of bytes may be asked for.
    """
    if not HASH.fullmatch(content_hash):
        raise BadRequest("hash: expected 64 lowercase hexadecimal digits", field="hash")
    found = await asyncio.to_thread(find_attachment, store, project_id, content_hash)
    if found is None:
        raise NotFound(f"no attachment {content_hash} in project {project_id!r}", field="hash")
    etag = f'"{content_hash}"'
    headers = {**HEADERS, "etag": etag}
    if request.headers.get("if-none-match") == etag:
        return Response(None, status_code=304, headers=headers)
    first, length = _range(request.headers.get("range", ""), found.size_bytes)
    is_part = length < found.size_bytes
    headers["content-disposition"] = _disposition(found, name)
    headers["content-length"] = str(length)
    if is_part:
        headers["content-range"] = f"bytes {first}-{first + length - 1}/{found.size_bytes}"
    return Stream(
        read_attachment(store, project_id, content_hash, first=first, length=length),
        status_code=206 if is_part else 200,
        media_type=_served_as(found),
        headers=headers,
    )


def _served_as(found: AttachmentFacts) -> str:
    return found.media_type if found.media_type in SHOWN_TYPES else "application/octet-stream"


def _disposition(found: AttachmentFacts, name: str) -> str:
    """Returns the header that says whether it is shown, and what it is called."""
    kept = [c for c in name[:NAME_MAX] if c.isprintable() and c not in FORBIDDEN]
    clean = "".join(kept).strip(" .")
    if not clean:
        clean = found.hash[:12] + (mimetypes.guess_extension(found.media_type) or "")
    way = "inline" if found.media_type in SHOWN_TYPES else "attachment"
    return f"{way}; filename*=UTF-8''{quote(clean, safe='')}"


def _range(header: str, size_bytes: int) -> tuple[int, int]:
    """Returns (first byte, length) of what is asked for; all of it where that is not understood.

    Raises:
        BadRange: it begins after the end.
    """
    asked = RANGE.fullmatch(header.strip())
    if asked is None or asked.group(0) == "bytes=-":
        return 0, size_bytes
    begin, end = asked.groups()
    if not begin:
        length = min(int(end), size_bytes)
        first = size_bytes - length
    else:
        first = int(begin)
        length = min(int(end) if end else size_bytes - 1, size_bytes - 1) - first + 1
    if first >= size_bytes or length <= 0:
        raise BadRange(f"range: the attachment has {size_bytes} bytes", field="range")
    return first, length
