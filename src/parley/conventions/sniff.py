"""What bytes are, told by the bytes: a client's own word is not trusted where it could harm."""

import re

__all__ = ["SHOWN_TYPES", "media_type_of"]

SIGNATURES: tuple[tuple[int, bytes, str], ...] = (  # offset, bytes, media type
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (8, b"WEBP", "image/webp"),
    (4, b"ftypavif", "image/avif"),
    (4, b"ftypavis", "image/avif"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypqt", "video/quicktime"),
    (4, b"ftyp", "video/mp4"),
    (8, b"WAVE", "audio/wav"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf3", "audio/mpeg"),
    (0, b"\xff\xf2", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\xff\xf9", "audio/aac"),
    (0, b"OggS", "audio/ogg"),
    (0, b"fLaC", "audio/flac"),
    (0, b"\x1a\x45\xdf\xa3", "video/webm"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"PK\x03\x04", "application/zip"),
    (0, b"\x1f\x8b", "application/gzip"),
    (0, b"BM", "image/bmp"),
    (0, b"II*\x00", "image/tiff"),
    (0, b"MM\x00*", "image/tiff"),
)
# What a browser may show in the page: pictures made of pixels, sound and video; nothing that has
# scripts or links of its own.
SHOWN_TYPES = frozenset(
    {"image/png", "image/jpeg", "image/gif", "image/webp", "image/avif"}
    | {"audio/wav", "audio/mpeg", "audio/aac", "audio/ogg", "audio/flac", "audio/mp4"}
    | {"video/mp4", "video/webm", "video/quicktime"}
)
UNKNOWN = "application/octet-stream"
MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,100}/[a-z0-9][a-z0-9!#$&^_.+-]{0,100}")
OFFICE = "application/vnd."  # documents in a ZIP file


def media_type_of(data: bytes, declared: str) -> str:
    """Returns the media type that the first bytes tell; what was declared for types without such.

    A declared type that has bytes of its own to be known by is not believed without them.
    """
    declared = declared.lower() if MEDIA_TYPE.fullmatch(declared.lower()) else ""
    for offset, signature, media_type in SIGNATURES:
        if data.startswith(signature, offset):
            if media_type == "application/zip" and declared.startswith(OFFICE):
                return declared
            if media_type in ("image/webp", "audio/wav") and not data.startswith(b"RIFF"):
                continue
            return media_type
    if declared in SHOWN_TYPES or declared in {known for _, _, known in SIGNATURES}:
        return UNKNOWN
    return declared or UNKNOWN
