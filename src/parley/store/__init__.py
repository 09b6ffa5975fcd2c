"""The only room that speaks to ClickHouse, embedded (chDB) or by URL.

SQL lives in `schema/` (numbered migrations) and `read/<noun>.<question>.sql`; values are
bound, never formatted in. Every call names its project. May import conventions, pricing and model.
Refuses to know what a question is for, or who asks.
"""

from parley.store.engine import MEMORY_BYTES
from parley.store.errors import (
    StoreBusy,
    StoreError,
    StoreNewer,
    StoreOutOfMemory,
    StoreRefused,
    StoreTooLarge,
    StoreUnreadable,
)
from parley.store.sql import fragment
from parley.store.store import Store

__all__ = [
    "MEMORY_BYTES",
    "Store",
    "StoreBusy",
    "StoreError",
    "StoreNewer",
    "StoreOutOfMemory",
    "StoreRefused",
    "StoreTooLarge",
    "StoreUnreadable",
    "fragment",
]
