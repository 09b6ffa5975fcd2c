"""What a turn was asked with: only what a provider takes, and the rest counted."""

import json

from parley.query import chat_history
from tests.storing import Loading
from tests.telemetry import chat_attributes, make_span, message, pack

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_calls_go_along_with_their_results_and_pictures_within_bounds(loading: Loading) -> None:
    picture = {"type": "blob", "modality": "image", "mime_type": "image/png", "content": DOT}
    calls = [
        {"type": "tool_call", "id": name, "name": "track", "arguments": {}}
        for name in ("a", "lost")
    ]
    results = [
        {"type": "tool_call_response", "id": name, "response": "in Delft"}
        for name in ("a", "of nobody")
    ]
    told = [
        message("user", "Where?") | {"parts": [{"type": "text", "content": "Where?"}, picture]},
        {"role": "assistant", "parts": calls},
        {"role": "tool", "parts": results},
        message("assistant", "In Delft."),
        message("user", "And now?"),
    ]
    attributes = chat_attributes("s", [], "Still there.")
    attributes["gen_ai.input.messages"] = json.dumps(told)
    loading.load([pack(make_span(attributes=attributes))])
    loading.derive()

    whole = chat_history(loading.store, loading.project_id, "s", "1")
    assert whole is not None
    first, asked, result, answer, question = whole.chat_history
    assert first["content"][1]["image_url"]["url"] == f"data:image/png;base64,{DOT}"
    assert [call["id"] for call in asked["tool_calls"]] == ["a"]
    assert result == {"role": "tool", "tool_call_id": "a", "content": "in Delft"}
    assert (answer["content"], question["content"]) == ("In Delft.", "And now?")
    assert (whole.left_out, whole.is_complete, whole.first_turn) == (1, True, 1)

    bare = chat_history(loading.store, loading.project_id, "s", "1", attached_bytes=0)
    assert bare is not None
    assert bare.chat_history[0]["content"].startswith("Where?\n[image/png: ")
    assert (bare.left_out, bare.is_complete) == (2, False)
