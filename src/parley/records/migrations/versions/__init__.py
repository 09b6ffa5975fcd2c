"""Migrations of the records: Alembic runs those that a database does not have yet."""
