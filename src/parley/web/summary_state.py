"""What the pages of Analytics and of users show, read from the address and written back."""

from typing import get_args
from urllib.parse import urlencode

from msgspec import structs

from parley.model import Dimension, Figure, to_iso
from parley.query import USER_SORTS, BadQuery, all_of
from parley.web.state import SECOND_NS, PageState, read_state

__all__ = ["FiguresState", "UsersState", "read_figures", "read_users"]

DEFAULT_BY: Dimension = "model"
DEFAULT_METRIC: Figure = "cost"
STILL = {"live": "on"}  # these pages are never live, and their address does not say so


class _Summary(PageState, frozen=True, kw_only=True):
    """The state of a page that adds up the sessions of a list, at whole seconds."""

    @property
    def window(self) -> tuple[int | None, int | None]:
        """From and to, both None for all of the project."""
        start = self.from_ns
        if start is None:
            return None, None
        return start // SECOND_NS * SECOND_NS, -(-self.to_ns // SECOND_NS) * SECOND_NS

    def sessions_href(self, *conditions: str, sort: str = "-last_activity_at") -> str:
        """Returns the list of the sessions that this page adds up, and that some filters leave."""
        return self._listed(*conditions, sort=sort).href()

    def session_href(self, session_id: str) -> str:
        """Returns the list of the sessions that this page adds up, with one of them open."""
        return self._listed().href(open=session_id)

    def _listed(self, *conditions: str, sort: str = "-last_activity_at") -> PageState:
        start, end = self.window
        return PageState(
            project=self.project,
            range="all" if start is None else self.range,
            since="" if start is None else _seconds(start),
            until="" if end is None else _seconds(end),
            q=self.q,
            filter=all_of(self.filter, *conditions),
            sort=sort,
        )


class FiguresState(_Summary, frozen=True, kw_only=True):
    """Query parameters of the Analytics page."""

    by: str = DEFAULT_BY
    metric: str = DEFAULT_METRIC

    def href(self, **changes: str) -> str:
        """Returns the address of this page with some state changed; defaults are left out."""
        own = {name: changes.pop(name, getattr(self, name)) for name in ("by", "metric")}
        return _address("/analytics", PageState.href(self, **STILL | changes), own, FiguresState)

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a form that asks for other sessions must carry."""
        return _kept(self, [("by", DEFAULT_BY), ("metric", DEFAULT_METRIC)])


class UsersState(_Summary, frozen=True, kw_only=True):
    """Query parameters of the page of users; `sort` is one of USER_SORTS."""

    search: str = ""

    def href(self, **changes: str) -> str:
        """Returns the address of this page with some state changed; defaults are left out."""
        own = {"search": changes.pop("search", self.search)}
        return _address("/users", PageState.href(self, **STILL | changes), own, UsersState)

    @property
    def kept_by_search(self) -> list[tuple[str, str]]:
        """What a form that asks for other sessions must carry."""
        return _kept(self, [("search", "")])

    @property
    def kept_by_who(self) -> list[tuple[str, str]]:
        """What the form that asks for a part of an id must carry."""
        kept = [pair for pair in self.kept_by_search if pair[0] != "search"]
        asked = [("q", self.q), ("filter", self.filter)]
        return [*kept, *((name, value) for name, value in asked if value)]


def _kept(state: _Summary, own: list[tuple[str, str]]) -> list[tuple[str, str]]:
    inherited = PageState.kept_by_search.fget(state)  # type: ignore[attr-defined]
    more = [
        (name, getattr(state, name)) for name, default in own if getattr(state, name) != default
    ]
    return [*(pair for pair in inherited if pair[0] != "live"), *more]


def _address(path: str, listed: str, own: dict[str, str], kind: type[_Summary]) -> str:
    """Returns the address of a page from that of the list with the same state."""
    defaults = {item.name: item.default for item in structs.fields(kind)}
    more = urlencode({name: value for name, value in own.items() if value != defaults[name]})
    query = "&".join(text for text in (listed.partition("?")[2], more) if text)
    return f"{path}?{query}" if query else path


def _seconds(time_ns: int) -> str:
    """Returns a whole second as the address has it."""
    return to_iso(time_ns)[: len("2026-01-31T09:30:00")]


def _fields(query: dict[str, str], project: str) -> dict[str, object]:
    """Returns the state that is shared with the list. Raises BadQuery as `read_state`."""
    known = structs.asdict(read_state(query, project))
    return known | {"live": "off", "cursor": "", "open": "", "span": "", "full": "", "at": ""}


def read_figures(query: dict[str, str], project: str) -> FiguresState:
    """Returns the state of the Analytics page.

    Raises:
        BadQuery: a value that the page does not know; names the parameter.
    """
    by, metric = query.get("by", DEFAULT_BY), query.get("metric", DEFAULT_METRIC)
    for name, value, known in (
        ("by", by, get_args(Dimension)),
        ("metric", metric, get_args(Figure)),
    ):
        if value not in known:
            raise BadQuery(name, f"{value[:40]!r} is none of {', '.join(known)}")
    return FiguresState(**_fields(query, project), by=by, metric=metric)  # type: ignore[arg-type]


def read_users(query: dict[str, str], project: str) -> UsersState:
    """Returns the state of the page of users.

    Raises:
        BadQuery: a value that the page does not know; names the parameter.
    """
    sort = query.get("sort", "-last_activity_at")
    if sort.removeprefix("-") not in USER_SORTS:
        raise BadQuery("sort", f"{sort[:40]!r} is no number of a user")
    shared = {name: value for name, value in query.items() if name != "sort"}
    fields = _fields(shared, project) | {"sort": sort, "cursor": query.get("cursor", "")}
    return UsersState(**fields, search=query.get("search", ""))  # type: ignore[arg-type]
