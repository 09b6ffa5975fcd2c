"""A session that is not there: which others may have been meant."""

from difflib import get_close_matches
from json import dumps

from parley.model import SessionQuery, from_iso
from parley.query import BadQuery, find_sessions
from parley.store import Store
from parley.web import words
from parley.web.contexts import Choice
from parley.web.state import PageState

__all__ = ["close_sessions", "search_href"]

START_CHARACTERS = 6  # of an id that a slip further on leaves right
LOOKED_AT = 100
CLOSE_MAX = 3
CLOSENESS = 0.75


def search_href(state: PageState) -> str:
    """Returns the list of the sessions whose id holds what was asked for."""
    asked = f"session_id ~ {dumps(state.open[:200], ensure_ascii=False)}"
    places = {"open": "", "tab": "conversation", "span": "", "full": "", "cursor": "", "q": ""}
    return state.href(**places, range="all", filter=asked)


def close_sessions(store: Store, state: PageState) -> list[Choice]:
    """Returns sessions whose ids begin alike and differ little, the closest first."""
    start = state.open[:START_CHARACTERS]
    if len(start) < START_CHARACTERS:
        return []
    begins = f"session_id ~ {dumps(start, ensure_ascii=False)}"
    question = SessionQuery(filter=begins, now_ns=state.now_ns, limit=LOOKED_AT)
    try:
        found = find_sessions(store, state.project, question).sessions
    except BadQuery:  # an id that the filter language cannot say
        return []
    known = {session.session_id: session for session in found}
    ids = get_close_matches(state.open, known, n=CLOSE_MAX, cutoff=CLOSENESS)
    return [
        Choice(
            name=name,
            href=state.session_href(name),
            count=f"{words.plural(known[name].turns, 'turn')}, last active "
            + words.ago(from_iso(known[name].last_activity_at), now_ns=state.now_ns),
        )
        for name in ids
    ]
