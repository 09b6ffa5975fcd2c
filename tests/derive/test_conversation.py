"""Turns, messages, usage and failures of conversations as clients send them."""

import json
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.model import SessionDetail, Transcript
from parley.query import open_session, read_transcript
from tests.storing import Loading

START = 1_790_000_000_000_000_000
SECOND = 10**9


def said(role: str, text: str) -> dict[str, Any]:
    return {"role": role, "parts": [{"type": "text", "content": text}]}


def asked(name: str, call_id: str = "c1") -> dict[str, Any]:
    part = {"type": "tool_call", "id": call_id, "name": name, "arguments": {}}
    return {"role": "assistant", "parts": [part]}


def result(text: str, call_id: str = "c1") -> dict[str, Any]:
    return {
        "role": "tool",
        "parts": [{"type": "tool_call_response", "id": call_id, "response": text}],
    }


class Script:
    """Writes traces of one session; trace n starts n × 100 s after the first."""

    def __init__(self, loading: Loading) -> None:
        self.loading = loading

    def trace(self, number: int, *spans: dict[str, Any], session: str = "s") -> bytes:
        request = ExportTraceServiceRequest()
        scope = request.resource_spans.add().scope_spans.add()
        for place, given in enumerate(spans):
            start = START + number * 100 * SECOND + given.get("at", place) * SECOND
            span = scope.spans.add(
                trace_id=number.to_bytes(16, "big"),
                span_id=(number * 1000 + given.get("id", place + 1)).to_bytes(8, "big"),
                name=given.get("name", "span"),
                start_time_unix_nano=start,
                end_time_unix_nano=start + given.get("for", 1) * SECOND,
            )
            if "parent" in given:
                span.parent_span_id = (number * 1000 + given["parent"]).to_bytes(8, "big")
            if "error" in given:
                span.status.code, span.status.message = 2, given["error"]
            attributes = {"session.id": session} if given.get("session", True) else {}
            attributes |= given.get("attributes", {})
            if "input" in given or "output" in given:
                attributes |= {
                    "gen_ai.operation.name": "chat",
                    "gen_ai.request.model": "gpt-4o-mini",
                }
                if "input" in given:
                    attributes["gen_ai.input.messages"] = json.dumps(given["input"])
                if "output" in given:
                    attributes["gen_ai.output.messages"] = json.dumps([given["output"]])
            if "kind" in given:
                attributes["gen_ai.operation.name"] = given["kind"]
            for key, value in attributes.items():
                target = span.attributes.add(key=key).value
                if isinstance(value, int):
                    target.int_value = value
                else:
                    target.string_value = value
        return request.SerializeToString()

    def send(self, *bodies: bytes) -> None:
        self.loading.load(bodies)
        self.loading.derive()

    def opened(self, session: str = "s") -> SessionDetail:
        found = open_session(self.loading.store, self.loading.project_id, session)
        assert found is not None
        return found

    def told(self, session: str = "s") -> list[tuple[str, str]]:
        found = read_transcript(self.loading.store, self.loading.project_id, session)
        assert isinstance(found, Transcript)
        return [(m.role, m.text) for turn in found.turns for m in turn.messages if not m.folded]

    def inputs(self) -> list[str]:
        return [turn.input for turn in self.opened().turns]


def test_a_call_that_brings_tool_results_goes_on_with_the_turn_before(loading: Loading) -> None:
    script = Script(loading)
    question = [said("user", "Weather?")]
    first = script.trace(1, {"input": question, "output": asked("weather")})
    second = script.trace(
        2,
        {
            "input": [*question, asked("weather"), result("rain")],
            "output": said("assistant", "Rain."),
        },
    )
    script.send(second)
    assert [turn.turn_id for turn in script.opened().turns] == [f"{2:032x}.0"]
    script.send(first)  # the beginning arrives late
    turns = script.opened().turns
    assert [turn.turn_id for turn in turns] == [f"{1:032x}.0"]
    assert (turns[0].input, turns[0].output, turns[0].llm_calls) == ("Weather?", "Rain.", 2)
    assert script.told() == [
        ("user", "Weather?"),
        ("assistant", ""),
        ("tool", "rain"),
        ("assistant", "Rain."),
    ]


def test_a_trace_that_moves_leaves_no_ghost(loading: Loading) -> None:
    script = Script(loading)
    child = {
        "id": 2,
        "parent": 1,
        "session": False,
        "attributes": {"session_id": "low"},
        "input": [said("user", "Hi")],
        "output": said("assistant", "Hello"),
    }
    script.send(script.trace(1, child))
    assert set(loading.result()) == {"low"}
    script.send(
        script.trace(1, {"id": 1, "session": False, "attributes": {"ag.session.id": "high"}})
    )
    found = loading.result()
    assert set(found) == {"high"}
    assert script.opened("high").session.spans == 2
    for table in ("turns", "messages", "traces"):
        rows = loading.store._engine.query(
            f"SELECT DISTINCT session_id FROM {table} FINAL WHERE project_id = {{p:String}}",
            {"p": loading.project_id},
        )
        assert rows == [("high",)], table


def test_who_says_yes_twice_said_it_twice(loading: Loading) -> None:
    script = Script(loading)
    history: list[dict[str, Any]] = []
    bodies = []
    for number, (words, answer) in enumerate(
        [("Book it?", "Sure?"), ("yes", "Really?"), ("yes", "Booked.")], 1
    ):
        history.append(said("user", words))
        bodies.append(
            script.trace(number, {"input": list(history), "output": said("assistant", answer)})
        )
        history.append(said("assistant", answer))
    script.send(*bodies)
    assert script.inputs() == ["Book it?", "yes", "yes"]
    assert [text for _, text in script.told()] == [
        "Book it?",
        "Sure?",
        "yes",
        "Really?",
        "yes",
        "Booked.",
    ]


def test_without_resent_history_the_same_word_twice_is_two_turns(loading: Loading) -> None:
    script = Script(loading)
    script.send(
        script.trace(1, {"input": [said("user", "yes")], "output": said("assistant", "ok")}),
        script.trace(2, {"input": [said("user", "yes")], "output": said("assistant", "ok")}),
    )
    assert script.inputs() == ["yes", "yes"]
    assert len(script.told()) == 4


def test_a_sliding_window_and_a_summary_add_nothing(loading: Loading) -> None:
    script = Script(loading)
    words = [(f"question {n}", f"answer {n}") for n in range(8)]
    bodies = []
    for number, (question, answer) in enumerate(words):
        last = [
            m
            for q, a in words[max(number - 2, 0) : number]
            for m in (said("user", q), said("assistant", a))
        ]
        summary = [said("user", f"Summary of {number} turns")] if number > 2 else []
        bodies.append(
            script.trace(
                number,
                {
                    "input": [*summary, *last, said("user", question)],
                    "output": said("assistant", answer),
                },
            )
        )
    script.send(*reversed(bodies))
    assert script.inputs() == [question for question, _ in words]
    assert [text for _, text in script.told()] == [text for pair in words for text in pair]


def test_history_of_the_first_call_is_context_not_a_turn(loading: Loading) -> None:
    script = Script(loading)
    before = [said("user", "Earlier"), said("assistant", "Long ago")]
    script.send(
        script.trace(
            1,
            {
                "input": [said("system", "Be kind."), *before, said("user", "Now")],
                "output": said("assistant", "Yes"),
            },
        )
    )
    assert script.inputs() == ["Now"]
    found = read_transcript(loading.store, loading.project_id, "s")
    assert found is not None
    assert [(m.role, m.folded) for m in found.turns[0].messages] == [
        ("system", False), ("user", True), ("assistant", True), ("user", False), ("assistant", False),
    ]  # fmt: skip


def test_an_unanswered_question_is_said_once(loading: Loading) -> None:
    script = Script(loading)
    script.send(
        script.trace(1, {"input": [said("user", "one")], "error": "HTTP 429"}),
        script.trace(
            2,
            {
                "input": [said("user", "one"), said("user", "two")],
                "output": said("assistant", "ok"),
            },
        ),
    )
    turns = script.opened().turns
    assert [(t.input, t.error) for t in turns] == [("one", "HTTP 429"), ("two", None)]


def test_a_whole_chat_in_one_trace_is_several_turns(loading: Loading) -> None:
    script = Script(loading)
    history: list[dict[str, Any]] = []
    spans: list[dict[str, Any]] = [{"name": "chat", "for": 50}]
    for number in range(3):
        history.append(said("user", f"q{number}"))
        spans.append(
            {
                "id": 10 + number,
                "parent": 1,
                "at": 1 + number * 10,
                "for": 2,
                "input": list(history),
                "output": said("assistant", f"a{number}"),
            }
        )
        history.append(said("assistant", f"a{number}"))
    script.send(script.trace(1, *spans))
    turns = script.opened().turns
    assert [(t.turn_id, t.input, t.output, t.latency_ms) for t in turns] == [
        (f"{1:032x}.{n}", f"q{n}", f"a{n}", 2000) for n in range(3)
    ]
    assert script.opened().session.spans == 4


def test_prompts_of_a_tools_own_model_are_no_words_of_the_user(loading: Loading) -> None:
    script = Script(loading)
    script.send(
        script.trace(
            1,
            {"name": "agent", "kind": "invoke_agent", "for": 20},
            {
                "id": 2,
                "parent": 1,
                "input": [said("user", "Research tea")],
                "output": asked("researcher"),
            },
            {"id": 3, "parent": 1, "kind": "execute_tool", "name": "researcher", "for": 5},
            {
                "id": 4,
                "parent": 3,
                "input": [said("user", "You are a researcher. Topic: tea")],
                "output": said("assistant", "Notes"),
            },
            {
                "id": 5,
                "parent": 1,
                "at": 9,
                "input": [said("user", "Research tea"), asked("researcher"), result("Notes")],
                "output": said("assistant", "Tea is old."),
            },
        )
    )
    assert script.inputs() == ["Research tea"]
    assert script.opened().turns[0].llm_calls == 3
    assert ("user", "You are a researcher. Topic: tea") not in script.told()


def test_steps_with_prompts_of_their_own_stay_in_one_turn(loading: Loading) -> None:
    script = Script(loading)
    script.send(
        script.trace(
            1,
            {"name": "chain", "for": 20},
            {
                "id": 2,
                "parent": 1,
                "input": [said("user", "And tea?")],
                "output": said("assistant", "What about tea in Japan?"),
            },
            {
                "id": 3,
                "parent": 1,
                "at": 5,
                "input": [said("user", "Context: … Question: tea in Japan")],
                "output": said("assistant", "It is green."),
            },
        )
    )
    turns = script.opened().turns
    assert [(t.input, t.output) for t in turns] == [("And tea?", "It is green.")]


def test_usage_counts_calls_once(loading: Loading) -> None:
    script = Script(loading)
    usage = {"gen_ai.usage.input_tokens": 100, "gen_ai.usage.output_tokens": 10}
    script.send(
        script.trace(
            1,
            {"kind": "invoke_agent", "attributes": usage, "for": 9},
            {
                "id": 2,
                "parent": 1,
                "input": [said("user", "Hi")],
                "output": said("assistant", "a"),
                "attributes": {**usage, "gen_ai.response.id": "r1"},
            },
            {
                "id": 3,
                "parent": 2,
                "attributes": {
                    **usage,
                    "gen_ai.response.id": "r1",
                    "gen_ai.operation.name": "chat",
                },
            },
        )
    )
    session = script.opened().session
    assert (session.input_tokens, session.output_tokens, session.llm_calls) == (100, 10, 1)
    assert session.usage_complete


def test_an_agents_total_counts_where_no_call_reports_any(loading: Loading) -> None:
    script = Script(loading)
    usage = {"gen_ai.usage.input_tokens": 70, "gen_ai.usage.output_tokens": 7}
    script.send(
        script.trace(
            1,
            {"kind": "invoke_agent", "attributes": usage, "for": 9},
            {"id": 2, "parent": 1, "input": [said("user", "Hi")]},
        )
    )
    session = script.opened().session
    assert (session.input_tokens, session.output_tokens) == (70, 7)


def test_unknown_usage_and_cost_are_marked_not_zero(loading: Loading) -> None:
    script = Script(loading)
    script.send(script.trace(1, {"input": [said("user", "Hi")], "output": said("assistant", "a")}))
    session = script.opened().session
    assert (
        session.input_tokens,
        session.usage_complete,
        session.cost_usd,
        session.cost_complete,
    ) == (0, False, None, False)


def test_a_recovered_error_is_no_failed_turn(loading: Loading) -> None:
    script = Script(loading)
    question = [said("user", "Hi")]
    script.send(
        script.trace(
            1,
            {"name": "turn", "for": 9},
            {"id": 2, "parent": 1, "input": question, "error": "HTTP 429"},
            {
                "id": 3,
                "parent": 1,
                "at": 4,
                "input": question,
                "output": said("assistant", "Hello"),
            },
        )
    )
    session = script.opened().session
    assert (session.errors, session.span_errors, session.last_error) == (0, 1, "")


def test_a_bare_call_that_is_tried_again_is_one_turn(loading: Loading) -> None:
    script = Script(loading)
    question = [said("user", "Hi")]
    script.send(script.trace(3, {"input": question, "output": said("assistant", "Hello")}))
    assert script.inputs() == ["Hi"]
    failed = [script.trace(n, {"input": question, "error": "HTTP 429"}) for n in (1, 2)]
    script.send(*failed)
    turns = script.opened().turns
    assert [(t.turn_id, t.input, t.output, t.error, t.llm_calls, t.span_errors) for t in turns] == [
        (f"{1:032x}.0", "Hi", "Hello", None, 3, 2)
    ]
    assert script.told() == [("user", "Hi"), ("assistant", "Hello")]


def test_a_person_who_asks_again_after_a_failure_opens_a_turn(loading: Loading) -> None:
    script = Script(loading)
    call = {"id": 2, "parent": 1, "input": [said("user", "Hi")]}
    script.send(
        script.trace(1, {"name": "turn", "error": "HTTP 429"}, {**call, "error": "HTTP 429"}),
        script.trace(2, {"name": "turn"}, {**call, "output": said("assistant", "Hello")}),
    )
    assert [(t.input, t.error) for t in script.opened().turns] == [("Hi", "HTTP 429"), ("Hi", None)]


def test_a_tool_that_fails_without_an_answer_fails_the_turn(loading: Loading) -> None:
    script = Script(loading)
    script.send(
        script.trace(
            1,
            {"name": "turn", "for": 9},
            {"id": 2, "parent": 1, "input": [said("user", "Hi")], "output": asked("db")},
            {
                "id": 3,
                "parent": 1,
                "at": 4,
                "kind": "execute_tool",
                "name": "db",
                "error": "timed out",
            },
        )
    )
    assert script.opened().turns[0].error == "timed out"


def test_a_late_turn_takes_its_place_and_changes_no_id(loading: Loading) -> None:
    script = Script(loading)
    bodies = {
        n: script.trace(n, {"input": [said("user", f"q{n}")], "output": said("assistant", f"a{n}")})
        for n in range(1, 4)
    }
    script.send(bodies[1], bodies[3])
    before = {turn.turn_id: turn.turn for turn in script.opened().turns}
    script.send(bodies[2])
    after = {turn.turn_id: turn.turn for turn in script.opened().turns}
    assert [turn.input for turn in script.opened().turns] == ["q1", "q2", "q3"]
    assert before.keys() < after.keys()


def test_a_span_sent_again_with_another_start_is_one_span(loading: Loading) -> None:
    script = Script(loading)
    call = {"input": [said("user", "Hi")], "output": said("assistant", "Hello")}
    script.send(script.trace(1, call))
    script.send(script.trace(1, {**call, "at": 7}))
    (turn,) = script.opened().turns
    assert (turn.llm_calls, turn.spans) == (1, 1)


def test_two_calls_that_begin_at_once_are_two_turns(loading: Loading) -> None:
    script = Script(loading)
    calls = [
        {
            "input": [said("user", words)],
            "output": said("assistant", f"{words}!"),
            "at": 0,
            "parent": 9,
        }
        for words in ("Hi", "Hey")
    ]
    parents = [{"id": 9, "kind": "invoke_agent", "at": 0, "for": 9}]
    script.send(script.trace(1, *parents, *calls))
    assert sum(turn.llm_calls for turn in script.opened().turns) == 2


def test_results_of_tools_that_a_retry_brings_again_are_told_once(loading: Loading) -> None:
    script = Script(loading)
    told = [said("user", "Hi"), asked("db"), result("0")]
    script.send(
        script.trace(1, {"input": told[:1], "output": asked("db")}),
        script.trace(2, {"input": told, "error": "HTTP 429"}),
        script.trace(3, {"input": told, "output": said("assistant", "None.")}),
    )
    (turn,) = script.opened().turns
    assert (turn.llm_calls, turn.error) == (3, None)
    assert script.told() == [
        ("user", "Hi"),
        ("assistant", ""),
        ("tool", "0"),
        ("assistant", "None."),
    ]


def test_a_retry_that_a_second_tracer_tells_too_is_one_turn(loading: Loading) -> None:
    script = Script(loading)
    call = {"input": [said("user", "Hi")]}
    ids = {"gen_ai.response.id": "r1"}
    below = {"id": 2, "parent": 1, "kind": "chat", "attributes": ids}
    answer = said("assistant", "Hello")
    script.send(
        script.trace(1, {**call, "error": "HTTP 429"}),
        script.trace(2, {**call, "output": answer, "attributes": ids}, below),
    )
    assert [(t.input, t.error, t.llm_calls) for t in script.opened().turns] == [("Hi", None, 2)]
    assert script.told() == [("user", "Hi"), ("assistant", "Hello")]


def test_a_recovered_error_in_a_trace_of_the_whole_chat_is_no_failed_turn(loading: Loading) -> None:
    script = Script(loading)
    first, second = said("user", "one"), [said("user", "one"), said("assistant", "1")]
    second.append(said("user", "two"))
    calls = [
        {"input": [first], "output": said("assistant", "1")},
        {"input": second, "error": "HTTP 429"},
        {"input": second, "output": asked("db")},
        {"kind": "execute_tool", "name": "db", "error": "no such row"},
        {"input": [*second, asked("db"), result("no such row")], "output": said("assistant", "2")},
    ]
    spans = [{**given, "id": 2 + n, "parent": 1, "at": 1 + 3 * n} for n, given in enumerate(calls)]
    script.send(script.trace(1, {"name": "chat", "for": 50}, *spans))
    turns = script.opened().turns
    assert [(t.input, t.output, t.error) for t in turns] == [("one", "1", None), ("two", "2", None)]


def test_the_same_words_under_another_span_of_the_session_are_said_again(loading: Loading) -> None:
    """One trace for the chat, a span that says the session for each turn, no history resent."""
    script = Script(loading)
    spans: list[dict[str, Any]] = [{"id": 1, "name": "chat", "for": 50, "session": False}]
    for place, answer in enumerate(["Really?", "Sure?", "Booked."]):
        turn, call = 2 + 2 * place, 3 + 2 * place
        at = 1 + 5 * place
        asked_for = [said("user", "yes")]
        spans.append({"id": turn, "parent": 1, "name": "turn", "at": at, "for": 3})
        spans.append(
            {
                "id": call,
                "parent": turn,
                "at": at + 1,
                "session": False,
                "input": asked_for,
                "output": said("assistant", answer),
            }
        )
    script.send(script.trace(1, *spans))
    assert [(t.input, t.output) for t in script.opened().turns] == [
        ("yes", "Really?"),
        ("yes", "Sure?"),
        ("yes", "Booked."),
    ]


def test_steps_that_say_the_session_and_ask_the_same_are_one_turn(loading: Loading) -> None:
    """A step that decides, and one that answers, below the root of another tracer."""
    script = Script(loading)
    spans: list[dict[str, Any]] = [{"id": 1, "name": "POST /chat", "for": 50, "session": False}]
    for place, (name, answer) in enumerate([("route", "billing"), ("answer", "It is paid.")]):
        step, call = 2 + 2 * place, 3 + 2 * place
        words = {"input": [said("user", "Paid?")], "output": said("assistant", answer)}
        spans.append({"id": step, "parent": 1, "name": name, "at": 1 + 5 * place, "for": 3})
        spans.append({"id": call, "parent": step, "at": 2 + 5 * place, **words})
    script.send(script.trace(1, *spans))
    assert [(t.input, t.output) for t in script.opened().turns] == [("Paid?", "It is paid.")]
