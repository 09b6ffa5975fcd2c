"""/-/patterns: every component in every state, made by the templates and the code of the real
pages from a conversation that nobody had. For who designs; no page leads to it.
"""

import asyncio
import time
from typing import Any, get_origin

from litestar import MediaType, Request, Response, get
from msgspec import Struct
from msgspec.structs import fields

from parley.access import Access
from parley.model import (
    Message,
    Part,
    Session,
    Span,
    SpanEvent,
    TraceTree,
    Transcript,
    TranscriptTurn,
    Turn,
    to_iso,
)
from parley.query import BadFilter, Piece, TurnMark, list_projects, narrow, pieces_of
from parley.web.contexts import Choice, Drawer, Inspector, SpanRow, home_href
from parley.web.exports import ExportLink
from parley.web.pages import Place
from parley.web.rail_view import rail_of
from parley.web.session_view import conversation
from parley.web.state import PageState
from parley.web.templates import SECURITY_HEADERS, render
from parley.web.tree_choices import shown_choices, with_panel
from parley.web.tree_view import inspector_of, session_tree

__all__ = ["patterns_page", "patterns_routes"]

SECOND_NS = 1_000_000_000
MS_NS = 1_000_000
TRACE = "5b8efff798038103d269b633813fc60{}"
LONG_TURNS = 214
CALLS_MS = 2340  # where the tool of a turn begins
COLOURS = (
    ("bg", "page"),
    ("surface", "sheet"),
    ("sunken", "code, track"),
    ("ink", "text"),
    ("ink-2", "second text"),
    ("ink-3", "label"),
    ("accent", "accent, series 1"),
    ("accent-2", "series 2, bars"),
    ("accent-3", "series 3"),
    ("wash", "selected"),
    ("err", "failed"),
    ("warn-mark", "slow, at risk"),
    ("ok", "live, better"),
)
ICONS = (
    "llm tool agent retrieve chain guard error warn clock check info note compare link download "
    "copy replay search filter columns rows calendar expand theme keyboard gear more prev next "
    "up down plus trash save text spark swap up-thumb down-thumb x"
).split()
TABLE = """Friday closed at **8,412 lines against a target of 9,600**, 12.4 % short:

| Shift | Target | Picked |
|---|---|---|
| Early, 06–14 | 4,900 | 4,866 |
| Late, 14–22 | 4,700 | 3,546 |

Zone C lost its conveyor for 96 minutes (`INC-3071`).

```python
hours = Counter(pick.hour for pick in picks if pick.depot == "RTM")
```"""
ROWS = '[{"hour": 14, "picked": 291}, {"hour": 15, "picked": 318}]'
FILTER = 'cost_usd > 0.5 and turns >= 10 and modell = "gpt-4o"'
FAILED = "UpstreamTimeout: reporting replica did not answer within 30 s"
STACK = 'File "tools/warehouse.py", line 118, in query_warehouse\n    rows = replica.execute(sql)'


class PatternsPage(Struct, frozen=True, kw_only=True):
    """What the page shows beside what is written in its template."""

    state: PageState
    title: str
    projects: list[str]
    behind: str
    home_href: str
    talk: Drawer
    long: Drawer
    rows: list[SpanRow]
    inspector: Inspector | None
    shown: list[Choice]
    set_aside: str = ""
    events_href: str = ""
    is_list: bool = False
    part: str = ""
    earlier_href: str = ""
    later_href: str = ""

    @property
    def colours(self) -> tuple[tuple[str, str], ...]:
        """Colours of the page: (variable, what it is for)."""
        return COLOURS

    @property
    def icons(self) -> list[str]:
        """Names of the icons."""
        return ICONS

    @property
    def pieces(self) -> list[Piece]:
        """A filter with a mistake in it, in pieces."""
        try:
            narrow(filter_text=FILTER)
        except BadFilter as wrong:
            return pieces_of(FILTER, wrong)
        return pieces_of(FILTER)

    @property
    def exports(self) -> list[ExportLink]:
        """What a menu holds."""
        return [ExportLink(name, "#") for name in ("CSV", "JSON lines", "Parquet")]


def patterns_page(place: Place, project: str, *, now_ns: int | None = None) -> PatternsPage:
    """Returns the page; its conversation ended just now."""
    now_ns = now_ns or time.time_ns()
    state = PageState(project=project, open="pattern", live="off", now_ns=now_ns)
    transcript, trees = sample_talk(now_ns), sample_trees(now_ns)
    marks = sample_marks()
    turns = [item.turn for item in transcript.turns]
    chosen = trees[1].spans[2]
    sender = place.sender(project)
    talk = Drawer(
        session_id="pattern",
        key="pattern",
        found=True,
        session=transcript.session,
        turns=conversation(transcript, state),
        is_running=True,
        running_turn=turns[-1].turn,
    )
    rail = rail_of(marks, state, shown=range(1, 101), page_turns=100, slow_ms=21_000)
    return PatternsPage(
        state=state,
        title="Patterns",
        projects=list_projects(place.store),
        behind=place.behind(project),
        set_aside=place.set_aside(project),
        home_href=home_href(PageState(project=project)),
        talk=talk,
        long=Drawer(session_id="long", key="long", found=True, rail=rail),
        rows=session_tree(turns[:2], trees, state, chosen),
        inspector=with_panel(inspector_of(chosen, trees[1], sender), state),
        shown=shown_choices(trees, state),
    )


def sample_talk(now_ns: int) -> Transcript:
    """Returns a conversation of an answer, a failure and a turn that is running."""
    call = Part("tool_call", name="query_warehouse", call_id="1", arguments='{"depot": "RTM"}')
    result = Part("tool_result", name="query_warehouse", call_id="1", text=ROWS)
    question = "Why did the Rotterdam depot miss its pick target on Friday?"
    long = "Now the same for the last eight Fridays.\n" + "depot RTM, zone C, shift late\n" * 12
    turns = [
        (
            sample_turn(1, now_ns - 3600 * SECOND_NS, question, TABLE),
            [
                Message(role="system", text="You answer for the warehouse. " * 40),
                Message(role="user", text=question),
                Message(role="assistant", text="", parts=[call]),
                Message(role="tool", text="", parts=[result]),
                Message(role="assistant", text=TABLE, parts=[Part("text", TABLE)]),
            ],
        ),
        (
            sample_turn(2, now_ns - 900 * SECOND_NS, long, "", error=FAILED, latency_ms=31_200),
            [
                Message(role="user", text=long),
                Message(role="assistant", text="", parts=[call]),
            ],
        ),
        (
            sample_turn(3, now_ns - 6 * SECOND_NS, "وماذا عن السبت؟", "", latency_ms=6000),
            [Message(role="user", text="وماذا عن السبت؟")],
        ),
    ]
    return Transcript(
        session=sample_session(now_ns),
        turns=[
            TranscriptTurn(turn=turn, messages=said, resent_messages=4 * (turn.turn - 1))
            for turn, said in turns
        ],
    )


def sample_turn(
    number: int,
    start_ns: int,
    asked: str,
    answer: str,
    *,
    error: str | None = None,
    latency_ms: float = 5800,
) -> Turn:
    """Returns a turn of the conversation."""
    told = {
        "turn_id": f"{TRACE.format(number)}.0",
        "turn": number,
        "trace_ids": [TRACE.format(number)],
        "started_at": to_iso(start_ns),
        "latency_ms": latency_ms,
        "input": asked,
        "output": answer,
        "error": error,
        "model": "gpt-4.1",
        "llm_calls": 2,
        "input_tokens": 6200,
        "output_tokens": 400,
        "reasoning_tokens": 120,
        "cost_usd": 0.0121 * number,
        "ttft_ms": 610,
    }
    return Turn(**{**blank(Turn), **told})


def blank(kind: type[Any]) -> dict[str, Any]:
    """Returns nothing for each field that a Struct wants: 0, "", an empty list."""
    nothing = {int: 0, float: 0.0, str: "", bool: True, list: [], dict: {}}
    wanted = [item for item in fields(kind) if item.required]
    return {item.name: nothing.get(get_origin(item.type) or item.type) for item in wanted}


def sample_session(now_ns: int) -> Session:
    """Returns the session of the conversation, as far as the page looks at it."""
    told = {"session_id": "pattern", "turns": 3, "last_activity_at": to_iso(now_ns)}
    return Session(**{**blank(Session), **told})


def sample_trees(now_ns: int) -> list[TraceTree]:
    """Returns the traces of the first two turns: an agent, its calls, its tool."""
    trees = []
    for number, fails in ((1, False), (2, True)):
        start = now_ns - 3600 * SECOND_NS * (3 - number)
        tool_ms = 30_000 if fails else 1400
        steps = [("input_check", "guardrail", 0, 40), ("chat gpt-4.1", "llm", 40, 2300)]
        steps.append(("query_warehouse", "tool", CALLS_MS, tool_ms))
        if not fails:
            steps.append(("chat gpt-4.1", "llm", CALLS_MS + tool_ms, 4300))
        whole = steps[-1][2] + steps[-1][3]
        spans = [sample_span(number, 0, ("warehouse-analyst", "agent", 0, whole), start, fails)]
        spans += [
            sample_span(number, place, step, start, fails and step[1] == "tool")
            for place, step in enumerate(steps, 1)
        ]
        trees.append(TraceTree(trace_id=TRACE.format(number), session_id="pattern", spans=spans))
    return trees


def sample_span(
    number: int, place: int, step: tuple[str, str, int, int], start_ns: int, fails: bool
) -> Span:
    """Returns a step of a turn: (name, kind, from, how long in milliseconds)."""
    name, kind, offset_ms, took_ms = step
    attributes: dict[str, Any] = {"app.attempt": 1}
    if kind == "tool":
        attributes |= {"gen_ai.tool.name": name, "gen_ai.tool.call.arguments": '{"depot": "RTM"}'}
        attributes |= {} if fails else {"gen_ai.tool.call.result": ROWS}
    if kind == "llm":
        attributes["gen_ai.response.finish_reasons"] = [
            "stop" if offset_ms > CALLS_MS else "tool_call"
        ]
    begun = start_ns + offset_ms * MS_NS
    told = {"exception.type": "UpstreamTimeout", "exception.stacktrace": STACK}
    raised = SpanEvent(time_ns=begun + took_ms * MS_NS, name="exception", attributes=told)
    return Span(
        trace_id=TRACE.format(number),
        span_id=f"{number:08x}{place:08x}",
        parent_span_id=f"{number:08x}{0:08x}" if place else "",
        session_id="pattern",
        name=name,
        kind=kind,
        otel_kind=1,
        start_ns=begun,
        end_ns=begun + took_ms * MS_NS,
        duration_ms=took_ms,
        status="error" if fails else "unset",
        status_message=FAILED if fails else "",
        failed=fails,
        error=FAILED if fails else "",
        depth=1 if place else 0,
        input_tokens=4200 if kind == "llm" else None,
        output_tokens=310 if kind == "llm" else None,
        cost_usd=0.018 if kind == "llm" else None,
        ttft_ms=600 if kind == "llm" else None,
        service="warehouse-assistant",
        scope="agent-runtime 2.8.1",
        attributes=attributes,
        events=[raised] if fails and kind == "tool" else [],
    )


def sample_marks() -> list[TurnMark]:
    """Returns the turns of a long session: uneven, but always the same."""
    return [
        TurnMark(
            turn=number,
            latency_ms=2000 + (number * 7919) % 9000 + (15_000 if number % 23 == 0 else 0),
            failed=number % 31 == 0,
            cost_usd=0.02 + ((number * 104_729) % 100) / 400,
        )
        for number in range(1, LONG_TURNS + 1)
    ]


def patterns_routes(place: Place, access: Access) -> list[Any]:
    """Returns the page."""

    @get("/-/patterns", include_in_schema=False)
    async def show(request: Request[Any, Any, Any]) -> Response[str]:
        project = access.read_project(request.scope["headers"], request.scope["query_string"])
        page = await asyncio.to_thread(patterns_page, place, project)
        text = await asyncio.to_thread(render, "patterns.html", page=page)
        return Response(text, media_type=MediaType.HTML, headers=SECURITY_HEADERS)

    return [show]
