"""Managed prompts: applications, versions, deployments; and the keys of model providers."""

import sqlalchemy as sa
from alembic import op

revision = "0002_prompts"
down_revision = "0001_prices"


def upgrade() -> None:
    """Makes the tables."""
    op.create_table(
        "applications",
        sa.Column("project", sa.String(200), primary_key=True),
        sa.Column("slug", sa.String(100), primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "prompt_versions",
        sa.Column("project", sa.String(200), primary_key=True),
        sa.Column("application", sa.String(100), primary_key=True),
        sa.Column("variant", sa.String(100), primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("application", sa.String(100), nullable=False),
        sa.Column("environment", sa.String(100), nullable=False),
        sa.Column("variant", sa.String(100), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("deployed_at", sa.BigInteger, nullable=False),
    )
    op.create_index("ix_deployments_of", "deployments", ["project", "application", "environment"])
    op.create_table(
        "provider_keys",
        sa.Column("project", sa.String(200), primary_key=True),
        sa.Column("provider", sa.String(100), primary_key=True),
        sa.Column("secret", sa.Text, nullable=False),
        sa.Column("base_url", sa.Text, nullable=False),
        sa.Column("hint", sa.String(8), nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
    )
