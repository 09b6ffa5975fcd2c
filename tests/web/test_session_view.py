"""A conversation ready to print."""

from msgspec.structs import replace

from parley.model import Message, Part, from_iso
from parley.web.session_view import conversation, drawer_head
from parley.web.state import PageState
from tests.web.samples import HOUR_NS, SESSION, make_session, make_transcript, make_turn

LAST_NS = from_iso(SESSION.last_activity_at)
LATER = PageState(open="s-1", now_ns=LAST_NS + HOUR_NS)
NOW = PageState(open="s-1", now_ns=LAST_NS + 10**9)


def user(text: str) -> Message:
    return Message(role="user", text=text, parts=[Part("text", text=text)])


def assistant(*parts: Part, ordinal: int = 1) -> Message:
    text = "".join(part.text for part in parts if part.kind == "text")
    return Message(role="assistant", text=text, parts=list(parts), ordinal=ordinal)


def tool(call_id: str, text: str, name: str = "") -> Message:
    part = Part("tool_result", text=text, call_id=call_id, name=name)
    return Message(role="tool", text="", parts=[part])


def test_calls_and_results_meet_by_id_then_by_order() -> None:
    calls = [
        Part("tool_call", name="a", call_id="1", arguments='{"x": 1}'),
        Part("tool_call", name="b", call_id="2", arguments="not json"),
        Part("tool_call", name="c"),
    ]
    said = [user("go"), assistant(*calls), tool("2", "[1, 2, 3]"), tool("1", "one"), tool("", "?")]
    (turn,) = conversation(make_transcript((make_turn(), said)), LATER)
    shown = [(block.title, block.arguments, block.result) for block in turn.answers]
    assert shown == [
        ("a", "x=1", "3 B"),
        ("b", "not json", "3 rows"),
        ("c", "", "1 B"),
    ]


def test_a_pause_over_five_minutes_is_told() -> None:
    turns = [make_turn(1), make_turn(2, after_ms=200_000), make_turn(3, after_ms=3_000_000)]
    views = conversation(make_transcript(*[(turn, [user("x")]) for turn in turns]), LATER)
    assert [view.gap for view in views] == ["", "", "47 min without a message"]


def test_only_the_last_turn_runs_and_only_for_a_while() -> None:
    turns = [make_turn(1, output=""), make_turn(2, output="", after_ms=1000)]
    transcript = make_transcript(*[(turn, [user("x")]) for turn in turns])
    assert [view.is_running for view in conversation(transcript, NOW)] == [False, True]
    assert [view.is_running for view in conversation(transcript, LATER)] == [False, False]
    assert drawer_head(transcript.session, turns, NOW).running_turn == 2
    failed = [replace(turns[0]), replace(turns[1], error="boom")]
    assert drawer_head(transcript.session, failed, NOW).running_turn == 0


def test_unknown_cost_has_words_and_incomplete_cost_too() -> None:
    def note(**changes: object) -> tuple[str, str]:
        head = drawer_head(make_session(**changes), [make_turn()], LATER)
        return head.cost, head.cost_note

    assert note() == ("$0.012", "")
    assert note(cost_usd=None) == ("unknown", "no price")
    assert note(cost_usd=None, total_tokens=0) == ("unknown", "no usage")
    assert note(cost_complete=False) == ("$0.012", "at least")
    turn = make_turn(cost_usd=None)
    (view,) = conversation(make_transcript((turn, [user("x")])), LATER)
    assert view.cost == "no price"
    turn = make_turn(cost_complete=False)
    (view,) = conversation(make_transcript((turn, [user("x")])), LATER)
    assert view.cost == "at least $0.0060"


def test_system_prompts_context_and_reasoning_are_folded() -> None:
    said = [
        Message(role="system", text="Be brief. " * 40),
        Message(role="assistant", text="before", folded=True),
        user("now"),
        assistant(Part("reasoning", text="let me think"), Part("text", text="*yes*")),
    ]
    (view,) = conversation(make_transcript((make_turn(), said)), LATER)
    assert [fold.title for fold in view.prompts] == ["System prompt", "1 message of context"]
    assert view.prompts[0].text == "about 100 tokens"
    assert [block.kind for block in view.answers] == ["fold", "answer"]
    assert "<em>yes</em>" in view.answers[1].html


def test_hostile_words_are_text_in_every_block() -> None:
    attack = "</div><script>alert(1)</script><img src=x onerror=alert(1)>"
    said = [
        Message(role="system", text=attack),
        Message(role="user", text=attack, folded=True),
        user(attack),
        assistant(
            Part("reasoning", text=attack),
            Part("tool_call", name=attack, call_id=attack, arguments=attack),
            Part("text", text=attack),
        ),
        tool(attack, attack),
    ]
    (view,) = conversation(make_transcript((make_turn(), said)), LATER)
    blocks = [*view.prompts, *view.questions, *view.answers]
    assert len(blocks) == 6
    for block in blocks:
        for html in (block.html, block.arguments_html, block.result_html):
            assert "<script" not in html
            assert "<img" not in html


def test_a_turn_without_messages_shows_its_input() -> None:
    (view,) = conversation(make_transcript((make_turn(), [])), LATER)
    assert view.questions[0].html == "<p>Hello?</p>"
    assert not view.questions[0].is_long


def test_the_rail_compares_turns() -> None:
    turns = [make_turn(1, latency_ms=1000), make_turn(2, latency_ms=4000, error="boom")]
    views = conversation(make_transcript(*[(turn, []) for turn in turns]), LATER)
    assert [view.rail_latency for view in views] == [25, 100]
    assert [view.rail_class for view in views] == ["", "bad"]
    assert views[1].label == "Turn 2: 4.0 s, $0.0060, failed"
