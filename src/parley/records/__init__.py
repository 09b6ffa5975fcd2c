"""What people edit: small records that are not telemetry. Today prices, prompts and views.

SQLite in the data folder, or PostgreSQL by URL; SQLAlchemy Core, one module of questions a noun,
tables as the newest Alembic migration leaves them. Every question names its project. May import
pricing and model. Refuses to know telemetry, HTTP, and what its records are for.
"""

from parley.records.database import Records
from parley.records.errors import RecordsError, RecordsNewer, RecordsRefused, ViewRefused
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
    archive_application,
    find_archived,
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
from parley.records.views import add_view, change_view, list_views, remove_view

__all__ = [
    "PackageData",
    "ProviderKey",
    "Records",
    "RecordsError",
    "RecordsNewer",
    "RecordsRefused",
    "Repricing",
    "ViewRefused",
    "add_application",
    "add_deployment",
    "add_version",
    "add_view",
    "all_overrides",
    "archive_application",
    "change_overrides",
    "change_view",
    "find_archived",
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
    "list_views",
    "mark_done",
    "mark_touched",
    "pending_repricings",
    "remove_application",
    "remove_provider_key",
    "remove_view",
    "rename_application",
]
