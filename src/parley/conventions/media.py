"""Images, sound, video and files inside a message, in every provider's spelling.

Data is decoded and named by its hash; an address stays an address. Nothing is fetched.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_to_bytes

from parley.conventions.sniff import media_type_of
from parley.model import Attachment, Part

__all__ = ["MAX_ATTACHMENT_BYTES", "MEDIA_KINDS", "LoadedPart", "is_media", "media_part"]

MAX_ATTACHMENT_BYTES = 32 * 1024 * 1024  # of one attachment; a larger one stays in its span only
MEDIA_KINDS: Mapping[str, str] = {  # type of a part -> what it is, "" when another field says
    "image": "image",
    "image_url": "image",
    "image-url": "image",
    "image-data": "image",
    "input_image": "image",
    "computer_screenshot": "image",
    "audio": "audio",
    "audio-url": "audio",
    "input_audio": "audio",
    "output_audio": "audio",
    "video": "video",
    "video_url": "video",
    "video-url": "video",
    "input_video": "video",
    "file": "file",
    "file-url": "file",
    "file-data": "file",
    "input_file": "file",
    "document": "file",
    "document-url": "file",
    "container_upload": "file",
    "blob": "",
    "uri": "",
    "binary": "",
    "media": "",
}
UNTYPED = {  # keys that make a part without a type one: Gemini's and Bedrock's
    "inlineData": "",
    "inline_data": "",
    "fileData": "",
    "file_data": "",
    "image": "image",
    "audio": "audio",
    "video": "video",
    "document": "file",
}
WRAPPERS = {
    *UNTYPED,
    *("image_url", "imageUrl", "audio_url", "video_url", "input_audio", "file", "source"),
    *("s3Location", "s3_location", "media", "file_url"),
}
SOURCES = (
    *("url", "uri", "image_url", "audio_url", "video_url", "file_url", "fileUri", "file_uri"),
    *("data", "base64", "b64_json", "bytes", "file_data", "content", "image", "audio", "video"),
    *("file", "source", "text"),
)
IDS = ("file_id", "fileId", "file_ref", "id")
NAMES = ("filename", "file_name", "fileName", "display_name", "displayName", "name", "title")
TYPES = ("mime_type", "mimeType", "media_type", "mediaType", "mimetype", "contentType")
FORMATS = {
    "jpg": "image/jpeg",
    "mp3": "audio/mpeg",
    "mpeg": "audio/mpeg",
    "wav": "audio/wav",
    "flac": "audio/flac",
    "opus": "audio/ogg",
    "mp4": "video/mp4",
    "mov": "video/quicktime",
    "webm": "video/webm",
    "mkv": "video/x-matroska",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "html": "text/html",
    "txt": "text/plain",
    "md": "text/markdown",
}
ADDRESS = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*://")
LANGFUSE = re.compile(r"@@@langfuseMedia:type=([^|@]*)\|id=([^|@]*)(?:\|[^@]*)?@@@")
HEX = re.compile(r"(?:[0-9a-f]{2}){16,}")
SHORTEST_DATA = 16  # characters; shorter ones are names


class LoadedPart(Part, frozen=True):
    """A media part that still holds its bytes; whoever reads messages takes them away."""

    data: bytes = b""

    def taken(self) -> tuple[Part, Attachment]:
        """Returns the part without its bytes, and the attachment that they are."""
        fields = {name: getattr(self, name) for name in Part.__struct_fields__}
        attachment = Attachment(hash=self.hash, media_type=self.media_type, data=self.data)
        return Part(**fields), attachment


def is_media(item: Mapping[str, Any]) -> bool:
    """Tells a part that is an image, sound, video or file."""
    kind = item.get("type")
    if kind is not None:
        return kind in MEDIA_KINDS
    return any(isinstance(item.get(key), dict) for key in UNTYPED)


def media_part(item: Mapping[str, Any], call_id: str = "") -> Part:
    """Returns a media part: its data, else where it is, else what is known of it."""
    fields = _flat(item, 0)
    kind = str(item.get("type") or next((key for key in UNTYPED if key in item), ""))
    told = fields.get("modality") or MEDIA_KINDS.get(kind) or UNTYPED.get(kind) or ""
    what = str(told).lower()
    declared = _declared(fields, what)
    name = next((str(fields[key]) for key in NAMES if isinstance(fields.get(key), str)), "")
    part = Part(kind="media", media_type=declared or what or "file", name=name, call_id=call_id)
    source = next((fields[key] for key in SOURCES if fields.get(key)), None)
    if source is None:
        file_id = next((str(fields[key]) for key in IDS if fields.get(key)), "")
        return _with(part, text=f"kept by the provider as {file_id}" if file_id else "not sent")
    if not isinstance(source, str):
        return _loaded(part, _bytes_of(source), declared)
    if found := LANGFUSE.match(source):
        said = f"kept by Langfuse as {found[2]}"
        return _with(part, text=said, media_type=found[1] or part.media_type)
    if source[:5].lower() == "data:":
        head, _, body = source.partition(",")
        typed, *parameters = head[5:].split(";")
        if "base64" in [parameter.strip().lower() for parameter in parameters]:
            return _loaded(part, _decoded(body), typed or declared)
        return _loaded(part, unquote_to_bytes(body), typed or declared)
    if ADDRESS.match(source):
        return _with(part, uri=source)
    if item.get("source_type") == "text" or _source_type(item) == "text" or "text" in fields:
        return _loaded(part, source.encode("utf-8", "surrogatepass"), declared or "text/plain")
    if len(source) < SHORTEST_DATA:
        return _with(part, text=source)
    data = _decoded(source)
    if data is None and what == "file":  # a document in words
        return _loaded(part, source.encode("utf-8", "surrogatepass"), declared or "text/plain")
    return _loaded(part, data, declared, said=f"{len(source):,} characters")


def _source_type(item: Mapping[str, Any]) -> str:
    source = item.get("source")
    return str(source.get("type") or "") if isinstance(source, dict) else ""


def _flat(item: Mapping[str, Any], depth: int) -> dict[str, Any]:
    """Returns the fields of a part with those of the maps that wrap its source; outer ones win."""
    fields: dict[str, Any] = {}
    below: dict[str, Any] = {}
    for key, value in item.items():
        if key == "id" and depth == 0 and item.get("source_type") != "id":
            continue  # of the part, not of a file
        if isinstance(value, dict) and key in WRAPPERS and depth < 4 and not _is_byte_map(value):
            below |= {k: v for k, v in _flat(value, depth + 1).items() if k not in below}
        else:
            fields[key] = value
    return below | fields


def _declared(fields: Mapping[str, Any], what: str) -> str:
    for key in TYPES:
        value = fields.get(key)
        if isinstance(value, str) and "/" in value:
            return value.partition(";")[0].strip().lower()
    written = str(fields.get("format") or "").lower()
    if "/" in written:
        return written
    if written in FORMATS:
        return FORMATS[written]
    return f"{what}/{written}" if written and what in ("image", "audio", "video") else ""


def _with(part: Part, *, text: str = "", uri: str = "", media_type: str = "") -> Part:
    return Part(
        kind="media",
        media_type=media_type or part.media_type,
        name=part.name,
        call_id=part.call_id,
        text=text,
        uri=uri,
    )


def _loaded(part: Part, data: bytes | None, declared: str, said: str = "") -> Part:
    if data is None:
        return _with(part, text=f"{said or 'data'} that could not be decoded")
    if not data:
        return _with(part, text="empty")
    if len(data) > MAX_ATTACHMENT_BYTES:
        return _with(part, text=f"{len(data):,} bytes, too large to keep")
    return LoadedPart(
        kind="media",
        media_type=media_type_of(data, declared),
        name=part.name,
        call_id=part.call_id,
        hash=hashlib.sha256(data).hexdigest(),
        size_bytes=len(data),
        data=data,
    )


def _decoded(text: str) -> bytes | None:
    """Returns the bytes of base64 in any alphabet, or of hex digits; None when it is neither."""
    if HEX.fullmatch(text):  # bytes in a structured attribute; base64 never looks like that
        return bytes.fromhex(text)
    if "-" in text or "_" in text:
        text = text.replace("-", "+").replace("_", "/")
    if "\n" in text or " " in text or "\r" in text:
        text = "".join(text.split())
    if len(text) % 4:
        text += "=" * (-len(text) % 4)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None


def _is_byte_map(value: Mapping[str, Any]) -> bool:
    """Tells a JavaScript array of bytes as JSON writes it: {"0": 137, "1": 80, …}."""
    return bool(value) and "0" in value and all(key.isdecimal() for key in value)


def _bytes_of(value: Any) -> bytes | None:
    if isinstance(value, dict):
        value = value["data"] if isinstance(value.get("data"), list) else list(value.values())
    try:
        return bytes(value)
    except (TypeError, ValueError):
        return None
