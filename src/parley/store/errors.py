"""What can go wrong with the store.

StoreError
├── StoreUnreadable   a segment holds bytes that the engine refuses (the bytes are at fault)
├── StoreBusy         disk full, connection lost: the same call may succeed later
│   └── StoreOutOfMemory  a query or a load needs more than it, or the engine, may take
├── StoreNewer        the data directory was written by a newer Parley
└── StoreRefused      the server at the URL is too old or cannot be used
"""

__all__ = [
    "StoreBusy",
    "StoreError",
    "StoreNewer",
    "StoreOutOfMemory",
    "StoreRefused",
    "StoreUnreadable",
]


class StoreError(Exception):
    """The engine could not do what was asked."""


class StoreUnreadable(StoreError):
    """The bytes of a segment cannot be decoded."""


class StoreBusy(StoreError):
    """The engine cannot serve this now."""


class StoreOutOfMemory(StoreBusy):
    """A memory limit was reached: this call's own, or the whole engine's."""


class StoreNewer(StoreError):
    """The data directory has migrations that this release does not know."""


class StoreRefused(StoreError):
    """The ClickHouse server cannot be used."""
