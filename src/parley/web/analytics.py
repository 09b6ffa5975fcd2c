"""The pages that add sessions up: Analytics, and users."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar

from litestar import MediaType, Request, Response, get

from parley.access import Access
from parley.model import AnalyticsQuery, UserPage, UserQuery
from parley.query import (
    BadQuery,
    at_once,
    find_users,
    list_projects,
    narrow,
    pieces_of,
    read_analytics,
)
from parley.web.analytics_view import FiguresPage, fill_figures
from parley.web.pages import Place, problem_of
from parley.web.state import RANGE_WORDS
from parley.web.summary_state import FiguresState, UsersState, read_figures, read_users
from parley.web.templates import SECURITY_HEADERS, render
from parley.web.users_view import UsersPage, fill_users

__all__ = ["analytics_page", "analytics_routes", "users_page"]

BUCKETS = 48
PAGE_ROWS = 100
PageRequest = Request[Any, Any, Any]
State = FiguresState | UsersState
Answer = TypeVar("Answer")


def analytics_page(place: Place, state: FiguresState) -> FiguresPage:
    """Returns the Analytics page; that of words or a filter that mean nothing says what was meant.

    Raises:
        BadQuery: the state asks for what cannot be; names the parameter.
    """
    around = _around(place, state)
    if "problem" in around:
        return FiguresPage(state=state, title="Analytics", **around)
    start, end = state.window
    question = AnalyticsQuery(
        from_ns=start,
        to_ns=end,
        q=state.q,
        filter=state.filter,
        now_ns=state.now_ns,
        by=state.by,  # type: ignore[arg-type]
        metric=state.metric,  # type: ignore[arg-type]
        buckets=BUCKETS,
    )
    answer, shared = _with_shared(
        place, state, lambda: read_analytics(place.store, state.project, question)
    )
    return fill_figures(state, answer, **around | shared)


def users_page(place: Place, state: UsersState) -> UsersPage:
    """Returns the page of users.

    Raises:
        BadQuery: the state asks for what cannot be; names the parameter.
    """
    around = _around(place, state)
    if "problem" in around:
        return UsersPage(state=state, title="Users", **around)
    start, end = state.window
    question = UserQuery(
        from_ns=start,
        to_ns=end,
        q=state.q,
        filter=state.filter,
        now_ns=state.now_ns,
        search=state.search,
        sort=state.sort,
        limit=PAGE_ROWS,
        cursor=state.cursor,
    )
    found: UserPage
    found, shared = _with_shared(
        place, state, lambda: find_users(place.store, state.project, question)
    )
    return fill_users(state, found, **around | shared)


def _around(place: Place, state: State) -> dict[str, Any]:
    """Returns the coloured filter; where it or the words mean nothing all but the numbers."""
    try:
        narrow(state.q, state.filter, now_ns=state.now_ns)
    except BadQuery as error:
        problem, wrong = problem_of(state, error)
        pieces = pieces_of(state.filter, wrong)
        return _shared(place, state) | {"pieces": pieces, "problem": problem}
    return {"pieces": pieces_of(state.filter)}


def _with_shared(
    place: Place, state: State, ask: Callable[[], Answer]
) -> tuple[Answer, dict[str, Any]]:
    return at_once(ask, lambda: _shared(place, state))


def _shared(place: Place, state: State) -> dict[str, Any]:
    return {
        "projects": list_projects(place.store),
        "behind": place.behind(state.project),
        "set_aside": place.set_aside(state.project),
    }


def analytics_routes(place: Place, access: Access) -> list[Any]:
    """Returns the pages."""

    def project_of(request: PageRequest) -> str:
        return access.read_project(request.scope["headers"], request.scope["query_string"])

    def answer(text: str, page: FiguresPage | UsersPage) -> Response[str]:
        return Response(
            text,
            status_code=400 if page.problem else 200,
            media_type=MediaType.HTML,
            headers=SECURITY_HEADERS,
        )

    @get("/analytics", include_in_schema=False)
    async def analytics(request: PageRequest) -> Response[str]:
        state = read_figures(dict(request.query_params), project_of(request))
        page = await asyncio.to_thread(analytics_page, place, state)
        text = await asyncio.to_thread(render, "analytics.html", page=page, ranges=RANGE_WORDS)
        return answer(text, page)

    @get("/users", include_in_schema=False)
    async def users(request: PageRequest) -> Response[str]:
        state = read_users(dict(request.query_params), project_of(request))
        page = await asyncio.to_thread(users_page, place, state)
        text = await asyncio.to_thread(render, "users.html", page=page, ranges=RANGE_WORDS)
        return answer(text, page)

    return [analytics, users]
