"""Saved views of the list of sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0003_views"
down_revision = "0002_prompts"


def upgrade() -> None:
    """Makes the table."""
    op.create_table(
        "saved_views",
        sa.Column("project", sa.String(200), primary_key=True),
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("look", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.UniqueConstraint("project", "name", name="uq_saved_views_name"),
    )
