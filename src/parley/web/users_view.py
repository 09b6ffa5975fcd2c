"""The page of users: who talked, how much, at what cost."""

from msgspec import Struct, field

from parley.model import User, UserPage, from_iso
from parley.query import Piece, group_filter
from parley.web import words
from parley.web.contexts import Problem, SummaryPage
from parley.web.summary_state import UsersState

__all__ = ["UserRow", "UsersPage", "fill_users"]

SORT_WORDS = {
    "last_activity_at": "last activity",
    "first_activity_at": "first activity",
    "sessions": "sessions",
    "failed_sessions": "sessions with a failed turn",
    "turns": "turns",
    "errors": "failed turns",
    "total_tokens": "tokens",
    "cost_usd": "cost",
}


class UserRow(Struct, frozen=True, kw_only=True):
    """A line of the table, in words. cost_note: why the cost is not all, or not known."""

    user: User
    href: str
    failed_href: str
    sessions: str
    turns: str
    tokens: str
    cost: str
    cost_note: str
    first: str
    last: str


class UsersPage(SummaryPage, frozen=True, kw_only=True):
    """The page of users."""

    state: UsersState
    section: str = "users"
    rows: list[UserRow] = field(default_factory=list)
    total: str = ""
    sorted_by: str = ""
    next_href: str = ""
    first_href: str = ""


def fill_users(
    state: UsersState,
    found: UserPage,
    *,
    projects: list[str],
    behind: str,
    set_aside: str,
    pieces: list[Piece],
    problem: Problem | None = None,
) -> UsersPage:
    """Returns the page of an answer."""
    return UsersPage(
        state=state,
        title="Users",
        projects=projects,
        behind=behind,
        set_aside=set_aside,
        pieces=pieces,
        problem=problem,
        rows=[_row(state, user) for user in found.users],
        total=words.plural(found.total, "user"),
        sorted_by=f"by {SORT_WORDS[state.sort.removeprefix('-')]}",
        next_href=state.href(cursor=found.next_cursor) if found.next_cursor else "",
        first_href=state.href(cursor="") if state.cursor else "",
    )


def _row(state: UsersState, user: User) -> UserRow:
    his = group_filter("user", user.user)
    cost, note = words.money(user.cost_usd), "at least" if user.unpriced_sessions else ""
    if user.cost_usd is None:
        cost, note = "no price" if user.total_tokens else "no usage", ""
    return UserRow(
        user=user,
        href=state.sessions_href(his),
        failed_href=state.sessions_href(his, "failed"),
        sessions=words.count(user.sessions),
        turns=words.count(user.turns),
        tokens=words.tokens(user.total_tokens),
        cost=cost,
        cost_note=note,
        first=words.ago(from_iso(user.first_activity_at), now_ns=state.now_ns),
        last=words.ago(from_iso(user.last_activity_at), now_ns=state.now_ns),
    )
