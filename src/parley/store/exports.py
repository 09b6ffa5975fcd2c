"""Answers of any length: read piece by piece, each by a client of its own.

A client with an open stream blocks its other calls, so none of the engine's pool is lent for it.
"""

import shutil
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from parley.store.errors import StoreBusy, StoreError

__all__ = ["Exports"]

EXPORTS_MAX = 2  # at once: each may take what a read query may
PIECE_BYTES = 256 * 1024

Rows = list[tuple[Any, ...]]


class Exports:
    """Streams of one engine.

    Args:
        connect: makes a client.
        bind: makes SQL and values what the engine takes.
        refusal: makes our error of the driver's.
        folder: where an embedded engine puts files that it cannot stream; None of a server.
    """

    def __init__(
        self,
        connect: Callable[[], Any],
        bind: Callable[[str, Mapping[str, Any]], tuple[str, dict[str, Any]]],
        refusal: Callable[[Exception], StoreError],
        folder: Path | None,
    ) -> None:
        self._connect = connect
        self._bind = bind
        self._refusal = refusal
        self._folder = folder
        self._places = threading.BoundedSemaphore(EXPORTS_MAX)
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)  # of a process that was killed

    @contextmanager
    def _client(self) -> Iterator[Any]:
        """Lends a new client. Raises StoreBusy when as many exports run as may."""
        if not self._places.acquire(blocking=False):
            raise StoreBusy(f"{EXPORTS_MAX} exports run already")
        try:
            with closing(self._connect()) as client:
                yield client
        except (StoreError, GeneratorExit):
            raise
        except Exception as error:
            raise self._refusal(error) from error
        finally:
            self._places.release()

    def rows(self, sql: str, values: Mapping[str, Any]) -> Iterator[Rows]:
        """Yields rows, a block at a time. To be opened, read and closed by one thread."""
        text, bound = self._bind(sql, values)
        with (
            self._client() as client,
            client.query_row_block_stream(text, parameters=bound) as blocks,
        ):
            for block in blocks:
                yield list(block)

    def parquet(self, sql: str, values: Mapping[str, Any]) -> Iterator[bytes]:
        """Yields a Parquet file of the engine's own making.

        An embedded engine cannot stream it (a file ends with the places of all before), so it
        goes through a file beside the engine's folder, removed when the stream ends.
        """
        text, bound = self._bind(sql, values)
        with self._client() as client:
            if self._folder is None:
                yield from pieces(client.raw_stream(text, parameters=bound, fmt="Parquet"))
                return
            self._folder.mkdir(exist_ok=True)
            path = self._folder.resolve() / f"{uuid.uuid4().hex}.parquet"
            quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
            query, settings = text.rsplit("SETTINGS", 1)
            try:
                client.command(
                    f"{query} INTO OUTFILE '{quoted}' FORMAT Parquet SETTINGS {settings}",
                    parameters=bound,
                )
                with path.open("rb") as file:
                    yield from pieces(file)
            finally:
                path.unlink(missing_ok=True)


def pieces(file: Any) -> Iterator[bytes]:
    """Yields the bytes of a file, and closes it."""
    with closing(file):
        while piece := file.read(PIECE_BYTES):
            yield piece
