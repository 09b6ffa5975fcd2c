"""What goes along when a turn is run again, and how it is sent."""

from parley.web.prompt_talk import Called, Said, history_of, open_calls, talk_of


def test_a_history_becomes_a_talk_and_its_question() -> None:
    call = {"id": "a", "type": "function", "function": {"name": "track", "arguments": ""}}
    picture = {"type": "image_url", "image_url": {"url": "https://x/y.png"}}
    talk, question = talk_of(
        [
            {"role": "user", "content": [{"type": "text", "text": "Where?"}, picture]},
            {"role": "assistant", "content": None, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "a", "content": ""},
            {"role": "user", "content": "And"},
            {"role": "user", "content": "now?"},
        ]
    )
    assert talk == [
        Said(role="user", text="Where?\n[image: https://x/y.png]"),
        Said(role="assistant", calls=[Called("a", "track", "{}")]),
        Said(role="tool", call_id="a"),
        Said(role="user", text="And"),
    ]
    assert question == "now?"
    assert talk_of([]) == ([], "")
    assert talk_of([{"role": "assistant", "content": "Hi"}])[1] == ""


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
