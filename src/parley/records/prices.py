"""Questions about prices, and what has to be priced again since they changed."""

import time
import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import sqlalchemy as sa
from msgspec import Struct, field
from sqlalchemy.engine import Connection, Row

from parley.pricing import Override, Tier
from parley.records.database import Records
from parley.records.tables import OVERRIDES, PACKAGE, REPRICINGS

__all__ = [
    "PackageData",
    "Repricing",
    "all_overrides",
    "change_overrides",
    "keep_package",
    "kept_package",
    "list_overrides",
    "list_repricings",
    "mark_done",
    "mark_touched",
    "pending_repricings",
]


class Prices(Struct, frozen=True, omit_defaults=True):
    """The prices of an override as they are stored."""

    input: Decimal
    output: Decimal
    cached_input: Decimal | None = None
    cache_write: Decimal | None = None
    reasoning: Decimal | None = None
    tiers: list[Tier] = field(default_factory=list)


class Repricing(Struct, frozen=True):
    """What a change of prices makes to be priced again.

    overrides: calls that one of these is about, as it was or as it is; none: calls without a price.
    """

    id: str
    project: str
    overrides: list[Override]
    touched_at: int | None
    traces: int


class PackageData(Struct, frozen=True):
    """Newer data of genai-prices, where they came from, and when."""

    content: str
    source: str
    changed_at: int


def list_overrides(records: Records, project_id: str) -> list[Override]:
    """Returns the prices that hold in a project: its own, and those of all; most specific first."""
    wanted = OVERRIDES.c.project.in_([project_id, ""])
    with records.read() as connection:
        found = [of_row(row) for row in connection.execute(sa.select(OVERRIDES).where(wanted))]
    return sorted(found, key=lambda item: (item.rank, item.model, item.provider))


def all_overrides(records: Records) -> list[Override]:
    """Returns the prices of every project, for the books that derivation prices by."""
    with records.read() as connection:
        return [of_row(row) for row in connection.execute(sa.select(OVERRIDES))]


def change_overrides(
    records: Records, project_id: str, put: Sequence[Override], removed: Sequence[str] = ()
) -> str:
    """Sets and removes prices of a project (or of all) in one transaction.

    Returns the id of what has to be priced again, "" when nothing changed. An id of another
    project's price is left alone.
    """
    ids = [*removed, *(item.id for item in put)]
    with records.write() as connection:
        before = [
            of_row(row)
            for row in connection.execute(
                sa.select(OVERRIDES).where(
                    OVERRIDES.c.id.in_(ids), OVERRIDES.c.project.in_([project_id, ""])
                )
            )
        ]
        same = {item.id for item in before if item in put}
        fresh = [item for item in put if item.id not in same]
        gone = [item for item in before if item.id not in same]
        if not fresh and not gone:
            return ""
        connection.execute(
            sa.delete(OVERRIDES).where(OVERRIDES.c.id.in_([item.id for item in gone]))
        )
        if fresh:
            connection.execute(sa.insert(OVERRIDES), [row_of(item) for item in fresh])
        return _ask(connection, "" if _of_all([*fresh, *gone]) else project_id, [*fresh, *gone])


def _of_all(changed: Sequence[Override]) -> bool:
    return any(not item.project for item in changed)


def _ask(connection: Connection, project: str, overrides: Sequence[Override]) -> str:
    asked = uuid.uuid4().hex
    connection.execute(
        sa.insert(REPRICINGS),
        {
            "id": asked,
            "project": project,
            "selectors": msgspec.json.encode(overrides).decode(),
            "asked_at": time.time_ns(),
            "traces": 0,
        },
    )
    return asked


def keep_package(records: Records, content: str, source: str) -> str:
    """Keeps newer data of the package; returns the id of what has to be priced again."""
    with records.write() as connection:
        connection.execute(sa.delete(PACKAGE))
        connection.execute(
            sa.insert(PACKAGE),
            {"id": 1, "content": content, "source": source, "changed_at": time.time_ns()},
        )
        return _ask(connection, "", [])


def kept_package(records: Records) -> PackageData | None:
    """Returns the newer data that were kept, None without any."""
    with records.read() as connection:
        row = connection.execute(sa.select(PACKAGE)).first()
    return PackageData(row.content, row.source, row.changed_at) if row else None


def pending_repricings(records: Records) -> list[Repricing]:
    """Returns what is not on the work list of derivation yet, of every project."""
    return _repricings(records, REPRICINGS.c.touched_at.is_(None))


def list_repricings(records: Records, project_id: str) -> list[Repricing]:
    """Returns what is being priced again in a project."""
    return _repricings(
        records, REPRICINGS.c.done_at.is_(None), REPRICINGS.c.project.in_([project_id, ""])
    )


def _repricings(records: Records, *wanted: sa.ColumnElement[bool]) -> list[Repricing]:
    order = REPRICINGS.c.asked_at
    with records.read() as connection:
        rows = connection.execute(sa.select(REPRICINGS).where(*wanted).order_by(order)).all()
    decode = msgspec.json.Decoder(list[Override]).decode
    return [
        Repricing(row.id, row.project, decode(row.selectors), row.touched_at, row.traces)
        for row in rows
    ]


def mark_touched(records: Records, repricing_id: str, touched_at: int, traces: int) -> None:
    """Remembers that the traces of a repricing are on the work list since then."""
    values: dict[str, Any] = {"touched_at": touched_at, "traces": traces}
    if not traces:
        values["done_at"] = time.time_ns()
    with records.write() as connection:
        connection.execute(
            sa.update(REPRICINGS).where(REPRICINGS.c.id == repricing_id).values(**values)
        )


def mark_done(records: Records, repricing_id: str) -> None:
    """Remembers that a repricing is over."""
    with records.write() as connection:
        connection.execute(
            sa.update(REPRICINGS)
            .where(REPRICINGS.c.id == repricing_id)
            .values(done_at=time.time_ns())
        )


def row_of(item: Override) -> dict[str, Any]:
    """Returns the row of an override."""
    names = Prices.__struct_fields__
    prices = Prices(**{name: getattr(item, name) for name in names})
    return {
        "id": item.id,
        "project": item.project,
        "provider": item.provider,
        "model": item.model,
        "valid_from": item.valid_from,
        "valid_until": item.valid_until,
        "prices": msgspec.json.encode(prices).decode(),
        "changed_at": time.time_ns(),
    }


def of_row(row: Row[Any]) -> Override:
    """Returns the override of a row."""
    prices = msgspec.json.decode(row.prices, type=Prices)
    return Override(
        project=row.project,
        provider=row.provider,
        model=row.model,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
        **{name: getattr(prices, name) for name in Prices.__struct_fields__},
    )
