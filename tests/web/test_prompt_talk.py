"""What goes along when a turn is run again, and how it is sent."""

from parley.model import Message, Part, Role, Transcript, TranscriptTurn
from parley.web.prompt_talk import Called, Said, history_of, open_calls, talk_before
from tests.web.samples import make_session, make_turn


def said(role: Role, text: str = "", *parts: Part, folded: bool = False) -> Message:
    own = [Part(kind="text", text=text)] if text else []
    return Message(role=role, text=text, parts=[*own, *parts], folded=folded)


def call(call_id: str) -> Part:
    return Part(kind="tool_call", name="track", call_id=call_id, arguments='{"parcel": 1}')


def result(call_id: str) -> Part:
    return Part(kind="tool_result", text="in Delft", call_id=call_id)


TRANSCRIPT = Transcript(
    session=make_session(),
    turns=[
        TranscriptTurn(
            turn=make_turn(1),
            messages=[
                said("system", "Be kind."),
                said("user", "Earlier.", folded=True),
                said("user", "Where?", Part(kind="media", media_type="image/png", hash="0a")),
                said("assistant", "", call("a"), call("lost")),
                said("tool", "", result("a"), result("of nobody")),
                said("assistant", "In Delft."),
            ],
        ),
        TranscriptTurn(
            turn=make_turn(2),
            messages=[said("user", "And"), said("user", "now?"), said("assistant", "Still there.")],
        ),
    ],
)


def test_what_was_said_before_goes_along_and_what_cannot_is_counted() -> None:
    found = talk_before(TRANSCRIPT, 2)
    assert found is not None
    talk, question, left_out = found
    assert talk == [
        Said(role="user", text="Earlier."),
        Said(role="user", text="Where?"),
        Said(role="assistant", calls=[Called("a", "track", '{"parcel": 1}')]),
        Said(role="tool", text="in Delft", call_id="a"),
        Said(role="assistant", text="In Delft."),
    ]
    assert question == "And\n\nnow?"
    assert left_out == 2, "the image, and the call that was never answered"
    first = talk_before(TRANSCRIPT, 1)
    assert first is not None
    assert (first[0], first[1]) == ([Said(role="user", text="Earlier.")], "Where?")
    assert talk_before(TRANSCRIPT, 3) is None


def test_calls_and_results_are_sent_in_the_form_of_openai() -> None:
    talk = [
        Said(role="assistant", calls=[Called("a", "track"), Called("b", "track")]),
        Said(role="tool", text="x", call_id="a"),
    ]
    asked, told = history_of(talk)
    assert asked["tool_calls"][0] == {
        "id": "a",
        "type": "function",
        "function": {"name": "track", "arguments": "{}"},
    }
    assert told == {"role": "tool", "tool_call_id": "a", "content": "x"}
    assert open_calls(talk) == [Called("b", "track")]
    assert open_calls(talk[1:]) == []
