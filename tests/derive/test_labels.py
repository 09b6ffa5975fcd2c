"""What people say of sessions: in the row at once, and still there after all that derivation does."""

import json
import threading

import pytest

from parley.bus import Bus
from parley.derive import BadLabel, Deriver, Labels, rebuild
from parley.model import LabelChange, Session, SessionQuery
from parley.query import complete_filter, find_sessions, read_session
from tests.derive.test_conversation import Script, said
from tests.storing import Loading


@pytest.fixture
def script(loading: Loading) -> Script:
    """Two sessions of two turns; the spans of the first bring a tag."""
    made = Script(loading)
    made.send(*(turn(made, number, f"s{number % 2}") for number in range(4)))
    return made


def turn(script: Script, number: int, session: str) -> bytes:
    attributes = {"tag.tags": json.dumps(["sent"])} if session == "s0" else {}
    call = {"input": [said("user", f"q{number}")], "output": said("assistant", "a")}
    return script.trace(number + 1, {**call, "attributes": attributes}, session=session)


def labels_of(loading: Loading) -> Labels:
    return Labels(loading.store, Deriver(loading.store, Bus()))


def shown(loading: Loading, session_id: str) -> Session:
    session = read_session(loading.store, loading.project_id, session_id)
    assert session is not None
    return session


def marks(session: Session) -> tuple[str | None, list[str], list[str], bool]:
    return session.title, session.tags, session.own_tags, session.bookmarked


def change(loading: Loading, *session_ids: str, **fields: object) -> list[str]:
    asked = LabelChange(**fields)  # type: ignore[arg-type]
    return labels_of(loading).change(loading.project_id, session_ids, asked)


def test_a_row_tells_of_its_labels_at_once_and_of_no_others(loading: Loading, script: Script):
    assert change(loading, "s0", "none", title=" A <b> ", add_tags=["b", "a"]) == ["s0"]
    assert marks(shown(loading, "s0")) == ("A <b>", ["sent", "a", "b"], ["a", "b"], False)
    assert marks(shown(loading, "s1")) == (None, [], [], False)
    change(loading, "s0", "s1", bookmarked=True, remove_tags=["b", "sent"])
    assert marks(shown(loading, "s0")) == ("A <b>", ["sent", "a"], ["a"], True)
    change(loading, "s0", title=None, tags=["c", "sent"], bookmarked=False)
    assert marks(shown(loading, "s0")) == (None, ["sent", "c"], ["c", "sent"], False)
    assert marks(shown(loading, "s1")) == (None, [], [], True)
    change(loading, "s0", tags=[])
    assert marks(shown(loading, "s0")) == (None, ["sent"], [], False)


def test_labels_outlast_late_spans_and_a_rebuild(loading: Loading, script: Script):
    change(loading, "s0", title="Kept", add_tags=["mine"], bookmarked=True)
    script.send(turn(script, 4, "s0"))
    late = shown(loading, "s0")
    assert late.turns == 3
    assert marks(late) == ("Kept", ["sent", "mine"], ["mine"], True)
    rebuild(loading.store)
    assert shown(loading, "s0") == late
    assert marks(shown(loading, "s1")) == (None, [], [], False)


def test_a_row_that_a_power_cut_took_is_summed_at_the_next_start(
    loading: Loading, script: Script
) -> None:
    deriver = Deriver(loading.store, Bus())
    facts = [loading.project_id, "s0", "title", "", deriver.next_version(), 0, "Kept"]
    columns = ["project_id", "session_id", "kind", "name", "version", "is_deleted", "value"]
    loading.store.write("labels", columns, [facts])
    assert shown(loading, "s0").title is None
    labels = Labels(loading.store, deriver)
    labels.catch_up()
    assert shown(loading, "s0").title == "Kept"
    assert loading.store.read_all("labels.unfolded") == []


def test_another_project_is_not_reached(loading: Loading, script: Script, tmp_path):
    other = Loading(loading.store, tmp_path)
    Script(other).send(turn(Script(other), 0, "s0"))
    assert change(other, "s0", "s1", title="Theirs") == ["s0"]
    assert shown(loading, "s0").title is None
    assert shown(other, "s0").title == "Theirs"


def test_two_who_label_at_once_lose_nothing(loading: Loading, script: Script):
    labels = labels_of(loading)

    def add(name: str) -> None:
        labels.change(loading.project_id, ["s0"], LabelChange(add_tags=[name]))

    threads = [threading.Thread(target=add, args=(f"tag {number}",)) for number in range(6)]
    for thread in threads:
        thread.start()
    script.send(turn(script, 6, "s0"))
    for thread in threads:
        thread.join()
    session = shown(loading, "s0")
    assert session.own_tags == [f"tag {number}" for number in range(6)]
    assert session.turns == 3


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", "x" * 201),
        ("title", "two\nlines"),
        ("add_tags", ["x" * 101]),
        ("add_tags", ["fine", "  "]),
        ("tags", [f"{number}" for number in range(51)]),
        ("add_tags", ["one more"]),
    ],
)
def test_what_cannot_be_kept_changes_nothing(loading, script, field, value):
    full = [f"{number:02}" for number in range(50)]
    change(loading, "s0", title="t" * 200, tags=full)
    with pytest.raises(BadLabel) as refused:
        change(loading, "s1", "s0", bookmarked=True, **{field: value})
    assert refused.value.field == field
    assert marks(shown(loading, "s0")) == ("t" * 200, ["sent", *full], full, False)
    assert marks(shown(loading, "s1")) == (None, [], [], False)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('title ~ "REFUND"', ["s0"]),
        ("title is unknown", ["s1"]),
        ("bookmarked", ["s1"]),
        ("bookmarked = false", ["s0"]),
        ('tag = "mine"', ["s0"]),
        ('tag in ("mine", "sent")', ["s0"]),
    ],
)
def test_the_filter_language_knows_labels(loading, script, text, found):
    change(loading, "s0", title="A refund, late", add_tags=["mine"])
    change(loading, "s1", bookmarked=True)
    page = find_sessions(loading.store, loading.project_id, SessionQuery(filter=text))
    assert [session.session_id for session in page.sessions] == found


def test_tags_given_by_people_are_proposed_first(loading: Loading, script: Script):
    change(loading, "s0", add_tags=["mine"])
    given = complete_filter(loading.store, loading.project_id, "tag = ", 6).options
    assert [option.label for option in given] == ["mine", "sent"]
