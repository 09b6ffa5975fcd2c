"""Analytics and users against conversations whose numbers are known."""

import pytest
from msgspec import Struct

from parley.model import AnalyticsQuery, Dimension, SessionQuery, UserQuery
from parley.query import (
    DIMENSIONS,
    FIGURES,
    USER_SORTS,
    BadQuery,
    find_sessions,
    find_users,
    read_analytics,
    read_series,
)
from tests.storing import Loading
from tests.telemetry import chat_attributes, make_span, pack

START = 1_790_000_000_000_000_000
SECOND = 10**9
HOUR = 3600 * SECOND


class Said(Struct, frozen=True, kw_only=True):
    """A turn as it is sent; a cost of None is one that nobody knows."""

    session: str
    hour: int
    model: str = "gpt-4o"
    user: str = ""
    environment: str = "live"
    tags: tuple[str, ...] = ()
    prompt: str = ""
    cost: float | None = 0.25
    tokens: int = 10
    seconds: int = 1
    failed: bool = False


SCRIPT = (
    Said(session="a", hour=0, user="ann", tags=("vip", "new"), seconds=2),
    Said(session="a", hour=1, user="ann", tags=("vip",), model="haiku", cost=1.5, failed=True),
    Said(session="a", hour=9, user="ann", tokens=40, seconds=20),
    Said(session="b", hour=1, user="bob", environment="test", cost=0.0005, prompt="desk/main/1"),
    Said(
        session="b",
        hour=2,
        user="bob",
        environment="test",
        failed=True,
        seconds=4,
        prompt="desk/main/2",
    ),
    Said(session="c", hour=2, user='o"neil\\', model="acme-1", cost=None, tokens=7),
    Said(session="d", hour=5, model="mini", cost=3.0, prompt="desk/main/2"),
    Said(session="e", hour=5, user="ann", model="nano", cost=0.125, tags=("vip",)),
)


@pytest.fixture(scope="module")
def known(store: object, tmp_path_factory: pytest.TempPathFactory) -> Loading:
    """The script, sent and derived."""
    loading = Loading(store, tmp_path_factory.mktemp("analytics"))  # type: ignore[arg-type]
    loading.load(
        [
            pack(
                make_span(
                    start_ns=START + said.hour * HOUR,
                    duration_ms=said.seconds * 1000,
                    error="HTTP 500" if said.failed else "",
                    attributes=attributes_of(said, place),
                )
            )
            for place, said in enumerate(SCRIPT)
        ]
    )
    loading.derive()
    return loading


def attributes_of(said: Said, place: int) -> dict[str, object]:
    more: dict[str, object] = {
        "gen_ai.request.model": said.model,
        "gen_ai.response.model": said.model,
        "gen_ai.usage.input_tokens": said.tokens - 1,
        "gen_ai.usage.output_tokens": 1,
        "deployment.environment.name": said.environment,
    }
    if said.user:
        more["user.id"] = said.user
    if said.tags:
        more["tag.tags"] = list(said.tags)
    if said.prompt:
        more["ag.meta.prompt_version"] = said.prompt
    if said.cost is not None:
        more["gen_ai.usage.cost"] = said.cost
    return chat_attributes(said.session, [("user", f"q{place}")], "a", **more)


def values_of(session: str, by: Dimension) -> set[str | None]:
    """Returns the groups that a session belongs to."""
    turns = [said for said in SCRIPT if said.session == session]
    if by == "tag":
        return {tag for said in turns for tag in said.tags} or {None}
    if by == "prompt":  # the version that ran last
        return set([said.prompt for said in turns if said.prompt][-1:]) or {None}
    return {getattr(said, by) for said in turns} - {""} or {None}


INTERVALS = [(None, None), (START - SECOND, START + 10 * HOUR), (START + HOUR, START + 5 * HOUR)]


@pytest.mark.parametrize("by", DIMENSIONS)
@pytest.mark.parametrize(("from_ns", "to_ns"), INTERVALS)
def test_groups_are_what_was_said(
    by: Dimension, from_ns: int | None, to_ns: int | None, known: Loading
) -> None:
    query = AnalyticsQuery(by=by, from_ns=from_ns, to_ns=to_ns)
    found = read_analytics(known.store, known.project_id, query)
    start, end = from_ns or 0, to_ns or 2**62
    lives = {
        session: [START + said.hour * HOUR for said in SCRIPT if said.session == session]
        for session in {said.session for said in SCRIPT}
    }
    alive = {
        s for s, times in lives.items() if max(times) + 60 * SECOND > start and min(times) <= end
    }
    assert found.sessions == len(alive)
    groups = {group.name: group for group in found.groups}
    assert set(groups) == {value for session in alive for value in values_of(session, by)}
    assert found.groups_total == len(groups)
    for name, group in groups.items():
        mine = {session for session in alive if name in values_of(session, by)}
        turns = [
            said
            for said in SCRIPT
            if said.session in mine and start <= START + said.hour * HOUR <= end
        ]
        assert group.sessions == len(mine)
        assert group.turns == len(turns)
        assert group.failed_turns == sum(said.failed for said in turns)
        assert group.failed_sessions == len({said.session for said in turns if said.failed})
        assert group.tokens == sum(said.tokens for said in turns)
        costs = [said.cost for said in turns if said.cost is not None]
        assert group.cost_usd == (pytest.approx(sum(costs)) if costs else None)
        assert group.unpriced_sessions == (1 if "c" in mine else 0)


@pytest.mark.parametrize("by", ["environment", "user"])
@pytest.mark.parametrize(("from_ns", "to_ns"), INTERVALS)
def test_groups_that_do_not_overlap_add_up_to_the_series(
    by: Dimension, from_ns: int | None, to_ns: int | None, known: Loading
) -> None:
    query = AnalyticsQuery(by=by, from_ns=from_ns, to_ns=to_ns, buckets=24)
    found = read_analytics(known.store, known.project_id, query)
    whole = read_series(known.store, known.project_id, from_ns, to_ns, buckets=24)
    assert found.totals.points == whole.points
    for name in ("turns", "failed_turns", "tokens"):
        assert sum(getattr(group, name) for group in found.groups) == getattr(whole, name)
        for place, point in enumerate(whole.points):
            parts = [getattr(series.points[place], name) for series in found.series]
            assert sum(parts) == getattr(point, name)
    assert sum(group.cost_usd or 0 for group in found.groups) == pytest.approx(whole.cost_usd)
    for place, point in enumerate(whole.points):
        assert sum(s.points[place].sessions for s in found.series) == point.sessions
        cost = sum(s.points[place].cost_usd or 0 for s in found.series)
        assert cost == pytest.approx(point.cost_usd)


def test_three_groups_are_named_and_the_rest_are_others(known: Loading) -> None:
    query = AnalyticsQuery(by="model", metric="cost")
    found = read_analytics(known.store, known.project_id, query)
    assert [group.name for group in found.groups] == ["mini", "gpt-4o", "haiku", "nano", "acme-1"]
    assert [(s.name, s.is_others) for s in found.series] == [
        ("mini", False),
        ("gpt-4o", False),
        ("haiku", False),
        (None, True),
    ]
    others = found.series[-1].points
    assert sum(point.turns for point in others) == 2  # of c and e
    assert sum(point.cost_usd or 0 for point in others) == pytest.approx(0.125)
    by_turns = AnalyticsQuery(by="user", metric="turns")
    assert read_analytics(known.store, known.project_id, by_turns).groups[0].name == "ann"


def test_distributions_count_every_session_and_every_turn(known: Loading) -> None:
    found = read_analytics(known.store, known.project_id, AnalyticsQuery())
    cost, turns, wait = found.session_cost, found.session_turns, found.turn_latency
    assert (sum(item.count for item in cost.bins), cost.unknown) == (4, 1)
    assert [(item.low, item.high) for item in cost.bins if item.count] == [
        (0.1, 0.2),
        (0.2, 0.5),
        (2.0, 5.0),
    ]
    assert [(item.low, item.count) for item in turns.bins] == [(1, 3), (2, 1), (3, 1)]
    assert sum(item.count for item in wait.bins) == len(SCRIPT)
    assert [(i.low, i.high, i.count) for i in wait.bins if i.count][-1] == (20_000, 30_000, 1)
    assert found.unpriced_sessions == 1
    assert found.failed_sessions == 2
    assert [session.session_id for session in found.longest][:2] == ["a", "b"]
    assert found.most_expensive[0].session_id == "d"
    assert found.slowest[0].session_id == "a"


def test_nothing_is_an_answer_too(known: Loading) -> None:
    found = read_analytics(known.store, "someone-else", AnalyticsQuery())
    assert (found.sessions, found.groups, found.series, found.session_cost.bins) == (0, [], [], [])
    assert found.totals.cost_usd is None
    assert find_users(known.store, "someone-else", UserQuery()).users == []


def test_a_filter_narrows_all_of_it(known: Loading) -> None:
    query = AnalyticsQuery(filter='environment = "test"')
    found = read_analytics(known.store, known.project_id, query)
    assert (found.sessions, found.totals.turns, found.groups[0].turns) == (1, 2, 2)
    assert [session.session_id for session in found.slowest] == ["b"]


@pytest.mark.parametrize("sort", [sign + name for name in sorted(USER_SORTS) for sign in ("", "-")])
def test_pages_of_users_hold_each_once_in_order(sort: str, known: Loading) -> None:
    found = []
    cursor: str | None = ""
    while cursor is not None:
        query = UserQuery(limit=1, sort=sort, cursor=cursor)
        page = find_users(known.store, known.project_id, query)
        assert page.total == 3
        found += page.users
        cursor = page.next_cursor
    assert sorted(user.user for user in found) == ["ann", "bob", 'o"neil\\']
    values = [getattr(user, sort.removeprefix("-")) for user in found]
    values = [-1 if value is None else value for value in values]
    assert values == sorted(values, reverse=sort.startswith("-"))


def test_a_user_is_the_sum_of_the_sessions(known: Loading) -> None:
    users = find_users(known.store, known.project_id, UserQuery(sort="-cost_usd")).users
    ann = users[0]
    assert (ann.user, ann.sessions, ann.turns, ann.errors, ann.failed_sessions) == (
        "ann",
        2,
        4,
        1,
        1,
    )
    assert ann.total_tokens == 70
    assert ann.cost_usd == pytest.approx(2.125)
    assert (users[-1].cost_usd, users[-1].unpriced_sessions) == (None, 1)
    mine = SessionQuery(filter='user = "ann"')
    listed = find_sessions(known.store, known.project_id, mine).sessions
    assert ann.last_activity_at == max(session.last_activity_at for session in listed)
    searched = find_users(known.store, known.project_id, UserQuery(search="NEIL"))
    assert [user.user for user in searched.users] == ['o"neil\\']


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"by": "colour"}, "by"),
        ({"metric": "joy"}, "metric"),
        ({"buckets": 0}, "buckets"),
        ({"from_ns": 2, "to_ns": 1}, "from"),
        ({"filter": "colour = 1"}, "filter"),
    ],
)
def test_a_bad_question_names_its_field(
    query: dict[str, object], field: str, known: Loading
) -> None:
    with pytest.raises(BadQuery) as caught:
        read_analytics(known.store, known.project_id, AnalyticsQuery(**query))  # type: ignore[arg-type]
    assert caught.value.field == field
    assert set(FIGURES) == {"cost", "tokens", "sessions", "turns", "failed"}
