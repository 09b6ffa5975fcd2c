"""Messages in span events and log records: structured bodies, JSON text, attributes."""

import json
from typing import Any

import pytest

from parley.conventions import MessageReader, Record

HISTORY = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!"), ("user", "Bye")]


def record(name: str, body: Any = None, **attributes: Any) -> Record:
    return Record(f"gen_ai.{name}", body, attributes)


def told(records: list[Record], attributes: dict[str, Any] | None = None) -> list[tuple[str, str]]:
    found = MessageReader().read(attributes or {}, records)
    return [(message.role, message.text) for message in [*found.inputs, *found.outputs]]


@pytest.mark.parametrize(
    "records",
    [
        pytest.param(
            [
                *(record(f"{role}.message", {"content": text}) for role, text in HISTORY),
                record("choice", {"index": 0, "message": {"content": "Ciao"}}),
                record("choice", {"index": 1, "message": {"content": "another"}}),
            ],
            id="structured bodies",
        ),
        pytest.param(
            [
                *(
                    record(f"{role}.message", json.dumps({"role": role, "content": text}))
                    for role, text in HISTORY
                ),
                record("choice", json.dumps({"message": {"role": "x", "content": "Ciao"}})),
            ],
            id="JSON text, as Semantic Kernel",
        ),
        pytest.param(
            [
                *(
                    record(f"{role}.message", content=json.dumps([{"text": text}]))
                    for role, text in HISTORY
                ),
                record("choice", message=json.dumps([{"text": "Ciao"}]), finish_reason="end_turn"),
            ],
            id="attributes of span events, as Strands",
        ),
        pytest.param(
            [
                Record(
                    "gen_ai.client.inference.operation.details",
                    {
                        "gen_ai.input.messages": [
                            {"role": role, "parts": [{"type": "text", "content": text}]}
                            for role, text in HISTORY
                        ],
                        "gen_ai.output.messages": [
                            {"role": "assistant", "parts": [{"type": "text", "content": "Ciao"}]}
                        ],
                    },
                    {},
                ),
            ],
            id="a call in full in the body",
        ),
        pytest.param(
            [
                Record(
                    "gen_ai.client.inference.operation.details",
                    None,
                    {
                        "gen_ai.input.messages": [
                            {"role": role, "parts": [{"type": "text", "content": text}]}
                            for role, text in HISTORY
                        ],
                        "gen_ai.output.messages": [
                            {"role": "assistant", "parts": [{"type": "text", "content": "Ciao"}]}
                        ],
                    },
                )
            ],
            id="one record of the whole call",
        ),
        pytest.param(
            [
                *(
                    record(
                        f"{role}.message", **{"gen_ai.event.content": json.dumps({"content": t})}
                    )
                    for role, t in HISTORY
                ),
                record("choice", **{"gen_ai.event.content": '{"message": {"content": "Ciao"}}'}),
            ],
            id="one attribute of JSON, as Azure",
        ),
        pytest.param(
            [
                Record(
                    "gen_ai.content.prompt",
                    None,
                    {"gen_ai.prompt": json.dumps([{"role": r, "content": t} for r, t in HISTORY])},
                ),
                Record(
                    "gen_ai.content.completion",
                    None,
                    {"gen_ai.completion": '[{"role": "assistant", "content": "Ciao"}]'},
                ),
            ],
            id="content events",
        ),
    ],
)
def test_one_conversation_in_every_kind_of_record(records: list[Record]) -> None:
    assert told(records) == [*HISTORY, ("assistant", "Ciao")]


def test_attributes_of_the_span_come_before_its_records() -> None:
    attributes = {
        "gen_ai.input.messages": '[{"role":"user","content":"attribute"}]',
        "gen_ai.output.messages": '[{"role":"assistant","content":"attribute"}]',
    }
    records = [record("user.message", {"content": "record"})]
    assert told(records, attributes) == [("user", "attribute"), ("assistant", "attribute")]


def test_tool_calls_and_results_of_records_keep_their_ids() -> None:
    call = {"id": "c1", "type": "function", "function": {"name": "weather", "arguments": "{}"}}
    use = {"toolUse": {"toolUseId": "c2", "name": "weather", "input": {"city": "Oslo"}}}
    found = MessageReader().read(
        {},
        [
            record("assistant.message", {"tool_calls": [call]}),
            record("tool.message", {"id": "c1", "content": "14 °C"}),
            record("choice", message=json.dumps([use])),
        ],
    )
    asked, answered = found.inputs
    assert (asked.parts[0].kind, asked.parts[0].call_id) == ("tool_call", "c1")
    assert (answered.role, answered.text, answered.parts[0].call_id) == ("tool", "14 °C", "c1")
    assert (found.outputs[0].parts[0].name, found.outputs[0].parts[0].call_id) == ("weather", "c2")


def test_a_message_sent_again_is_read_once() -> None:
    reader = MessageReader()
    first = reader.read({}, [record("user.message", {"content": "Hi"})])
    again = reader.read({}, [record("user.message", {"content": "Hi"})])
    assert first.inputs[0] is again.inputs[0]
    whole = Record(
        "gen_ai.client.inference.operation.details",
        None,
        {"gen_ai.input.messages": [{"role": "user", "parts": [{"type": "text", "content": "Hi"}]}]},
    )
    assert reader.read({}, [whole]).inputs[0] is reader.read({}, [whole]).inputs[0]


def test_chunks_of_a_streamed_answer_are_one_message() -> None:
    chunks = [
        {
            "role": "assistant",
            "parts": [{"type": "text", "content": text}],
            "finish_reason": "stop" if text == "Kyoto." else "",
        }
        for text in ("Plan ", "for ", "Kyoto.")
    ]
    for value in (json.dumps(chunks), chunks):
        found = MessageReader().read({"gen_ai.output.messages": value})
        assert [(m.role, m.text, len(m.parts)) for m in found.outputs] == [
            ("assistant", "Plan for Kyoto.", 1)
        ]
    whole = [{**chunk, "finish_reason": "stop"} for chunk in chunks]
    assert len(MessageReader().read({"gen_ai.output.messages": whole}).outputs) == 3


def test_an_answer_in_several_attributes_is_one_message() -> None:
    found = MessageReader().read(
        {
            "ai.response.text": "Let me look.",
            "ai.response.toolCalls": '[{"toolCallId":"t","toolName":"weather","input":{"a":1}}]',
        }
    )
    assert [(part.kind, part.text or part.name) for part in found.outputs[0].parts] == [
        ("text", "Let me look."),
        ("tool_call", "weather"),
    ]
