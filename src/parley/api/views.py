"""/api/v1/views: saved views of the list of sessions."""

import asyncio

from litestar import delete, get, patch, post
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from parley.api.errors import BadRequest, NotFound
from parley.model import Look, ProjectId, SavedView, to_iso
from parley.query import check_view
from parley.records import (
    Records,
    ViewRefused,
    add_view,
    change_view,
    list_views,
    remove_view,
)

__all__ = ["VIEW_ROUTES"]

WIRE = {"since": "from", "until": "to"}


class ViewBody(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename=WIRE):
    """A view; what is left out is as in the plain list, of a change as it was."""

    name: str | UnsetType = UNSET
    q: str | UnsetType = UNSET
    filter: str | UnsetType = UNSET
    range: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    until: str | UnsetType = UNSET
    sort: str | UnsetType = UNSET
    columns: list[str] | UnsetType = UNSET
    density: str | UnsetType = UNSET
    chart: str | UnsetType = UNSET

    def over(self, look: Look) -> Look:
        """Returns a look with what this names."""
        given = {name: getattr(self, name) for name in Look.__struct_fields__}
        changes = {name: value for name, value in given.items() if value is not UNSET}
        if isinstance(self.columns, list):
            changes["columns"] = tuple(self.columns)
        return replace(look, **changes)


class ViewAnswer(Struct, frozen=True, kw_only=True, rename=WIRE):
    """A saved view."""

    id: str
    name: str
    q: str
    filter: str
    range: str
    since: str
    until: str
    sort: str
    columns: list[str]
    density: str
    chart: str
    created_at: str


class ViewsAnswer(Struct, frozen=True):
    """The views of a project, oldest first."""

    views: list[ViewAnswer]


class RemovedAnswer(Struct, frozen=True):
    """What was removed."""

    removed: str


@get("/api/v1/views", summary="List saved views", tags=["views"])
async def show_views(records: Records, project_id: ProjectId) -> ViewsAnswer:
    """The saved views of the list of sessions, oldest first."""
    found = await asyncio.to_thread(list_views, records, project_id)
    return ViewsAnswer([view_answer(item) for item in found])


@post("/api/v1/views", summary="Save a view", tags=["views"])
async def save_view(records: Records, project_id: ProjectId, data: ViewBody) -> ViewAnswer:
    """Saves a view under a name that no other has."""
    if not isinstance(data.name, str):
        raise BadRequest("is required", field="name")
    name, look = data.name.strip(), data.over(Look())

    def save() -> SavedView:
        check_view(name, look)
        try:
            return add_view(records, project_id, name, look)
        except ViewRefused as error:
            raise BadRequest(str(error), field="name") from error

    return view_answer(await asyncio.to_thread(save))


@patch("/api/v1/views/{view_id:str}", summary="Change a view", tags=["views"])
async def edit_view(
    records: Records, project_id: ProjectId, view_id: str, data: ViewBody
) -> ViewAnswer:
    """Gives a view another name, or changes what it shows; what is not named stays."""

    def edit() -> SavedView:
        found = next((v for v in list_views(records, project_id) if v.id == view_id), None)
        if found is None:
            raise no_view(view_id)
        name = data.name.strip() if isinstance(data.name, str) else found.name
        changed = replace(found, name=name, look=data.over(found.look))
        check_view(changed.name, changed.look)
        try:
            is_there = change_view(records, project_id, view_id, name=name, look=changed.look)
        except ViewRefused as error:
            raise BadRequest(str(error), field="name") from error
        if not is_there:
            raise no_view(view_id)
        return changed

    return view_answer(await asyncio.to_thread(edit))


@delete("/api/v1/views/{view_id:str}", status_code=200, summary="Remove a view", tags=["views"])
async def drop_view(records: Records, project_id: ProjectId, view_id: str) -> RemovedAnswer:
    """Removes a view; the sessions that it showed stay."""
    if not await asyncio.to_thread(remove_view, records, project_id, view_id):
        raise no_view(view_id)
    return RemovedAnswer(view_id)


def no_view(view_id: str) -> NotFound:
    """Returns the error for an id that no view has."""
    return NotFound(f"no view {view_id[:100]!r} is saved here", field="view_id")


def view_answer(view: SavedView) -> ViewAnswer:
    """Returns a view as the API shows it."""
    values = {name: getattr(view.look, name) for name in Look.__struct_fields__}
    values["columns"] = list(view.look.columns)
    return ViewAnswer(id=view.id, name=view.name, created_at=to_iso(view.created_at), **values)


VIEW_ROUTES = (show_views, save_view, edit_view, drop_view)
