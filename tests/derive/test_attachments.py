"""Attachments are derived: stored once, and the same after every way to derive them again."""

import base64
import json
from typing import Any

from parley.derive import drop_unnamed, rebuild
from parley.derive.batch import HELD_BYTES
from parley.model import Transcript
from parley.query import read_transcript
from tests.derive.test_conversation import Script, said
from tests.storing import Loading


def picture(seed: int, size: int = 2000) -> dict[str, Any]:
    data = b"\x89PNG\r\n\x1a\n" + seed.to_bytes(4, "big") * (size // 4)
    return {"type": "blob", "mime_type": "image/png", "content": base64.b64encode(data).decode()}


def stored(loading: Loading) -> list[tuple[Any, ...]]:
    """Returns (hash, size, number of copies) of what the project keeps."""
    return loading.store._engine.query(
        "SELECT lower(hex(hash)), any(size_bytes), count() FROM attachments "
        "WHERE project_id = {p:String} GROUP BY hash ORDER BY hash",
        {"p": loading.project_id},
    )


def shown(loading: Loading, session: str = "s") -> list[list[str]]:
    """Returns the kinds of the parts of each message of a session."""
    found = read_transcript(loading.store, loading.project_id, session)
    assert isinstance(found, Transcript)
    return [[p.kind for p in m.parts] for turn in found.turns for m in turn.messages]


def test_a_picture_that_is_resent_fifty_times_is_stored_once(loading: Loading) -> None:
    script = Script(loading)
    history = [{"role": "user", "parts": [{"type": "text", "content": "See:"}, picture(1)]}]
    for number in range(1, 51):
        answer = said("assistant", f"answer {number}")
        body = script.trace(number, {"input": list(history), "output": answer})
        loading.load([body])
        if number % 10 == 0:
            loading.derive()
        history += [answer, said("user", f"question {number}")]
    assert [(size, copies) for _, size, copies in stored(loading)] == [(2008, 1)]
    assert len(script.opened().turns) == 50
    assert shown(loading)[0] == ["text", "media"]
    assert sum("media" in kinds for kinds in shown(loading)) == 1


def test_the_same_picture_with_other_words_is_another_message(loading: Loading) -> None:
    """A message is known again by what is attached to it, too."""
    script = Script(loading)
    first = {"role": "user", "parts": [picture(1)]}
    second = {"role": "user", "parts": [picture(2)]}
    answer = said("assistant", "One.")
    script.send(
        script.trace(1, {"input": [first], "output": answer}),
        script.trace(2, {"input": [first, answer, second], "output": said("assistant", "Two.")}),
    )
    assert shown(loading) == [["media"], ["text"], ["media"], ["text"]]
    assert len(stored(loading)) == 2


def test_derivation_again_gives_the_same_attachments(loading: Loading) -> None:
    script = Script(loading)
    message = {"role": "user", "parts": [picture(1), picture(2)]}
    script.send(script.trace(1, {"input": [message], "output": said("assistant", "Two.")}))
    before, kept = loading.result(), stored(loading)
    rebuild(loading.store)
    assert loading.result() == before
    assert stored(loading) == kept


def test_many_large_attachments_are_written_as_they_are_read(loading: Loading) -> None:
    """More than may be held at once, in one batch and in one span."""
    script = Script(loading)
    size = HELD_BYTES // 4
    bodies = []
    for number in range(1, 7):
        parts = [picture(number * 10 + place, size) for place in range(2)]
        messages = [{"role": "user", "parts": parts}]
        bodies.append(
            script.trace(number, {"input": messages, "output": said("assistant", f"{number}")})
        )
    loading.load(bodies)
    loading.derive()
    assert [copies for _, _, copies in stored(loading)] == [1] * 12
    assert json.dumps(loading.result()).count('"media"') == 12


def test_what_no_message_names_any_more_is_dropped_and_nothing_else(loading: Loading) -> None:
    script = Script(loading)
    kept = {"role": "user", "parts": [picture(1)]}
    told = {"role": "user", "parts": [picture(2)]}
    first = script.trace(1, {"input": [kept], "output": said("assistant", "One.")})
    script.send(first, script.trace(2, {"input": [told], "output": said("assistant", "Two.")}))
    assert len(stored(loading)) == 2
    instead = {"input": [said("user", "No picture.")], "output": said("assistant", "Two.")}
    script.send(script.trace(2, instead))
    assert drop_unnamed(loading.store, loading.project_id) == (0, 0), "written just now"
    assert len(stored(loading)) == 2
    # Versions are ahead of the clock where another test of this store had it set ahead.
    assert drop_unnamed(loading.store, loading.project_id, grace_ns=-(2**60)) == (1, 2008)
    assert len(stored(loading)) == 1
    assert shown(loading)[0] == ["media"]
    # Named again, it is there again.
    script.send(script.trace(2, {"input": [told], "output": said("assistant", "Two.")}))
    assert len(stored(loading)) == 2


def test_an_attachment_lost_by_a_race_is_derived_again(loading: Loading) -> None:
    script = Script(loading)
    message = {"role": "user", "parts": [picture(1)]}
    script.send(script.trace(1, {"input": [message], "output": said("assistant", "One.")}))
    before = stored(loading)
    loading.store._engine.command(
        "ALTER TABLE attachments DELETE WHERE project_id = {p:String} SETTINGS mutations_sync = 2",
        {"p": loading.project_id},
    )
    loading.store.touch("attachments.touch_lost", [{"project_id": loading.project_id}])
    loading.derive()
    assert stored(loading) == before
