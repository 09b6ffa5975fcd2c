"""The database of records: opened once a process, migrated when it is older than the code."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from parley.records.errors import RecordsError, RecordsNewer, RecordsRefused

__all__ = ["NEWEST", "Records", "database_url"]

NEWEST = "0003_views"  # the last migration; a database that has it is not looked at further
MIGRATION_LOCK = 0x7061726C6579  # of PostgreSQL: one process migrates, the others wait
BUSY_SECONDS = 10


class Records:
    """All that people edit. Thread-safe; every call blocks."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = threading.Lock()

    @classmethod
    def open(cls, url: str) -> "Records":
        """Connects and migrates.

        Raises:
            RecordsRefused: the address is wrong, or nothing answers there.
            RecordsNewer: it was written by a newer release.
        """
        address = database_url(url)
        options: dict[str, Any] = {"pool_pre_ping": True}
        if address.get_backend_name() == "sqlite":
            options = {"connect_args": {"timeout": BUSY_SECONDS}}
        engine = sa.create_engine(address, **options)
        if address.get_backend_name() == "sqlite":
            sa.event.listen(engine, "connect", prepare_sqlite)
        records = cls(engine)
        try:
            records._migrate()
        except SQLAlchemyError as error:
            engine.dispose()
            shown = address.render_as_string(hide_password=True)
            reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
            raise RecordsRefused(f"cannot open the records at {shown}: {reason}") from error
        return records

    @property
    def kind(self) -> str:
        """The database behind: "sqlite" or "postgresql"."""
        return self._engine.dialect.name

    def _migrate(self) -> None:
        with self._engine.begin() as connection:
            if self.kind == "postgresql":
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
            if version_of(connection) != NEWEST:
                upgrade(connection)

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """Lends a connection to ask with. Raises RecordsError."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise RecordsError(str(error)) from error

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """Lends a connection in a transaction: all that is written with it is kept, or nothing.

        Raises:
            RecordsError: nothing was kept.
        """
        try:
            # SQLite has one writer; waiting here is fairer than asking the file again and again.
            with self._writing, self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise RecordsError(str(error)) from error

    def close(self) -> None:
        """Closes every connection."""
        self._engine.dispose()


def database_url(url: str) -> URL:
    """Returns the address of a database: a `postgresql://` URL, or a file for SQLite.

    Raises:
        RecordsRefused: it is neither.
    """
    if "://" not in url:
        return URL.create("sqlite", database=str(Path(url)))
    try:
        address = make_url(url)
    except ArgumentError as error:
        raise RecordsRefused(f"--records: not the URL of a database: {error}") from error
    if address.drivername in ("postgresql", "postgres"):
        return address.set(drivername="postgresql+psycopg")
    if address.drivername in ("sqlite", "postgresql+psycopg"):
        return address
    raise RecordsRefused(
        f"--records: expected postgresql://user:password@host/database, got {address.drivername}://"
    )


def prepare_sqlite(connection: Any, record: object) -> None:
    """Makes SQLite keep what it was told to keep: readers beside a writer, synced to the disk."""
    del record
    cursor = connection.cursor()
    for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def version_of(connection: Connection) -> str:
    """Returns the last migration that a database has, "" for an empty one."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return ""
    versions = sa.table("alembic_version", sa.column("version_num"))
    return str(connection.execute(sa.select(versions.c.version_num)).scalar())


def upgrade(connection: Connection) -> None:
    """Runs the migrations that a database does not have. Raises RecordsNewer."""
    from alembic import command  # noqa: PLC0415 - 0.2 s; most starts have nothing to migrate
    from alembic.config import Config  # noqa: PLC0415
    from alembic.util import CommandError  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("parley.records") / "migrations"))
    config.attributes["connection"] = connection
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise RecordsNewer(f"the records were written by a newer Parley: {error}") from error
