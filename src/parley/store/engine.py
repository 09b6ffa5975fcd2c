"""Connections to ClickHouse: chDB in this process, or a server by URL.

chDB facts behind this module: one engine and directory per process; a client runs one call at a
time, different clients run in parallel; never fork after the first connection; limits go through
`chdb_options`. chdb is imported at the first connection: it costs half a second.
"""

import os
import queue
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from parley.store.binding import QUERY_BYTES, bind_long
from parley.store.errors import (
    StoreBusy,
    StoreError,
    StoreOutOfMemory,
    StoreRefused,
    StoreTooLarge,
    StoreUnreadable,
)
from parley.store.exports import Exports

__all__ = ["MEMORY_BYTES", "MINIMUM_SERVER_VERSION", "Engine"]

MINIMUM_SERVER_VERSION = (26, 8)
CLIENTS = 6  # one loads, one derives, four read
READ_BYTES = 400_000_000  # memory of one read query
MEMORY_BYTES = 1_200_000_000  # of the embedded engine, all queries together
ENGINE_OPTIONS = {
    "mark_cache_size": 64_000_000,
    "max_threads": 2,
    "background_pool_size": 2,
}
SERVER_SETTINGS = {"async_insert": 0, "max_query_size": QUERY_BYTES}
# Codes of ClickHouse errors that say "not now" rather than "not these bytes".
BUSY_CODES = (
    "code: 243",
    "code: 74",
    "code: 75",
    "code: 210",
    "code: 252",
    "no space left",
    "read-only file system",
)


# The text indexes of messages are made when parts merge; small new parts are read without (10 us
# of CPU a span less).
INSERT_SETTINGS = {"materialize_skip_indexes_on_insert": 0}
MEMORY_CODES = ("code: 241", "code: 173", "std::bad_alloc")


def refusal(error: Exception) -> StoreError:
    """Returns our error for the driver's: the room's callers never see the driver."""
    text = str(error)
    lowered = text.lower()
    if "query memory limit exceeded" in lowered:
        return StoreTooLarge(text)
    if any(code in lowered for code in MEMORY_CODES):
        return StoreOutOfMemory(text)
    if any(code in lowered for code in BUSY_CODES):
        return StoreBusy(text)
    return StoreError(text)


class Engine:
    """A pool of clients of one ClickHouse. Thread-safe; every call blocks."""

    def __init__(
        self, *, folder: Path | None, url: str | None, memory_bytes: int = MEMORY_BYTES
    ) -> None:
        self._options = {**ENGINE_OPTIONS, "max_server_memory_usage": memory_bytes}
        self._folder = folder
        self._url = url
        self._clients: queue.LifoQueue[Any] = queue.LifoQueue()
        self._all: list[Any] = []
        self._pid = os.getpid()
        self._has_schema_file = False
        self._types: dict[tuple[str, ...], list[Any]] = {}
        beside = folder.resolve().with_name("exports") if folder and url is None else None
        self.exports = Exports(self._connect, self._bind, refusal, beside)
        first = self._connect()
        self.version: str = first.server_version
        if url is not None:
            numbers = tuple(int(part) for part in self.version.split(".")[:2])
            if numbers < MINIMUM_SERVER_VERSION:
                raise StoreRefused(f"ClickHouse {self.version} at the URL; 26.8 or newer is needed")
        self._all.append(first)
        self._clients.put(first)
        for _ in range(CLIENTS - 1):
            client = self._connect()
            self._all.append(client)
            self._clients.put(client)

    @property
    def kind(self) -> Literal["embedded", "server"]:
        """Whether the engine lives in this process."""
        return "embedded" if self._url is None else "server"

    def _connect(self) -> Any:
        import clickhouse_connect  # noqa: PLC0415 - half a second, not at import

        clickhouse_connect.common.set_setting("autogenerate_session_id", False)
        if self._url is not None:
            try:
                return clickhouse_connect.get_client(dsn=self._url, settings=SERVER_SETTINGS)
            except Exception as error:
                raise StoreRefused(f"cannot connect to ClickHouse: {error}") from error
        if self._folder is None:
            raise StoreRefused("either a folder or a URL is needed")
        self._folder.mkdir(parents=True, exist_ok=True)
        return clickhouse_connect.get_client(
            interface="chdb", path=str(self._folder), chdb_options=self._options
        )

    def _bind(self, sql: str, values: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """Returns SQL and values as the engine takes them."""
        return (sql, dict(values)) if self._url is None else bind_long(sql, values)

    @contextmanager
    def client(self) -> Iterator[Any]:
        """Lends a client to one caller; waits when all are lent."""
        if os.getpid() != self._pid:
            raise StoreError("the engine cannot be used after a fork")
        client = self._clients.get()
        try:
            yield client
        finally:
            self._clients.put(client)

    def query(self, sql: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
        """Returns all rows.

        Raises:
            StoreTooLarge: it would take more than READ_BYTES.
            StoreBusy, StoreError: the engine refused.
        """
        text, bound = self._bind(sql, values)
        with self.client() as client:
            try:
                result = client.query(
                    text, parameters=bound, settings={"max_memory_usage": READ_BYTES}
                )
                rows: list[tuple[Any, ...]] = list(result.result_rows)  # may fail in the midst
            except Exception as error:
                raise refusal(error) from error
        return rows

    def command(self, sql: str, values: Mapping[str, Any] | None = None) -> None:
        """Runs a statement without a result."""
        text, bound = self._bind(sql, values or {})
        with self.client() as client:
            try:
                client.command(text, parameters=bound)
            except Exception as error:
                raise refusal(error) from error

    def insert(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Inserts rows, at least one; times are nanoseconds. On disk when it returns."""
        with self.client() as client:
            try:
                client.insert(
                    table,
                    list(zip(*rows, strict=True)),
                    column_names=list(columns),
                    column_types=self._column_types(client, table, columns),
                    column_oriented=True,
                    settings=INSERT_SETTINGS,
                )
            except Exception as error:
                raise refusal(error) from error

    def _column_types(self, client: Any, table: str, columns: Sequence[str]) -> list[Any]:
        """Returns the types of some columns; the driver would ask for them at every insert."""
        key = (table, *columns)
        if key not in self._types:
            self._types[key] = client.create_insert_context(table, list(columns)).column_types
        return self._types[key]

    def insert_file(
        self, table: str, columns: Sequence[str], path: Path, *, schema: str, message: str
    ) -> None:
        """Inserts a file of length-delimited protobuf messages.

        Raises:
            StoreUnreadable: the engine refuses the bytes.
            StoreBusy: not now; the file is as good as before.
        """
        settings: dict[str, str | int] = {
            "input_format_protobuf_oneof_presence": 1,
            "throw_on_max_partitions_per_insert_block": 0,
            "max_partitions_per_insert_block": 0,
        }
        if self._folder is not None:
            # As a string, chDB would write the schema into the working directory at each insert.
            settings["format_schema"] = f"{self._schema_file(schema)}:{message}"
        else:
            settings["format_schema_source"] = "string"
            settings["format_schema"] = schema
            settings["format_schema_message_name"] = message
        names = ", ".join(columns)
        with self.client() as client:
            try:
                if self.kind == "embedded":
                    text = ", ".join(f"{key} = {literal(value)}" for key, value in settings.items())
                    client.command(
                        f"INSERT INTO {table} ({names}) FROM INFILE {literal(str(path))} "
                        f"SETTINGS {text} FORMAT Protobuf"
                    )
                else:
                    client.raw_insert(
                        table,
                        column_names=list(columns),
                        insert_block=path.read_bytes(),
                        fmt="Protobuf",
                        settings=settings,
                    )
            except Exception as error:
                found = refusal(error)
                if isinstance(found, StoreTooLarge):
                    found = StoreOutOfMemory(str(error))
                raise (
                    found if isinstance(found, StoreBusy) else StoreUnreadable(str(error))
                ) from error

    def _schema_file(self, schema: str) -> Path:
        """Returns a file with the schema beside the engine's directory."""
        assert self._folder is not None
        path = self._folder.resolve().with_name(f"{self._folder.name}.proto")
        if not self._has_schema_file:
            path.write_text(schema, encoding="utf-8")
            self._has_schema_file = True
        return path

    def close(self) -> None:
        """Closes every client."""
        for client in self._all:
            client.close()
        self._all.clear()


def literal(value: str | int) -> str:
    """Returns a SQL literal of a setting or a path of our own."""
    if isinstance(value, int):
        return str(value)
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
