"""Long sessions on the page: a part at a time, with ways to the others."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from parley.journal import Journal
from parley.model import SessionQuery
from parley.query import find_sessions, open_session
from parley.web.pages import Place, sessions_page, trace_page
from parley.web.state import PageState
from parley.web.templates import render
from parley.web.views import view_bar
from tests.derive.test_conversation import Script, said
from tests.load.poison import open_journal
from tests.storing import Loading

TURNS = 7


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    opened = open_journal(tmp_path / "journal")
    yield opened
    opened.close()


@pytest.fixture
def place(loading: Loading, journal: Journal) -> Place:
    """A session `s` of seven turns."""
    script = Script(loading)
    script.send(
        *(
            script.trace(
                number,
                {"input": [said("user", f"q{number}")], "output": said("assistant", f"a{number}")},
                session="s",
            )
            for number in range(1, TURNS + 1)
        )
    )
    return Place(loading.store, journal, address="http://127.0.0.1:4318", needs_token=False)


def page_of(place: Place, state: PageState) -> str:
    page, views = sessions_page(place, state), view_bar([], state)
    return render("sessions.html", page=page, views=views, ranges=[("all", "All")], snippets={})


def test_a_long_conversation_is_walked_in_parts(
    place: Place, loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("parley.web.pages.PAGE_TURNS", 3)
    state = PageState(project=loading.project_id, range="all", open="s")
    seen: list[int] = []
    at = ""
    while True:
        now = PageState(project=state.project, range="all", open="s", at=at)
        drawer = sessions_page(place, now).drawer
        assert drawer is not None
        seen += [turn.number for turn in drawer.turns]
        assert bool(drawer.earlier_href) == (seen[0] != drawer.turns[0].number)
        text = page_of(place, now)
        assert drawer.part in text
        if not drawer.later_href:
            break
        assert drawer.later_href.replace("&", "&amp;") in text
        at = str(drawer.turns[-1].number + 1)
        assert f"at={at}" in drawer.later_href
    assert seen == list(range(1, TURNS + 1))
    assert "at=" not in now.href(tab="traces")


def test_a_short_conversation_has_no_parts(place: Place, loading: Loading) -> None:
    state = PageState(project=loading.project_id, range="all", open="s")
    drawer = sessions_page(place, state).drawer
    assert drawer is not None
    assert (drawer.part, drawer.later_href, len(drawer.turns)) == ("", "", TURNS)
    assert "Parts of a long session" not in page_of(place, state)


def test_span_trees_of_a_long_session_begin_where_they_are_asked_to(
    place: Place, loading: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = PageState(project=loading.project_id, range="all", open="s", tab="traces")
    whole = sessions_page(place, state).drawer
    assert whole is not None
    turns = [row.title for row in whole.spans if row.span is None]
    assert turns == [f"q{number}" for number in range(1, TURNS + 1)]
    trace_id = next(row.span.trace_id for row in reversed(whole.spans) if row.span)
    monkeypatch.setattr("parley.query.spans.PAGE_SPANS", 2)
    monkeypatch.setattr("parley.web.pages.PAGE_SPANS", 2)
    first = sessions_page(place, state).drawer
    assert first is not None
    assert [row.title for row in first.spans if row.span is None] == turns[:2]
    assert (bool(first.earlier_href), bool(first.later_href)) == (False, True)
    asked = PageState(project=state.project, range="all", open="s", tab="traces", span=trace_id)
    last = sessions_page(place, asked).drawer
    assert last is not None
    assert [row.title for row in last.spans if row.span is None] == turns[-1:]
    assert (bool(last.earlier_href), bool(last.later_href)) == (True, False)
    # A span chosen there keeps the part.
    assert all(f"at={trace_id}" in row.href for row in last.spans if row.span)


def test_a_trace_that_is_cut_says_so(
    loading: Loading, journal: Journal, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = Script(loading)
    call = {"input": [said("user", "q")], "output": said("assistant", "a")}
    script.send(script.trace(1, call, {**call, "at": 5}, session="s"))
    place = Place(loading.store, journal, address="http://127.0.0.1:4318", needs_token=False)
    (session,) = find_sessions(loading.store, loading.project_id, SessionQuery()).sessions
    detail = open_session(loading.store, loading.project_id, session.session_id)
    assert detail is not None
    trace_id = detail.turns[0].trace_ids[0]
    state = PageState(project=loading.project_id)
    whole = trace_page(place, state, trace_id)
    assert (len(whole.spans), whole.part) == (2, "")
    monkeypatch.setattr("parley.query.spans.TRACE_SPANS", 1)
    cut = trace_page(place, state, trace_id)
    assert len(cut.spans) == 1
    assert cut.part
    assert cut.part in render("trace.html", page=cut)
