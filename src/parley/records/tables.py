"""The tables, as the newest migration leaves them; a test compares."""

from sqlalchemy import BigInteger, Column, Integer, MetaData, String, Table, Text

__all__ = ["METADATA", "OVERRIDES", "PACKAGE", "REPRICINGS"]

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
