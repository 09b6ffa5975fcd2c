"""Content encodings, undone within a limit: a bomb costs no more than the limit."""

import zlib
from collections.abc import Callable

from backports import zstd

from parley.receive.errors import BadBody, TooLarge, UnsupportedEncoding

__all__ = ["check_encoding", "inflate"]

_WINDOW_LOG_MAX = 27  # 128 MiB, what `zstd --ultra` needs without --long
_MEMBERS_MAX = 16  # each copies what is left: thousands of empty ones would cost minutes
_GZIP, _ZLIB, _RAW = 31, 15, -15


def check_encoding(encoding: str) -> str:
    """Returns the one encoding in lower case, "" for none. Raises UnsupportedEncoding."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return ""
    if name not in _INFLATERS:
        message = f"content-encoding {name[:100]!r} is unknown; expected gzip, deflate or zstd"
        raise UnsupportedEncoding(message)
    return name


def inflate(body: bytes, encoding: str, *, limit_bytes: int) -> bytes:
    """Returns the plain body. Raises BadBody when it is damaged, TooLarge over the limit."""
    if not encoding:
        return body
    try:
        return _INFLATERS[encoding](body, limit_bytes)
    except (zlib.error, zstd.ZstdError, EOFError) as error:
        message = f"the body is not valid {encoding}: {error}"
        raise BadBody(message) from error


def _members(
    body: bytes,
    limit_bytes: int,
    engine_of: Callable[[], "zlib._Decompress | zstd.ZstdDecompressor"],
) -> bytes:
    """Inflates members one after another, as concatenated gzip files and zstd frames are."""
    parts: list[bytes] = []
    size = 0
    while body:
        if len(parts) == _MEMBERS_MAX:
            message = f"the compressed body has more than {_MEMBERS_MAX} members"
            raise BadBody(message)
        engine = engine_of()
        # One byte over the limit tells "exactly at it" from "more".
        parts.append(engine.decompress(body, limit_bytes - size + 1))
        size += len(parts[-1])
        if size > limit_bytes:
            message = f"the inflated body is over the limit of {limit_bytes} bytes"
            raise TooLarge(message)
        if not engine.eof:
            message = "the compressed body is cut off"
            raise BadBody(message)
        body = engine.unused_data
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _zlib(body: bytes, limit_bytes: int, window_bits: int) -> bytes:
    return _members(body, limit_bytes, lambda: zlib.decompressobj(window_bits))


def _gzip(body: bytes, limit_bytes: int) -> bytes:
    return _zlib(body, limit_bytes, _GZIP)


def _deflate(body: bytes, limit_bytes: int) -> bytes:
    # RFC 9110 says zlib, many clients send raw deflate.
    try:
        return _zlib(body, limit_bytes, _ZLIB)
    except zlib.error:
        return _zlib(body, limit_bytes, _RAW)


def _zstd(body: bytes, limit_bytes: int) -> bytes:
    options: dict[int, int] = {zstd.DecompressionParameter.window_log_max: _WINDOW_LOG_MAX}
    return _members(body, limit_bytes, lambda: zstd.ZstdDecompressor(options=options))


_INFLATERS: dict[str, Callable[[bytes, int], bytes]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "zstd": _zstd,
}
