"""Halving: which envelopes of a segment the engine refuses."""

import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from parley.journal import varint
from parley.load.pieces import cut_envelope
from parley.store import Store, StoreBusy, StoreOutOfMemory, StoreUnreadable

__all__ = ["Refused", "envelope_file", "sift", "words_of"]

# A project and a time, and no request: passes every view and leaves no row.
_EMPTY = b"\x0a\x00\x11" + bytes(8)
REASON_CHARACTERS = 500
_OWN_FILE = re.compile(r"\(in file/uri [^)]*\)")
Refused = Callable[[bytes, str], None]


@contextmanager
def envelope_file(envelopes: Sequence[bytes], folder: Path) -> Iterator[Path]:
    """Yields a file of envelopes, as a segment is, for as long as it is needed. Raises OSError."""
    handle, name = tempfile.mkstemp(suffix=".half", dir=folder)
    path = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            for envelope in envelopes:
                file.write(varint(len(envelope)) + envelope)
        yield path
    finally:
        path.unlink(missing_ok=True)


def sift(
    store: Store, kind: str, envelopes: Sequence[bytes], folder: Path, refused: Refused
) -> list[bytes]:
    """Returns the envelopes that were loaded; the others went to `refused(envelope, reason)`.

    Loading an envelope twice is harmless, so halves need no memory of what went before. One that
    is too much for the engine's memory is loaded in pieces.

    Raises:
        StoreOutOfMemory: a piece of one envelope needs more memory than there is now.
        StoreBusy: the engine cannot load now, or not even an empty request: it is the engine that
            fails, not the bytes.
    """
    if not envelopes:
        return []
    try:
        with envelope_file(envelopes, folder) as path:
            store.load_segment(kind, path)
    except (StoreUnreadable, StoreOutOfMemory) as error:
        if len(envelopes) > 1:
            middle = len(envelopes) // 2
            return sift(store, kind, envelopes[:middle], folder, refused) + sift(
                store, kind, envelopes[middle:], folder, refused
            )
        if isinstance(error, StoreOutOfMemory):
            load_in_pieces(store, kind, envelopes[0], folder, error)
            return list(envelopes)
        check_engine(store, kind, folder)
        refused(envelopes[0], words_of(error))
        return []
    return list(envelopes)


def words_of(error: Exception) -> str:
    """Returns what the engine said on one line, without the place of our own file."""
    return " ".join(_OWN_FILE.sub("", str(error)).split())[:REASON_CHARACTERS]


def load_in_pieces(
    store: Store, kind: str, envelope: bytes, folder: Path, error: StoreOutOfMemory
) -> None:
    """Loads an envelope that is too much at once, in a handful of pieces.

    Not in ever smaller ones: what needs more than that takes the engine minutes.

    Raises:
        StoreOutOfMemory: it cannot be cut, or a piece is too much.
        StoreBusy: the engine cannot load now, or refuses a piece of what it could read whole.
    """
    pieces = cut_envelope(envelope)
    if not pieces:
        raise error
    for piece in pieces:
        try:
            with envelope_file([piece], folder) as path:
                store.load_segment(kind, path)
        except StoreUnreadable as refusal:
            raise StoreBusy(f"a piece of a request is refused: {refusal}") from refusal


def check_engine(store: Store, kind: str, folder: Path) -> None:
    """Raises StoreBusy unless the engine loads a request that nothing can be wrong with."""
    try:
        with envelope_file([_EMPTY], folder) as path:
            store.load_segment(kind, path)
    except StoreUnreadable as error:
        raise StoreBusy(f"the engine refuses everything: {error}") from error
