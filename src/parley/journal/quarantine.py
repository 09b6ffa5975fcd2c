"""The quarantine: envelopes that could not be loaded, each beside the reason why.

Nothing leaves it but by a person's hand. Its bytes count towards the journal's quota, so that it
cannot fill the disk: clients are told to wait before anything acknowledged is dropped.
"""

import hashlib
import os
import re
import threading
from pathlib import Path

from msgspec import Struct

from parley.journal.segment import KINDS, sync_folder

__all__ = ["CAUSES", "Quarantine", "Quarantined"]

# damaged: a checksum does not match. unreadable: the engine refuses the bytes. memory, killed,
# time: what a trial process ran into.
CAUSES = ("damaged", "unreadable", "memory", "killed", "time")
_NAME = re.compile(rf"({'|'.join(KINDS)})-([0-9a-f]{{20,32}})\.envelope")
_REASON_BYTES = 2000
_HEAD_BYTES = 1200  # a project's name takes 800 at most


class Quarantined(Struct, frozen=True, kw_only=True):
    """One envelope in quarantine; `cause` is one of CAUSES, `reason` says it in words.

    head: its first bytes, for who can read them.
    """

    id: str
    kind: str
    size_bytes: int
    quarantined_ns: int
    cause: str
    reason: str
    head: bytes


class Quarantine:
    """A folder of `<kind>-<digest>.envelope` and `<kind>-<digest>.reason.txt`. Thread-safe.

    The id follows from the bytes: what a crash makes us set aside twice is there once.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._found: dict[str, Quarantined] = {}

    def prepare(self) -> None:
        """Makes the folder and learns what is in it. Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._lock:
            for path in self._folder.glob("*.envelope"):
                if match := _NAME.fullmatch(path.name):
                    self._found[path.stem] = _look_at(path, match[1])

    def put(self, kind: str, envelope: bytes, cause: str, reason: str) -> None:
        """Keeps the envelope durably; again is harmless. Raises OSError."""
        digest = hashlib.blake2b(envelope, digest_size=16).hexdigest()
        path = self._folder / f"{kind}-{digest}.envelope"
        text = f"{cause}: {reason}".encode()[:_REASON_BYTES]
        with self._lock:
            if path.stem in self._found:
                return
            # The reason first: an envelope without one cannot be found after a crash.
            _write(path.with_suffix(".reason.txt"), text + b"\n")
            _write(path, envelope)
            sync_folder(self._folder)
            self._found[path.stem] = _look_at(path, kind)

    def entries(self) -> list[Quarantined]:
        """Returns what is here, the newest first."""
        with self._lock:
            found = list(self._found.values())
        return sorted(found, key=lambda item: (-item.quarantined_ns, item.id))

    def read(self, entry_id: str) -> bytes | None:
        """Returns the envelope, None when there is none of that id. Raises OSError."""
        with self._lock:
            if entry_id not in self._found:
                return None
            return (self._folder / f"{entry_id}.envelope").read_bytes()

    def remove(self, entry_id: str) -> bool:
        """Removes an envelope for good; returns whether it was there. Raises OSError."""
        with self._lock:
            if entry_id not in self._found:
                return False
            path = self._folder / f"{entry_id}.envelope"
            path.unlink(missing_ok=True)
            path.with_suffix(".reason.txt").unlink(missing_ok=True)
            sync_folder(self._folder)
            del self._found[entry_id]
            return True

    def size_bytes(self) -> int:
        """Returns what the envelopes take."""
        with self._lock:
            return sum(item.size_bytes for item in self._found.values())


def _look_at(path: Path, kind: str) -> Quarantined:
    status = path.stat()
    try:
        text = path.with_suffix(".reason.txt").read_text(errors="replace").strip()
    except FileNotFoundError:
        text = ""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    cause, colon, reason = text.partition(": ")
    if not colon or cause not in CAUSES:
        cause, reason = "unreadable", text
    return Quarantined(
        id=path.stem,
        kind=kind,
        size_bytes=status.st_size,
        quarantined_ns=status.st_mtime_ns,
        cause=cause,
        reason=reason,
        head=head,
    )


def _write(path: Path, data: bytes) -> None:
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC
    descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
