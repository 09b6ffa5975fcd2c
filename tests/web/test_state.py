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
    ("name", "value"),
    [
        ("range", "1y"),
        ("sort", "colour"),
        ("tab", "x"),
        ("live", "maybe"),
        ("panel", "x"),
        ("show", "x"),
    ],
)
def test_what_the_page_does_not_know_is_named(name: str, value: str) -> None:
    with pytest.raises(BadQuery) as caught:
        read_state({name: value}, "default")
    assert caught.value.field == name


def test_a_browser_s_columns_stand_where_the_address_says_nothing_of_them() -> None:
    kept = read_state({}, "default", "cols%3Dcost%252Cturns%252Ccolour%26density%3Dcompact")
    assert (kept.cols, kept.density) == ("cost,turns", "compact")
    assert "cols=cost%2Cturns&density=compact" in kept.href()
    told = read_state({"cols": "when"}, "default", "cols=cost")
    assert told.columns == ["when"]
    assert told.plain_look.columns == ("cost",)
    for odd in ("cols=&density=huge", "%%%", "cols=colour"):
        assert read_state({}, "default", odd).href() == "/"


def test_a_range_begins_before_now_and_all_time_has_no_begin() -> None:
    assert PageState(range="30m", now_ns=10**15).from_ns == 10**15 - 1800 * 10**9
    assert PageState(range="all").from_ns is None


def test_an_absolute_range_and_the_look_of_the_list_are_in_the_address() -> None:
    query = {
        "from": "2026-01-31T09:30:00Z",
        "to": "2026-01-31T10:00",
        "chart": "cost",
        "cols": "turns,when",
        "density": "compact",
    }
    state = read_state(query, "default")
    assert state.from_ns == 1_769_851_800 * 10**9
    assert state.to_ns == 1_769_853_600 * 10**9
    assert state.columns == ["turns", "when"]
    back = read_back(state.href(), "default")
    assert back.href() == state.href()
    assert dict(back.kept_by_search) == query
    named = read_back(state.href(range="24h"), "default")
    assert (named.since, named.until, named.chart) == ("", "", "cost")
    assert read_back(state.column_href("turns"), "default").columns == ["when"]
    assert read_back(state.column_href("cost"), "default").columns == ["turns", "cost", "when"]


@pytest.mark.parametrize(
    ("field", "query"),
    [
        ("from", {"from": "yesterday"}),
        ("to", {"from": "2026-01-31", "to": "x"}),
        ("from", {"to": "2026-01-31"}),
        ("from", {"from": "2026-01-31", "to": "2026-01-31"}),
        ("from", {"from": "1900-01-01", "to": "2026-01-31"}),
        ("to", {"from": "2026-01-31", "to": "9999-01-01"}),
        ("chart", {"chart": "pie"}),
        ("cols", {"cols": "id,nothing"}),
        ("density", {"density": "huge"}),
    ],
)
def test_a_range_or_a_look_that_is_none_is_refused_by_name(
    field: str, query: dict[str, str]
) -> None:
    with pytest.raises(BadQuery) as refused:
        read_state(query, "default")
    assert refused.value.field == field
