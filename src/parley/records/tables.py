"""The tables, as the newest migration leaves them; a test compares."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = [
    "APPLICATIONS",
    "DEPLOYMENTS",
    "METADATA",
    "OVERRIDES",
    "PACKAGE",
    "PROVIDER_KEYS",
    "REPRICINGS",
    "VERSIONS",
    "VIEWS",
]

METADATA = MetaData()

# project "": of all. prices: those of parley.pricing.Override, as JSON with exact decimals.
OVERRIDES = Table(
    "price_overrides",
    METADATA,
    Column("id", String(16), primary_key=True),
    Column("project", String(200), nullable=False, index=True),
    Column("provider", String(200), nullable=False),
    Column("model", String(200), nullable=False),
    Column("valid_from", String(10), nullable=False),
    Column("valid_until", String(10), nullable=False),
    Column("prices", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# What has to be priced again since a change of prices. touched_at null: its traces are not on the
# work list of derivation yet. project "": any.
REPRICINGS = Table(
    "repricings",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("project", String(200), nullable=False, index=True),
    Column("selectors", Text, nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("touched_at", BigInteger),
    Column("traces", BigInteger, nullable=False),
    Column("done_at", BigInteger),
)

# Newer data of genai-prices than what is installed; one row.
PACKAGE = Table(
    "price_package",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("content", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

APPLICATIONS = Table(
    "applications",
    METADATA,
    Column("project", String(200), primary_key=True),
    Column("slug", String(100), primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# prompt: parley.model.Prompt as JSON. Rows are never changed.
VERSIONS = Table(
    "prompt_versions",
    METADATA,
    Column("project", String(200), primary_key=True),
    Column("application", String(100), primary_key=True),
    Column("variant", String(100), primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    Column("prompt", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

# Every deployment there was; the one with the highest id of an environment holds. Environment "" is
# the application itself: version 1 archived it, version 0 brought it back.
DEPLOYMENTS = Table(
    "deployments",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("project", String(200), nullable=False),
    Column("application", String(100), nullable=False),
    Column("environment", String(100), nullable=False),
    Column("variant", String(100), nullable=False),
    Column("version", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("author", Text, nullable=False),
    Column("deployed_at", BigInteger, nullable=False),
    Index("ix_deployments_of", "project", "application", "environment"),
)

# secret: encrypted. hint: the last characters of the key, to tell keys apart.
PROVIDER_KEYS = Table(
    "provider_keys",
    METADATA,
    Column("project", String(200), primary_key=True),
    Column("provider", String(100), primary_key=True),
    Column("secret", Text, nullable=False),
    Column("base_url", Text, nullable=False),
    Column("hint", String(8), nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

# look: parley.model.Look as JSON.
VIEWS = Table(
    "saved_views",
    METADATA,
    Column("project", String(200), primary_key=True),
    Column("id", String(16), primary_key=True),
    Column("name", String(60), nullable=False),
    Column("look", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    UniqueConstraint("project", "name", name="uq_saved_views_name"),
)
