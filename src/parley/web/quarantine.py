"""The page of what the store refused: when, what and why; load it after all, or drop it.

Works without scripts: dropping asks first by the same page with the entry's id in the address.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, get, post
from litestar.response import Redirect
from msgspec import Struct

from parley.access import Access
from parley.journal import Journal, JournalError
from parley.load import SetAside, drop_set_aside, list_set_aside, retry_set_aside
from parley.model import to_iso
from parley.query import list_projects
from parley.web import words
from parley.web.contexts import quarantine_href
from parley.web.pages import Place
from parley.web.settings_tabs import SettingsPage
from parley.web.state import PageState
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["quarantine_routes"]

ROWS_MAX = 200
CAUSE_WORDS = {
    "damaged": "damaged on the disk",
    "unreadable": "not readable",
    "memory": "needs too much memory",
    "killed": "ends the process",
    "time": "takes too long",
}
SAID_WORDS = {
    "retry": "Put back: it is loaded with the next requests, or comes back here.",
    "drop": "Dropped.",
    "gone": "That one is not here any more.",
    "refused": "The journal refuses it now: it is full, or the disk is.",
}


class EntryRow(Struct, frozen=True, kw_only=True):
    """One entry, in words."""

    id: str
    when: str
    when_exact: str
    kind: str
    size: str
    cause: str
    reason: str
    action: str
    query: str
    drop_href: str
    is_asked: bool  # whether to drop it is the question of this page


class QuarantinePage(SettingsPage, frozen=True, kw_only=True):
    """What was set aside of a project."""

    rows: list[EntryRow]
    total: str
    said: str = ""

    @property
    def own_href(self) -> str:
        """This page, with nothing asked."""
        return quarantine_href(self.state.project)


def quarantine_routes(place: Place, access: Access) -> list[Any]:
    """Returns the page and what its buttons send."""
    journal = place.journal

    def project_of(request: Request[Any, Any, Any]) -> str:
        return access.read_project(request.scope["headers"], request.scope["query_string"])

    @get("/quarantine", include_in_schema=False)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        asked = request.query_params.get("drop", "")
        said = SAID_WORDS.get(request.query_params.get("said", ""), "")
        page = await asyncio.to_thread(
            quarantine_page, place, project_of(request), asked=asked, said=said
        )
        text = render("quarantine.html", page=page)
        return Response(text, media_type=MediaType.HTML, headers=SECURITY_HEADERS)

    @post("/quarantine/{entry_id:str}/{action:str}", include_in_schema=False)
    async def act(request: Request[Any, Any, Any], entry_id: str, action: str) -> Response[Any]:
        project = project_of(request)
        said = await asyncio.to_thread(act_on_entry, journal, project, entry_id, action)
        return Redirect(quarantine_href(project, said=said), status_code=303)

    return [show, act]


def act_on_entry(journal: Journal, project: str, entry_id: str, action: str) -> str:
    """Retries or drops an entry of the project; returns a key of SAID_WORDS."""
    known = {item.id for item in list_set_aside(journal, project)}
    actions = {"retry": retry_set_aside, "drop": drop_set_aside}
    if entry_id not in known or action not in actions:
        return "gone"
    try:
        return action if actions[action](journal, entry_id) else "gone"
    except JournalError:
        return "refused"


def quarantine_page(place: Place, project: str, *, asked: str, said: str) -> QuarantinePage:
    """Returns the page; `asked` is the entry that the reader is about to drop."""
    found = list_set_aside(place.journal, project)
    return QuarantinePage(
        state=PageState(project=project),
        projects=list_projects(place.store),
        behind=place.behind(project),
        title="Set aside",
        tab="set-aside",
        rows=[row_of(item, project, is_asked=item.id == asked) for item in found[:ROWS_MAX]],
        total=words.plural(len(found), "request"),
        said=said,
    )


def row_of(item: SetAside, project: str, *, is_asked: bool) -> EntryRow:
    """Returns an entry in words."""
    return EntryRow(
        id=item.id,
        when=words.ago(item.quarantined_ns),
        when_exact=to_iso(item.quarantined_ns),
        kind=item.kind,
        size=words.size(item.size_bytes),
        cause=CAUSE_WORDS.get(item.cause, item.cause),
        reason=item.reason,
        action=f"/quarantine/{item.id}",
        query=urlencode({"project": project}),
        drop_href=quarantine_href(project, drop=item.id) + f"#{item.id}",
        is_asked=is_asked,
    )
