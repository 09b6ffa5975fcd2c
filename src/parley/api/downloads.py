"""Answers that are files: made piece by piece by a thread of their own, never held whole."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

from litestar.response import Stream

__all__ = ["download", "file_name"]

NAME_MAX = 80
UNFIT = re.compile(r"[^\w.-]+")  # in the names of files, somewhere


def file_name(*words: str, ending: str) -> str:
    """Returns a name of words that may hold any character."""
    fit = "-".join(UNFIT.sub("-", word[:NAME_MAX]).strip("-.") for word in words if word)
    return f"{fit.strip('-') or 'export'}.{ending}"


async def download(
    make: Callable[[], Iterator[bytes]], *, media_type: str, name: str, total: int | None = None
) -> Stream:
    """Returns an answer with what `make` yields; `total` goes into x-total-count.

    The first piece is made before, so that what cannot be exported gets an error of its own.
    When the client leaves, the iterator is closed: the engine stops. When it fails later, the
    connection is cut, and the client sees that the file is not whole.
    """
    thread = ThreadPoolExecutor(1, "export")  # a stream of the engine belongs to one thread
    loop = asyncio.get_running_loop()
    made = as_generator(make)
    try:
        first = await loop.run_in_executor(thread, next, made, b"")
    except BaseException:
        thread.submit(made.close)
        thread.shutdown(wait=False)
        raise
    plain = name.encode("ascii", "replace").decode().replace("?", "_")
    headers = {
        "content-disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name)}",
        "x-content-type-options": "nosniff",
        "cache-control": "no-store",
    }
    if total is not None:
        headers["x-total-count"] = str(total)
    return Stream(send(thread, first, made), media_type=media_type, headers=headers)


async def send(
    thread: ThreadPoolExecutor, first: bytes, made: Generator[bytes]
) -> AsyncIterator[bytes]:
    """Yields the pieces; closes what makes them and ends its thread."""
    loop = asyncio.get_running_loop()
    try:
        piece = first
        while piece:
            yield piece
            piece = await loop.run_in_executor(thread, next, made, b"")
    finally:
        thread.submit(made.close)
        thread.shutdown(wait=False)


def as_generator(make: Callable[[], Iterator[bytes]]) -> Generator[bytes]:
    """Yields what `make` yields, nothing empty; it is called by the first `next`."""
    for piece in make():
        if piece:
            yield piece
