"""What people edit: small records that are not telemetry. Today prices and prompts.

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
from parley.records.prompts import (
    ProviderKey,
    add_application,
    add_deployment,
    add_version,
    find_deployed,
    find_version,
    keep_provider_key,
    list_applications,
    list_deployments,
    list_provider_keys,
    list_versions,
    remove_application,
    remove_provider_key,
    rename_application,
)

__all__ = [
    "PackageData",
    "ProviderKey",
    "Records",
    "RecordsError",
    "RecordsNewer",
    "RecordsRefused",
    "Repricing",
    "add_application",
    "add_deployment",
    "add_version",
    "all_overrides",
    "change_overrides",
    "find_deployed",
    "find_version",
    "keep_package",
    "keep_provider_key",
    "kept_package",
    "list_applications",
    "list_deployments",
    "list_overrides",
    "list_provider_keys",
    "list_repricings",
    "list_versions",
    "mark_done",
    "mark_touched",
    "pending_repricings",
    "remove_application",
    "remove_provider_key",
    "rename_application",
]
