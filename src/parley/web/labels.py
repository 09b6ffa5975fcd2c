"""The forms that label sessions: one that is open, or those that are chosen in the list.

Works without scripts: a form is sent, and leads back to the page that it was sent from.
"""

import asyncio
from typing import Any
from urllib.parse import urlencode

from litestar import MediaType, Request, Response, post
from litestar.datastructures import FormMultiDict
from litestar.response import Redirect
from msgspec import UNSET

from parley.access import Access
from parley.derive import BadLabel, Labels
from parley.model import LabelChange
from parley.web.exports import LIST_FORMS
from parley.web.state import PageState, read_state
from parley.web.templates import SECURITY_HEADERS, render

__all__ = ["labels_routes"]

EXPORTS = {name: dict(form) for name, form in LIST_FORMS}


def labels_routes(labels: Labels, access: Access) -> list[Any]:
    """Returns what the forms send; it leads back to the page, or to a download."""

    @post("/labels", include_in_schema=False)
    async def label(request: Request[Any, Any, Any]) -> Response[Any]:
        project = access.read_project(request.scope["headers"], request.scope["query_string"])
        state = read_state(dict(request.query_params), project)
        sent = await request.form()
        chosen = [str(value) for value in sent.getall("session", [])]
        if not chosen:
            return refused("session: none is chosen")
        if "export" in sent:
            if (form := EXPORTS.get(str(sent["export"]))) is None:
                return refused(f"export: expected one of {', '.join(EXPORTS)}")
            return Redirect(export_href(state, chosen, form), status_code=303)
        try:
            change = change_of(sent)
            found = await asyncio.to_thread(labels.change, project, chosen, change)
        except BadLabel as error:
            return refused(f"{error.field}: {error.message}")
        if not found:
            return refused("session: there is no such session")
        return Redirect(state.href(), status_code=303)

    return [label]


def refused(message: str) -> Response[str]:
    """Returns the page that says why nothing was changed."""
    text = render("problem.html", status=400, title="Nothing was changed", detail=message)
    return Response(text, status_code=400, media_type=MediaType.HTML, headers=SECURITY_HEADERS)


def change_of(sent: FormMultiDict) -> LabelChange:
    """Returns what a form asks for. `tag` is what `do`, add_tag or remove_tag, is about."""
    names = {name: [str(v) for v in sent.getall(name, [])] for name in ("add_tag", "remove_tag")}
    if (do := sent.get("do")) in names:
        names[str(do)].append(str(sent.get("tag", "")))
    bookmarked = sent.get("bookmarked")
    return LabelChange(
        title=str(sent["title"]) if "title" in sent else UNSET,
        add_tags=names["add_tag"] or UNSET,
        remove_tags=names["remove_tag"] or UNSET,
        bookmarked=bookmarked == "1" if bookmarked is not None else UNSET,
    )


def export_href(state: PageState, chosen: list[str], form: dict[str, str]) -> str:
    """Returns the download of some sessions, in the order of the list."""
    asked = [*form.items(), ("project", state.project), ("sort", state.sort)]
    return "/api/v1/export?" + urlencode([*asked, *(("session", one) for one in chosen)])
