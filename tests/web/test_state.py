"""The URL is the state."""

from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parley.query import BadQuery
from parley.web.state import PageState, read_state


def read_back(href: str, project: str) -> PageState:
    query = {
        name: values[0]
        for name, values in parse_qs(urlsplit(href).query, keep_blank_values=True).items()
    }
    return read_state(query, query.get("project", project))


@given(
    session_id=st.text(max_size=40).filter(lambda text: "\ud800" not in text),
    sort=st.sampled_from(["-last_activity_at", "turns", "-cost_usd"]),
    live=st.sampled_from(["on", "off"]),
    tab=st.sampled_from(["conversation", "traces"]),
    range_=st.sampled_from(["30m", "7d", "all"]),
)
def test_a_link_shows_what_it_was_made_of(
    session_id: str, sort: str, live: str, tab: str, range_: str
) -> None:
    state = PageState(
        project="p & q", open=session_id, sort=sort, live=live, tab=tab, range=range_, now_ns=1
    )
    found = read_back(state.href(), "default")
    assert found.href() == state.href()
    assert found.open == session_id


def test_defaults_are_left_out_of_the_address() -> None:
    assert PageState().href() == "/"
    assert PageState().href(live="off") == "/?live=off"


def test_a_column_sorts_down_first_and_then_turns_around() -> None:
    down = PageState().sort_href("turns")
    assert down == "/?sort=-turns"
    assert read_back(down, "default").sort_href("turns") == "/?sort=turns"


@pytest.mark.parametrize(
    ("name", "value"), [("range", "1y"), ("sort", "colour"), ("tab", "x"), ("live", "maybe")]
)
def test_what_the_page_does_not_know_is_named(name: str, value: str) -> None:
    with pytest.raises(BadQuery) as caught:
        read_state({name: value}, "default")
    assert caught.value.field == name


def test_a_range_begins_before_now_and_all_time_has_no_begin() -> None:
    assert PageState(range="30m", now_ns=10**15).from_ns == 10**15 - 1800 * 10**9
    assert PageState(range="all").from_ns is None
