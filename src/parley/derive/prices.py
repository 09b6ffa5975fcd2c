"""The prices that derivation uses: changed while it runs, and what is derived again since.

A change is kept in records together with what has to be priced again; derivation's own thread puts
those traces on its work list. Whenever the process ends, the next one goes on there.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import structlog
from msgspec import Struct

from parley.pricing import BadPackage, Override, Package, PriceBook
from parley.records import (
    PackageData,
    Records,
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
from parley.store import Store

__all__ = ["LivePrices", "PackagePrices", "Prices", "Progress"]

MODELS_MAX = 100_000
LATEST_NS = 2**63 - 1
log = structlog.get_logger()


class Prices(Protocol):
    """What derivation asks of prices."""

    def book(self, project_id: str) -> PriceBook:
        """Returns the prices of a project."""
        ...

    def catch_up(self) -> None:
        """Puts on the work list what has to be priced again. Cheap when there is nothing."""
        ...


class PackagePrices:
    """The prices of the package alone, for every project the same."""

    def __init__(self) -> None:
        self._book = PriceBook()

    def book(self, project_id: str) -> PriceBook:
        """Returns the prices of a project."""
        del project_id
        return self._book

    def catch_up(self) -> None:
        """There is nothing: these prices never change."""


class Progress(Struct, frozen=True):
    """How much of a project is being priced again. `waiting` traces of `traces` are not yet."""

    traces: int
    waiting: int
    is_done: bool


class LivePrices:
    """The package's prices and those that users set. Thread-safe."""

    def __init__(self, records: Records, store: Store) -> None:
        self._records = records
        self._store = store
        self._lock = threading.Lock()
        self._changed = threading.Event()
        self._changed.set()  # an earlier process may have left something
        self.on_change: Callable[[], None] = lambda: None
        self._package = package_of(kept_package(records))
        self._read_books()

    def _read_books(self) -> None:
        """Makes new books; batches that run keep the ones they began with."""
        everybody: list[Override] = []
        own: dict[str, list[Override]] = {}
        for item in all_overrides(self._records):
            (own.setdefault(item.project, []) if item.project else everybody).append(item)
        self._everybody = PriceBook(everybody, self._package)
        self._own = {
            project: PriceBook([*items, *everybody], self._package)
            for project, items in own.items()
        }

    def book(self, project_id: str) -> PriceBook:
        """Returns the prices of a project."""
        return self._own.get(project_id, self._everybody)

    def overrides(self, project_id: str) -> list[Override]:
        """Returns the prices that users set for a project and for all, the most specific first."""
        return list_overrides(self._records, project_id)

    def package_source(self) -> tuple[str, int]:
        """Returns where newer data of the package came from and when; ("", 0): as installed."""
        kept = kept_package(self._records)
        return (kept.source, kept.changed_at) if kept else ("", 0)

    def change(self, project_id: str, put: Sequence[Override], removed: Sequence[str] = ()) -> bool:
        """Sets and removes prices, all or none; returns whether anything is different now."""
        with self._lock:
            asked = change_overrides(self._records, project_id, put, removed)
            if asked:
                self._read_books()
        self._announce()
        return bool(asked)

    def update_package(self, content: str, source: str) -> None:
        """Takes newer data of the package, for good. Calls without a price are priced by them.

        Raises:
            BadPackage: nothing was changed.
        """
        package = Package(content)
        with self._lock:
            keep_package(self._records, content, source)
            self._package = package
            self._read_books()
        self._announce()

    def _announce(self) -> None:
        self._changed.set()
        self.on_change()

    def catch_up(self) -> None:
        """Puts on the work list what has to be priced again. Cheap when there is nothing."""
        if not self._changed.is_set():
            return
        self._changed.clear()
        try:
            for repricing in pending_repricings(self._records):
                self._touch(repricing)
        except Exception:
            self._changed.set()  # later again
            raise

    def _touch(self, repricing: Repricing) -> None:
        """Touches the traces that a change of prices is about."""
        projects = self._of(repricing)
        asked = [values for name in projects for values in self._concerned(name, repricing)]
        at = self._store.touch("work.touch_models", asked) if asked else 0
        counted = [self._touched(name, at)[0] for name in projects] if asked else []
        mark_touched(self._records, repricing.id, at, sum(counted))

    def _concerned(self, project_id: str, repricing: Repricing) -> list[dict[str, Any]]:
        """Returns which models in which interval, as `work.touch_models` binds them."""
        rows = self._store.read("models.in_use", project_id=project_id, from_ns=0, limit=MODELS_MAX)
        found = []
        for item in repricing.overrides:
            keys = [row[:3] for row in rows if item.is_about(row[0], (row[2], row[1]))]
            found.append((item.from_ns, item.until_ns, keys))
        if not repricing.overrides:
            book, now = self.book(project_id), time.time_ns()
            gaps = [row for row in rows if row[4] == "no_price"]
            keys = [
                row[:3]
                for row in gaps
                if book.rates(provider=row[0], models=(row[2], row[1]), time_ns=now)[0]
            ]
            found.append((0, LATEST_NS, keys))
        return [
            {
                "project_id": project_id,
                "from_ns": from_ns,
                "to_ns": to_ns,
                "keys": sorted({"\n".join(key) for key in keys}),
            }
            for from_ns, to_ns, keys in found
            if keys
        ]

    def _touched(self, project_id: str, at: int) -> tuple[int, int]:
        traces, waiting = self._store.read("work.touched_at", project_id=project_id, at=at)[0]
        return traces, waiting

    def progress(self, project_id: str) -> Progress:
        """Returns how far the changes of prices are that a project waits for."""
        traces = waiting = 0
        is_done = True
        for repricing in list_repricings(self._records, project_id):
            if repricing.touched_at is None:
                is_done = False
                continue
            left = self._touched(project_id, repricing.touched_at)[1]
            if left:
                is_done = False
                traces += max(repricing.traces, left)
                waiting += left
            elif not any(self._touched(p, repricing.touched_at)[1] for p in self._of(repricing)):
                mark_done(self._records, repricing.id)
        return Progress(traces, waiting, is_done)

    def _of(self, repricing: Repricing) -> list[str]:
        """Returns the projects that a change is about."""
        if repricing.project:
            return [repricing.project]
        return [row[0] for row in self._store.read_all("store.projects")]


def package_of(kept: PackageData | None) -> Package:
    """Returns the newer data that were kept, else what is installed.

    A release that does not understand the form that they were kept in goes on with its own.
    """
    try:
        return Package(kept.content if kept else "")
    except BadPackage as error:
        log.warning("the newer prices that were kept are not understood", reason=str(error))
        return Package()
