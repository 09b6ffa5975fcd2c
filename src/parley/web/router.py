"""The routes of the pages. Every page is a plain GET that works without scripts."""

import asyncio
from typing import Annotated, Any
from urllib.parse import urlsplit

import structlog
from litestar import MediaType, Request, Response, Router, get, post, route
from litestar.datastructures import CacheControlHeader, State
from litestar.enums import HttpMethod, RequestEncodingType
from litestar.exceptions import HTTPException, NotFoundException
from litestar.params import Body
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from parley.access import Access, AccessError
from parley.bus import Bus
from parley.derive import Labels, LivePrices
from parley.journal import Journal
from parley.prompts import NoSuchPrompt, PromptArchived
from parley.query import BadQuery
from parley.records import Records, list_views
from parley.store import Store, StoreError
from parley.web.analytics import analytics_routes
from parley.web.labels import labels_routes
from parley.web.pages import Place, sessions_page
from parley.web.patterns import patterns_routes
from parley.web.prices import prices_routes
from parley.web.prompts import PromptParts, prompts_routes
from parley.web.quarantine import quarantine_routes
from parley.web.snippets import quick_start
from parley.web.state import LOOK_COOKIE, RANGE_WORDS, PageState, read_state
from parley.web.templates import SECURITY_HEADERS, render, static_folder, static_prefix
from parley.web.traces import traces_routes
from parley.web.unknown import unknown_routes
from parley.web.views import view_bar, views_routes

__all__ = ["web_router"]

YEAR_SECONDS = 31_536_000
PageRequest = Request[Any, Any, State]

log = structlog.get_logger("parley.web")


def html(text: str, status: int = 200) -> Response[str]:
    """Returns a page with the headers that every page has."""
    return Response(text, status_code=status, media_type=MediaType.HTML, headers=SECURITY_HEADERS)


def problem(status: int, title: str, detail: str) -> Response[str]:
    """Returns a page that says what is wrong."""
    return html(render("problem.html", status=status, title=title, detail=detail), status)


def answer_problem(request: PageRequest, error: Exception) -> Response[str]:
    """Maps errors of a page to what a person reads."""
    match error:
        case BadQuery():
            return problem(
                400, f"The address says something odd about “{error.field}”", error.message
            )
        case AccessError():
            return problem(400, "The address is not right", str(error))
        case PromptArchived():
            return problem(410, "This prompt is archived", error.message)
        case NoSuchPrompt():
            return problem(404, "There is no such prompt", error.message)
        case StoreError():
            return problem(503, "The conversations could not be read", str(error)[:300])
        case HTTPException():
            return problem(error.status_code, "The request was not understood", error.detail)
        case _:
            log.exception("page failed", path=request.url.path, exc_info=error)
            return problem(500, "Parley failed here", "The log of the server has the details.")


def web_router(
    store: Store,
    journal: Journal,
    bus: Bus,
    prices: LivePrices,
    prompts: PromptParts,
    *,
    labels: Labels,
    records: Records,
    address: str,
    access: Access,
) -> Router:
    """Returns the pages. `bus` is what the event stream of the API listens to; pages only name it.

    Args:
        store: where the conversations are.
        journal: where what could not be loaded is.
        prices: what models cost; people set it on a page.
        prompts: the registry, keys of providers, and what runs a prompt.
        bus: kept for pages that stream themselves.
        labels: what people say of sessions.
        records: where saved views are.
        address: what clients on this machine reach the server by; shown in the quick start.
        access: who may read, and how a project is named.
    """
    del bus
    place = Place(store, journal, address=address, needs_token=access.needs_token)

    @get("/", include_in_schema=False)
    async def sessions(request: PageRequest) -> Response[str]:
        state = state_of(request, access)
        page = await asyncio.to_thread(sessions_page, place, state)
        views = view_bar(await asyncio.to_thread(list_views, records, state.project), state)
        lost = page.drawer is not None and not page.drawer.found
        project, token = state.project, access.needs_token
        starts = quick_start(address, project=project, needs_token=token) if page.is_empty else {}
        text = await asyncio.to_thread(
            render, "sessions.html", page=page, views=views, ranges=RANGE_WORDS, snippets=starts
        )
        status = 404 if lost else 400 if page.problem else 200
        return html(text, status)

    pages = Router(
        path="/",
        route_handlers=[
            sessions,
            *analytics_routes(place, access),
            *traces_routes(place, access),
            *quarantine_routes(place, access),
            *prices_routes(place, prices, access),
            *prompts_routes(place, prompts, access),
            *unknown_routes(place, prices, access),
            *views_routes(records, access),
            *labels_routes(labels, access),
            *patterns_routes(place, access),
            *sign_in_routes(access),
        ],
        exception_handlers={Exception: answer_problem},
    )
    return Router(path="/", route_handlers=[pages, static_files(), nothing])


def state_of(request: PageRequest, access: Access) -> PageState:
    """Returns what a page shows: its address, and what the browser remembers of the list."""
    project = access.read_project(request.scope["headers"], request.scope["query_string"])
    return read_state(dict(request.query_params), project, request.cookies.get(LOOK_COOKIE, ""))


def sign_in_routes(access: Access) -> list[Any]:
    """Returns the form that turns the server's token into a cookie."""

    @get("/sign-in", include_in_schema=False)
    async def sign_in(request: PageRequest) -> Response[str]:
        return html(
            render("sign_in.html", next=_local(request.query_params.get("next", "")), problem="")
        )

    @post("/sign-in", include_in_schema=False)
    async def enter(
        request: PageRequest,
        data: Annotated[dict[str, str], Body(media_type=RequestEncodingType.URL_ENCODED)],
    ) -> Response[Any]:
        after = _local(data.get("next", ""))
        if not access.is_token(data.get("token", "")):
            said = "That is not the token of this server."
            return html(render("sign_in.html", next=after, problem=said), 401)
        secure = request.url.scheme == "https"
        return Redirect(
            after, headers={"set-cookie": access.sign_in_cookie(is_secure=secure)}, status_code=303
        )

    return [sign_in, enter]


def static_files() -> Router:
    """Returns the route of styles and scripts, cached for good under their hash."""
    return create_static_files_router(
        path=static_prefix(),
        directories=[static_folder()],
        cache_control=CacheControlHeader(max_age=YEAR_SECONDS, immutable=True),
        include_in_schema=False,
    )


# Programs that ask for what is not there get the API's JSON, people a page.
@route("/{rest:path}", http_method=list(HttpMethod), include_in_schema=False)
async def nothing(request: PageRequest, rest: str) -> Response[str]:
    if request.method != "GET" or "text/html" not in request.headers.get("accept", ""):
        raise NotFoundException(rest)
    return problem(404, "There is no such page", f"{rest[:200]} leads nowhere on this server.")


def _local(address: str) -> str:
    """Returns an address on this server, `/` for anything that leads elsewhere."""
    parts = urlsplit(address)
    if (
        parts.scheme
        or parts.netloc
        or not address.startswith("/")
        or address.startswith(("//", "/\\"))
    ):
        return "/"
    return address
