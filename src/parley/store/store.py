"""The store: opened once per process, asked by name."""

import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from parley.conventions import DIALECTS, render_view, view_hash
from parley.store.engine import MEMORY_BYTES, Engine
from parley.store.errors import StoreNewer
from parley.store.sql import fill, migrations, protobuf_schema, read_sql, statements

__all__ = ["Store"]

MIGRATIONS_TABLE = """CREATE TABLE IF NOT EXISTS schema_migrations (
    name String, applied_at DateTime DEFAULT now()
) ENGINE = MergeTree ORDER BY name"""
TOUCH_SLACK_NS = 1_000_000_000  # what a clock may drift during a load; more is harmless
ENVELOPE_COLUMNS = ("project_id", "received_at", "source", "request")


class Store:
    """All that Parley keeps of telemetry. Thread-safe; every call blocks until done."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._loading = threading.Lock()
        self._latest_touch_ns = 0

    @classmethod
    def open(
        cls,
        folder: Path | None = None,
        url: str | None = None,
        *,
        memory_bytes: int = MEMORY_BYTES,
    ) -> "Store":
        """Connects, migrates and puts today's conventions view in place.

        `memory_bytes` is what an embedded engine may use, all queries together.

        Raises:
            StoreNewer: the data were written by a newer release.
            StoreRefused: the server cannot be used.
        """
        store = cls(Engine(folder=folder, url=url, memory_bytes=memory_bytes))
        store._migrate()
        store._latest_touch_ns = store._number("work.latest")
        return store

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write to it: a server by URL."""
        return self._engine.kind == "server"

    @property
    def engine_version(self) -> str:
        """The version of ClickHouse behind."""
        return self._engine.version

    def _migrate(self) -> None:
        self._engine.command(MIGRATIONS_TABLE)
        applied = {row[0] for row in self._engine.query("SELECT name FROM schema_migrations", {})}
        known = migrations()
        unknown = applied - {name for name, _ in known}
        if unknown:
            raise StoreNewer(f"written by a newer Parley: {', '.join(sorted(unknown))}")
        for name, text in known:
            if name in applied:
                continue
            for statement in statements(text):
                self._engine.command(statement)
            self._engine.insert("schema_migrations", ["name"], [[name]])
        wanted = view_hash(DIALECTS)
        if self.fact("conventions_view") != wanted:
            self._engine.command("DROP VIEW IF EXISTS understand_spans")
            self._engine.command(render_view(DIALECTS))
            self.set_fact("conventions_view", wanted)

    def fact(self, name: str) -> str:
        """Returns a fact about the store itself, '' when unknown."""
        rows = self._engine.query(read_sql("store.fact"), {"name": name})
        return str(rows[0][0]) if rows else ""

    def set_fact(self, name: str, value: str) -> None:
        """Remembers a fact about the store itself."""
        last = int(self._engine.query(read_sql("store.fact_version"), {"name": name})[0][0])
        version = max(time.time_ns(), last + 1)  # the clock may have been set back
        self._engine.insert("store_facts", ["name", "value", "version"], [[name, value, version]])

    def load_segment(self, kind: Literal["traces", "logs"] | str, path: Path) -> None:
        """Inserts a journal segment: spans or logs, their sessions and the work list.

        Raises:
            StoreUnreadable: the engine refuses some envelope of it; nothing is promised of the
                rest, loading again is harmless.
            StoreBusy: not now.
        """
        table, message = ("otlp_traces", "TraceEnvelope")
        if kind == "logs":
            table, message = ("otlp_logs", "LogEnvelope")
        with self._loading, self._touching():
            self._engine.insert_file(
                table, ENVELOPE_COLUMNS, path, schema=protobuf_schema(), message=message
            )

    @contextmanager
    def _touching(self) -> Iterator[None]:
        """Keeps the times on the work list rising, also while the engine's clock is set back."""
        began_ns = self._number("work.now")
        began = time.monotonic()
        is_behind = began_ns <= self._latest_touch_ns
        if is_behind:  # no merge may drop the rows before they are touched again
            self._engine.command("SYSTEM STOP MERGES touched")
        try:
            yield
            ended_ns = began_ns + int((time.monotonic() - began) * 1e9)
            if is_behind:
                later = max(self._latest_touch_ns, ended_ns) + 1
                self.run(
                    "work.touch_later",
                    later=later,
                    from_ns=began_ns,
                    to_ns=ended_ns + TOUCH_SLACK_NS,
                )
                ended_ns = later
            self._latest_touch_ns = ended_ns
        finally:
            if is_behind:
                self._engine.command("SYSTEM START MERGES touched")

    def touch(self, question: str, asked: Sequence[Mapping[str, Any]]) -> int:
        """Puts traces on the work list by `read/<question>.sql`, once with each of some values.

        Every set of values names its project. Returns the time that they are touched at: one for
        all, later than every touch before.
        """
        with self._loading:
            at = max(self._number("work.now"), self._latest_touch_ns + 1)
            self._latest_touch_ns = at
            for values in asked:
                self.run(question, at=at, **values)
        return at

    def _number(self, question: str) -> int:
        return int(self.read_all(question)[0][0])

    def pending_work(self, limit: int) -> list[tuple[str, str, int]]:
        """Returns (project, trace, touched at) of traces that wait to be derived.

        Never in the midst of a load: its views commit one after the other, and a trace on the
        work list before its spans are visible would be derived from nothing and marked done.
        """
        with self._loading:
            return [(row[0], row[1], row[2]) for row in self.read_all("work.pending", limit=limit)]

    def read(
        self,
        question: str,
        *,
        project_id: str,
        fragments: Mapping[str, str] | None = None,
        **values: Any,
    ) -> list[tuple[Any, ...]]:
        """Returns the rows of `read/<question>.sql` for one project.

        Args:
            question: file name without ending.
            project_id: bound as `project_id`; no row of another project can come back.
            fragments: SQL from our own code for the places `/*name*/` that the file has.
            values: what the file binds.
        """
        text = with_fragments(question, fragments)
        return self._engine.query(text, {"project_id": project_id, **values})

    def stream(
        self,
        question: str,
        *,
        project_id: str,
        fragments: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Iterator[list[tuple[Any, ...]]]:
        """Yields what `read` returns, a block of rows at a time, by a client of its own.

        To be opened, read and closed by one thread.
        """
        text = with_fragments(question, fragments)
        return self._engine.exports.rows(text, {"project_id": project_id, **values})

    def stream_parquet(
        self,
        question: str,
        *,
        project_id: str,
        fragments: Mapping[str, str] | None = None,
        **values: Any,
    ) -> Iterator[bytes]:
        """Yields what `read` returns as a Parquet file with the types of the columns."""
        text = with_fragments(question, fragments)
        return self._engine.exports.parquet(text, {"project_id": project_id, **values})

    def read_all(self, question: str, **values: Any) -> list[tuple[Any, ...]]:
        """Returns the rows of a question about every project: the work list, the projects."""
        return self._engine.query(read_sql(question), values)

    def write(self, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Inserts derived rows; they are on disk when it returns."""
        if rows:
            self._engine.insert(table, columns, rows)

    def run(
        self, question: str, *, fragments: Mapping[str, str] | None = None, **values: Any
    ) -> None:
        """Runs `read/<question>.sql` that is an INSERT … SELECT; fragments as in `read`."""
        self._engine.command(with_fragments(question, fragments), values)

    def close(self) -> None:
        """Closes the engine; the store cannot be used after."""
        self._engine.close()


def with_fragments(question: str, fragments: Mapping[str, str] | None) -> str:
    """Returns `read/<question>.sql` with its places `/*name*/` filled."""
    text = read_sql(question)
    for name, fragment in (fragments or {}).items():
        text = text.replace(f"/*{name}*/", fill(fragment))
    return text
