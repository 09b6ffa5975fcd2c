"""Questions about saved views of the list of sessions."""

import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.engine import Row
from sqlalchemy.exc import IntegrityError

from parley.model import Look, SavedView
from parley.records.database import Records
from parley.records.errors import RecordsError, ViewRefused
from parley.records.tables import VIEWS

__all__ = ["VIEWS_MAX", "add_view", "change_view", "list_views", "remove_view"]

VIEWS_MAX = 50  # of a project; they are tabs beside each other


def list_views(records: Records, project_id: str) -> list[SavedView]:
    """Returns the views of a project, oldest first."""
    with records.read() as connection:
        rows = connection.execute(
            sa.select(VIEWS)
            .where(VIEWS.c.project == project_id)
            .order_by(VIEWS.c.created_at, VIEWS.c.id)
        )
        return [view_of(row) for row in rows]


def add_view(records: Records, project_id: str, name: str, look: Look) -> SavedView:
    """Saves a view. Raises ViewRefused: its name is taken, or there are too many."""
    view = SavedView(id=uuid.uuid4().hex[:16], name=name, look=look, created_at=time.time_ns())
    row = {
        "project": project_id,
        "id": view.id,
        "name": name,
        "look": text_of(look),
        "created_at": view.created_at,
    }
    count = sa.select(sa.func.count()).select_from(VIEWS).where(VIEWS.c.project == project_id)
    with refusing(name), records.write() as connection:
        if connection.execute(count).scalar_one() >= VIEWS_MAX:
            raise ViewRefused(f"this project has {VIEWS_MAX} views; remove one first")
        connection.execute(sa.insert(VIEWS), row)
    return view


def change_view(
    records: Records,
    project_id: str,
    view_id: str,
    *,
    name: str | None = None,
    look: Look | None = None,
) -> bool:
    """Gives a view another name or look; returns whether there is one of that id.

    Raises:
        ViewRefused: another view has the name.
    """
    values: dict[str, str] = {} if name is None else {"name": name}
    if look is not None:
        values["look"] = text_of(look)
    found = (VIEWS.c.project == project_id, VIEWS.c.id == view_id)
    with refusing(name or ""), records.write() as connection:
        if connection.execute(sa.select(VIEWS.c.id).where(*found)).first() is None:
            return False
        if values:
            connection.execute(sa.update(VIEWS).where(*found).values(**values))
        return True


def remove_view(records: Records, project_id: str, view_id: str) -> bool:
    """Removes a view; returns whether there was one of that id."""
    with records.write() as connection:
        gone = connection.execute(
            sa.delete(VIEWS).where(VIEWS.c.project == project_id, VIEWS.c.id == view_id)
        )
        return bool(gone.rowcount)


@contextmanager
def refusing(name: str) -> Iterator[None]:
    """Says in words that a name is taken. Raises ViewRefused."""
    try:
        yield
    except RecordsError as error:
        if isinstance(error.__cause__, IntegrityError):
            raise ViewRefused(f"another view is called {name!r}") from error
        raise


def text_of(look: Look) -> str:
    """Returns a look as it is stored."""
    return msgspec.json.encode(look).decode()


def view_of(row: Row[Any]) -> SavedView:
    """Returns the view of a row."""
    look = msgspec.json.decode(row.look, type=Look)
    return SavedView(id=row.id, name=row.name, look=look, created_at=row.created_at)
