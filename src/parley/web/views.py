"""Saved views above the list: their tabs, and the forms that save, rename and remove them.

Works without scripts: a form is sent, and leads back to the list in the look that it was sent from.
"""

import asyncio
from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, post
from litestar.enums import RequestEncodingType
from litestar.params import Body
from litestar.response import Redirect
from msgspec import Struct

from parley.access import Access
from parley.model import Look, SavedView
from parley.query import VIEW_NAME_MAX, BadQuery, check_view
from parley.records import (
    Records,
    ViewRefused,
    add_view,
    change_view,
    list_views,
    remove_view,
)
from parley.web.state import PageState, read_state
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["ViewBar", "view_bar", "views_routes"]

VIEWS = "/views"
Sent = Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)]


class ViewTab(Struct, frozen=True, kw_only=True):
    """One view as a tab."""

    name: str
    href: str
    is_current: bool


class ViewBar(Struct, frozen=True, kw_only=True):
    """The tabs, and what the forms carry. current: the view that the list looks like now."""

    tabs: list[ViewTab]
    current: SavedView | None
    kept: list[tuple[str, str]]
    save_action: str
    rename_action: str
    remove_action: str
    name_max: int = VIEW_NAME_MAX


def view_bar(views: Sequence[SavedView], state: PageState) -> ViewBar:
    """Returns the tabs of a project's views above its list."""
    look = state.look
    current = next((view for view in views if view.look == look), None)
    plain = current is None and not (look.q or look.filter or look.since)
    own = f"{VIEWS}/{current.id}" if current else ""
    asked = "?" + urlencode({"project": state.project})
    return ViewBar(
        tabs=[
            ViewTab(name="All sessions", href=state.look_href(state.plain_look), is_current=plain),
            *(
                ViewTab(name=view.name, href=state.look_href(view.look), is_current=view is current)
                for view in views
            ),
        ],
        current=current,
        kept=[*state.kept_by_search, *(pair for pair in searched(look) if pair[1])],
        save_action=VIEWS + asked,
        rename_action=f"{own}/rename{asked}",
        remove_action=f"{own}/remove{asked}",
    )


def searched(look: Look) -> list[tuple[str, str]]:
    """Returns what is searched for, as a form carries it."""
    return [("q", look.q), ("filter", look.filter)]


def views_routes(records: Records, access: Access) -> list[Any]:
    """Returns what the forms send; each leads back to the list."""

    def state_of(request: Request[Any, Any, Any], data: dict[str, str]) -> PageState:
        project = access.read_project(request.scope["headers"], request.scope["query_string"])
        return read_state(data, project)

    def refused(message: str) -> Response[str]:
        text = render("problem.html", status=400, title="The view was not saved", detail=message)
        return Response(text, status_code=400, media_type=MediaType.HTML, headers=SECURITY_HEADERS)

    def back(state: PageState) -> Response[Any]:
        return Redirect(state.look_href(state.look), status_code=303)

    @post(VIEWS, include_in_schema=False)
    async def save(request: Request[Any, Any, Any], data: Sent) -> Response[Any]:
        state = state_of(request, data)
        name = data.get("name", "").strip()
        try:
            await asyncio.to_thread(keep_view, records, state, name)
        except BadQuery as error:
            return refused(f"{error.field}: {error.message}")
        except ViewRefused as error:
            return refused(str(error))
        return back(state)

    @post(VIEWS + "/{view_id:str}/rename", include_in_schema=False)
    async def rename(request: Request[Any, Any, Any], data: Sent, view_id: str) -> Response[Any]:
        state = state_of(request, data)
        name = data.get("name", "").strip()
        try:
            check_view(name, state.look)
            await asyncio.to_thread(change_view, records, state.project, view_id, name=name)
        except BadQuery as error:
            return refused(f"{error.field}: {error.message}")
        except ViewRefused as error:
            return refused(str(error))
        return back(state)

    @post(VIEWS + "/{view_id:str}/remove", include_in_schema=False)
    async def remove(request: Request[Any, Any, Any], data: Sent, view_id: str) -> Response[Any]:
        state = state_of(request, data)
        await asyncio.to_thread(remove_view, records, state.project, view_id)
        return back(state)

    return [save, rename, remove]


def keep_view(records: Records, state: PageState, name: str) -> None:
    """Saves what the list looks like; a view of the same name looks like it from now on.

    Raises:
        BadQuery: the name or the look cannot be saved; names the field.
        ViewRefused: there are too many.
    """
    check_view(name, state.look)
    views = list_views(records, state.project)
    same = next((view for view in views if view.name == name), None)
    if same is None:
        add_view(records, state.project, name, state.look)
    else:
        change_view(records, state.project, same.id, look=state.look)
