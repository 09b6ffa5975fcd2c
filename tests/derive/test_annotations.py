"""Scores reach the rows of sessions whatever process wrote the annotation."""

import time

from parley.derive import Annotations
from parley.model import Annotation
from parley.query import open_session
from tests.derive.test_conversation import Script, said
from tests.storing import Loading


def test_a_process_folds_what_another_one_left(loading: Loading) -> None:
    script, store, project = Script(loading), loading.store, loading.project_id

    def talk(second: int) -> None:
        call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
        loading.load([script.trace(second, call, session="s")])
        loading.derive()

    def scores() -> dict[str, float]:
        opened = open_session(store, project, "s")
        assert opened is not None
        return opened.session.scores

    talk(1)
    ahead = time.time_ns() + 3600 * 10**9  # the clock was an hour ahead when the row was written
    store.run("sessions.summarise", project_id=project, sessions=["s"], version=ahead)
    dying = Annotations(store)
    assert dying.fragments(project) == {}  # nothing is looked up where nothing was said
    tone = Annotation(id="", project="", session_id="s", name="tone", value=3)
    (kept,), added = dying.add(project, [tone])
    assert (added, scores()) == (1, {})
    loading.derive()  # by a worker of its own, with nothing on the work list
    assert scores() == {"tone": 3.0}
    talk(2)  # summed again for another reason
    assert scores() == {"tone": 3.0}
    assert dying.due() == {project: ["s"]}
    assert dying.due() == {}  # told once
    dying.remove(project, kept.id)
    loading.derive()
    assert scores() == {}
