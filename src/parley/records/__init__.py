"""What people edit: small records that are not telemetry. Today prices.

SQLite in the data folder, or PostgreSQL by URL; SQLAlchemy Core, one module of questions a noun,
tables as the newest Alembic migration leaves them. Every question names its project. May import
pricing and model. Refuses to know telemetry, HTTP, and what its records are for.
"""

from parley.records.database import Records
from parley.records.errors import RecordsError, RecordsNewer, RecordsRefused
from parley.records.prices import (
    PackageData,
    Repricing,
    all_overrides,
    change_overrides,
    keep_package,
    kept_package,
    list_overrides,
    list_repricings,
    mark_done,
    mark_touched,
    pending_repricings,
)

__all__ = [
    "PackageData",
    "Records",
    "RecordsError",
    "RecordsNewer",
    "RecordsRefused",
    "Repricing",
    "all_overrides",
    "change_overrides",
    "keep_package",
    "kept_package",
    "list_overrides",
    "list_repricings",
    "mark_done",
    "mark_touched",
    "pending_repricings",
]
