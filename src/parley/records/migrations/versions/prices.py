"""Prices that users set, what they make to be priced again, newer data of the package."""

import sqlalchemy as sa
from alembic import op

revision = "0001_prices"
down_revision = None


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "price_overrides",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("project", sa.String(200), nullable=False, index=True),
        sa.Column("provider", sa.String(200), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("valid_from", sa.String(10), nullable=False),
        sa.Column("valid_until", sa.String(10), nullable=False),
        sa.Column("prices", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "repricings",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("project", sa.String(200), nullable=False, index=True),
        sa.Column("selectors", sa.Text, nullable=False),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("touched_at", sa.BigInteger),
        sa.Column("traces", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
    )
    op.create_table(
        "price_package",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
