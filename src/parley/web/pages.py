"""A page is a question and a Struct: what the query room answers, made ready to print."""

import time
from urllib.parse import quote, urlencode

from msgspec.structs import replace

from parley.journal import Journal
from parley.load import list_set_aside
from parley.model import Series, SessionPage, SessionQuery
from parley.query import (
    PAGE_SPANS,
    BadFilter,
    BadQuery,
    Narrowing,
    at_once,
    compare_series,
    find_sessions,
    list_projects,
    narrow,
    open_session,
    pieces_of,
    read_lag_ms,
    read_series,
    read_spans,
    read_trace,
    read_transcript,
    read_turn_marks,
)
from parley.store import Store
from parley.web import words
from parley.web.axis import axis_of
from parley.web.contexts import Attribute, Drawer, Problem, SessionsPage, TracePage
from parley.web.list_view import bars_of, metrics_of, row_of
from parley.web.lost import close_sessions, search_href
from parley.web.otlp_view import Sender
from parley.web.prompt_links import with_prompts
from parley.web.rail_view import rail_of
from parley.web.session_view import conversation, drawer_head
from parley.web.state import PageState, element_key
from parley.web.timeline_view import timeline_of
from parley.web.tree_choices import narrow_tree, shown_choices, with_panel
from parley.web.tree_view import inspector_of, pick_span, session_tree, trace_rows

__all__ = ["Place", "problem_of", "session_drawer", "sessions_page", "trace_page"]

PAGE_ROWS = 100
PAGE_TURNS = 100  # of a conversation; some 300 kB
CHART_BUCKETS = 72
BEHIND_MS = 1000  # a delay below is not worth a word
SORT_WORDS = {
    "last_activity_at": "last activity",
    "started_at": "start",
    "turns": "turns",
    "errors": "failed turns",
    "latency_ms_p50": "median turn latency",
    "latency_ms_p95": "slow turns",
    "input_tokens": "input tokens",
    "output_tokens": "output tokens",
    "cost_usd": "cost",
    "duration_ms": "duration",
}
CHART_WORDS = {"sessions": "sessions", "cost": "cost", "latency": "p95 of a turn"}
MS_NS = 1_000_000
STEP_WORDS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


class Place:
    """What every page needs of the server."""

    def __init__(self, store: Store, journal: Journal, *, address: str, needs_token: bool) -> None:
        self.store = store
        self.journal = journal
        self.address = address
        self.needs_token = needs_token
        self.started = words.clock(time.time_ns())

    def sender(self, project: str) -> Sender:
        """Returns how spans of a project reach this server."""
        return Sender(address=self.address, project=project, needs_token=self.needs_token)

    def behind(self, project: str) -> str:
        """Returns how far derivation is behind, "" when it is not worth a word."""
        lag_ms = read_lag_ms(self.store, project)
        return words.duration(lag_ms) if lag_ms > BEHIND_MS else ""

    def set_aside(self, project: str) -> str:
        """Returns how many requests of a project are in quarantine, "" for none."""
        count = len(list_set_aside(self.journal, project))
        return f"{count} set aside" if count else ""


def sessions_page(place: Place, state: PageState) -> SessionsPage:
    """Returns the list, with the session that is open over it.

    Raises:
        BadQuery: the state asks for what cannot be; names the parameter.
    """
    store, project = place.store, state.project
    try:
        narrowing = narrow(state.q, state.filter, now_ns=state.now_ns)
    except BadQuery as error:
        return _problem_page(place, state, error)
    question = SessionQuery(
        from_ns=state.from_ns,
        to_ns=state.to_ns if state.until else None,
        q=state.q,
        filter=state.filter,
        now_ns=state.now_ns,
        sort=state.sort,
        limit=PAGE_ROWS,
        cursor=state.cursor,
    )
    (found, strip), (projects, behind) = at_once(
        lambda: at_once(
            lambda: find_sessions(store, project, question),
            lambda: _strip(place, state, narrowing),
        ),
        lambda: (list_projects(store), place.behind(project)),
    )
    is_all = state.range == "all" and not (state.since or state.q or state.filter)
    nothing = (
        not found.sessions
        and not state.cursor
        and (is_all or not find_sessions(store, project, SessionQuery(limit=1)).sessions)
    )
    page = SessionsPage(
        state=state,
        title="Sessions",
        projects=projects,
        behind=behind,
        set_aside=place.set_aside(project),
        is_empty=nothing,
        address=place.address,
        needs_token=place.needs_token,
        started_clock=place.started,
        drawer=session_drawer(place, state, found) if state.open else None,
        pieces=pieces_of(state.filter),
    )
    if page.drawer is not None:
        page = replace(page, title=page.drawer.title[:80])
    return page if nothing or strip is None else _with_list(page, found, strip)


def _with_list(
    page: SessionsPage, found: SessionPage, strip: tuple[Series, Series | None]
) -> SessionsPage:
    """Returns the page with its rows, its strip and its chart."""
    state = page.state
    series, before = strip
    dearest = max((s.cost_usd or 0.0 for s in found.sessions), default=0.0)
    bars, most = bars_of(series, state.chart)
    slow_ms = series.latency_ms_p95 or 0.0
    total = words.plural(found.total, "session")
    return replace(
        page,
        metrics=metrics_of(series, before),
        bars=bars,
        bars_most=most,
        bars_name=CHART_WORDS[state.chart],
        bars_start_ms=series.points[0].time_ns // MS_NS if series.points else 0,
        bars_step_ms=series.step_ns // MS_NS,
        bars_step=_step_words(series.step_ns),
        axis=axis_of(series),
        rows=[
            row_of(
                session,
                state,
                dearest=dearest,
                slow_ms=slow_ms,
                match=found.matches.get(session.session_id),
            )
            for session in found.sessions
        ],
        total=f"more than {total}" if found.total_capped else total,
        sorted_by=f"by {SORT_WORDS.get(state.sort.removeprefix('-'), state.sort)}",
        next_href=state.href(cursor=found.next_cursor, open="") if found.next_cursor else "",
        first_href=state.href(cursor="", open="") if state.cursor else "",
    )


def problem_of(state: PageState, error: BadQuery) -> tuple[Problem, BadFilter | None]:
    """Returns why words or a filter mean nothing, and the filter's error if it is the filter's."""
    problem = Problem(field=error.field, message=error.message)
    wrong = error if isinstance(error, BadFilter) else None
    if wrong is not None:
        problem = replace(problem, message=wrong.reason, suggestion=wrong.suggestion)
        if wrong.suggestion and "…" not in wrong.suggestion:
            meant = state.filter[: wrong.start] + wrong.suggestion + state.filter[wrong.end :]
            problem = replace(problem, href=state.href(filter=meant, cursor="", open=""))
    return problem, wrong


def _problem_page(place: Place, state: PageState, error: BadQuery) -> SessionsPage:
    """Returns the page of a search or a filter that means nothing, and what was meant."""
    problem, wrong = problem_of(state, error)
    return SessionsPage(
        state=state,
        title="Sessions",
        projects=list_projects(place.store),
        behind=place.behind(state.project),
        set_aside=place.set_aside(state.project),
        is_empty=False,
        address=place.address,
        needs_token=place.needs_token,
        started_clock=place.started,
        pieces=pieces_of(state.filter, wrong),
        problem=problem,
        drawer=_opened(place, state) if state.open else None,
    )


def _strip(
    place: Place, state: PageState, narrowing: Narrowing
) -> tuple[Series, Series | None] | None:
    """Returns the totals of the range and of the one before; None where no list is shown."""
    if state.full and state.open:
        return None
    store, project, start = place.store, state.project, state.from_ns
    if start is None:
        return read_series(store, project, buckets=CHART_BUCKETS, narrowing=narrowing), None
    return compare_series(
        store, project, start, state.to_ns, buckets=CHART_BUCKETS, narrowing=narrowing
    )


def _step_words(step_ns: int) -> str:
    seconds = step_ns // 10**9
    for size, unit in STEP_WORDS:
        if seconds % size == 0:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"


def session_drawer(place: Place, state: PageState, listed: SessionPage) -> Drawer:
    """Returns the open session; its neighbours are those of the page of the list behind it."""
    drawer = _opened(place, state)
    ids = [session.session_id for session in listed.sessions]
    if state.open not in ids:
        return drawer
    index = ids.index(state.open)
    return replace(
        drawer,
        previous_href=state.href(open=ids[index - 1], span="") if index > 0 else "",
        next_href=state.href(open=ids[index + 1], span="") if index + 1 < len(ids) else "",
    )


def _opened(place: Place, state: PageState) -> Drawer:
    closed = state.href(open="", tab="conversation", span="", full="")
    lost = Drawer(
        session_id=state.open,
        key=element_key(state.open),
        found=False,
        title="No such session",
        close_href=closed,
        search_href=search_href(state),
        trace_href=f"/traces/{quote(state.open[:64], safe='')}?"
        + urlencode({"project": state.project}),
    )
    tabs = {"conversation": _conversation, "traces": _spans, "timeline": _timeline}
    found = tabs[state.tab](place, state)
    return found or replace(lost, close=close_sessions(place.store, state))


def _conversation(place: Place, state: PageState) -> Drawer | None:
    """Returns a session with the turns that fit a page, from the one that the state names."""
    store = place.store
    first = int(state.at) if state.at.isascii() and state.at.isdigit() and len(state.at) < 10 else 1
    first = max(first, 1)
    transcript, marks = at_once(
        lambda: read_transcript(
            store, state.project, state.open, first_turn=first, limit=PAGE_TURNS
        ),
        lambda: read_turn_marks(store, state.project, state.open),
    )
    if transcript is None:
        return None
    turns = [item.turn for item in transcript.turns]
    following = transcript.next_turn
    head = drawer_head(transcript.session, [] if following else turns, state)
    before = max(first - PAGE_TURNS, 1)
    last = first + len(turns) - 1
    is_part = first > 1 or following is not None
    return replace(
        head,
        turns=with_prompts(store, state.project, transcript, conversation(transcript, state)),
        rail=rail_of(
            marks,
            state,
            shown=range(first, last + 1),
            page_turns=PAGE_TURNS,
            slow_ms=transcript.session.latency_ms_p95,
            running=head.running_turn,
        ),
        part=f"Turns {first:,} to {last:,} of {transcript.session.turns:,}" if is_part else "",
        earlier_href=state.href(at=str(before) if before > 1 else "") if first > 1 else "",
        later_href=state.href(at=str(following)) if following else "",
    )


def _spans(place: Place, state: PageState) -> Drawer | None:
    """Returns a session with the span trees that fit a page."""
    store = place.store
    detail = open_session(store, state.project, state.open)
    page = read_spans(store, state.project, state.open, cursor=state.at, around=state.span)
    if detail is None or page is None:
        return None
    trees, turns = page.traces, detail.turns
    shown = {tree.trace_id for tree in trees}
    is_part = detail.session.spans > PAGE_SPANS
    if is_part:
        turns = [turn for turn in turns if shown.intersection(turn.trace_ids)]
        state = replace(state, at=state.at or trees[0].trace_id if trees else "")
    head = drawer_head(detail.session, detail.turns, state)
    selected = pick_span(trees, state.span)
    by_id = {tree.trace_id: tree for tree in trees}
    sender = place.sender(state.project)
    is_first = not detail.turns or bool(shown.intersection(detail.turns[0].trace_ids))
    following = page.next_cursor
    return replace(
        head,
        spans=session_tree(turns, trees, state, selected),
        shown=shown_choices(trees, state),
        inspector=with_panel(inspector_of(selected, by_id[selected.trace_id], sender), state)
        if selected
        else None,
        part=f"{words.plural(len(trees), 'trace')} of {detail.session.traces:,}" if is_part else "",
        earlier_href=state.href(at="", span="") if is_part and not is_first else "",
        later_href=state.href(at=following, span="") if following else "",
    )


def _timeline(place: Place, state: PageState) -> Drawer | None:
    """Returns a session with the waterfall of the turns that the state zooms to."""
    store = place.store
    detail = open_session(store, state.project, state.open)
    if detail is None:
        return None
    turns = detail.turns
    first = turns[min(state.zoomed[0], len(turns)) - 1] if state.zoomed and turns else None
    around = first.trace_ids[0] if first is not None and first.trace_ids else ""
    page = read_spans(store, state.project, state.open, around=around)
    if page is None:
        return None
    head = drawer_head(detail.session, turns, state)
    shown = timeline_of(turns, page.traces, state, running_turn=head.running_turn)
    return replace(head, timeline=shown)


def trace_page(place: Place, state: PageState, trace_id: str) -> TracePage:
    """Returns one trace by itself."""
    page = TracePage(
        state=state,
        title=f"Trace {trace_id[:32]}",
        projects=list_projects(place.store),
        behind=place.behind(state.project),
        set_aside=place.set_aside(state.project),
        trace_id=trace_id,
        found=False,
    )
    try:
        tree = read_trace(place.store, state.project, trace_id)
    except BadQuery:
        return page
    if tree is None:
        return page
    selected = pick_span([tree], state.span)
    start = min(span.start_ns for span in tree.spans)
    end = max(span.end_ns for span in tree.spans)
    failed = sum(1 for span in tree.spans if span.failed)
    facts = [
        ("started", words.day_and_clock(start)),
        ("duration", words.duration((end - start) / 1e6)),
        ("spans", str(len(tree.spans))),
        ("failed spans", str(failed) if failed else ""),
    ]
    base = f"/traces/{tree.trace_id}?{urlencode({'project': state.project})}"
    rows = trace_rows(
        narrow_tree(tree, state.show),
        state,
        selected,
        zero=start,
        scale=max(end - start, 1),
        base=base,
    )
    seen = inspector_of(selected, tree, place.sender(state.project)) if selected else None
    return replace(
        page,
        found=True,
        session_id=tree.session_id,
        session_href=state.href(open=tree.session_id, span="", range="all")
        if tree.session_id
        else "",
        spans=rows,
        shown=shown_choices([tree], state, base),
        inspector=with_panel(seen, state, base) if seen else None,
        facts=[Attribute(name, value) for name, value in facts if value],
        part="" if tree.is_complete else "The first spans by start; the trace has more",
    )
