"""What can go wrong with the store.

StoreError
├── StoreUnreadable   a segment holds bytes that the engine refuses (the bytes are at fault)
├── StoreTooLarge     one question needs more memory than a question may take: ask for less
├── StoreBusy         disk full, connection lost: the same call may succeed later
│   └── StoreOutOfMemory  all that runs needs more memory than the engine has, or a load does
├── StoreNewer        the data directory was written by a newer Parley
└── StoreRefused      the server at the URL is too old or cannot be used
"""

__all__ = [
    "StoreBusy",
    "StoreError",
    "StoreNewer",
    "StoreOutOfMemory",
    "StoreRefused",
    "StoreTooLarge",
    "StoreUnreadable",
]


class StoreError(Exception):
    """The engine could not do what was asked."""


class StoreUnreadable(StoreError):
    """The bytes of a segment cannot be decoded."""


class StoreTooLarge(StoreError):
    """The question needs more memory than one question may take; a smaller one may not."""


class StoreBusy(StoreError):
    """The engine cannot serve this now."""


class StoreOutOfMemory(StoreBusy):
    """The engine's memory is used up: by what else runs, or by this load alone."""


class StoreNewer(StoreError):
    """The data directory has migrations that this release does not know."""


class StoreRefused(StoreError):
    """The ClickHouse server cannot be used."""
