"""Every form of payload that clients write becomes the same messages."""

import json
from typing import Any

import pytest

from parley.conventions import MessageReader


def told(attributes: dict[str, Any]) -> list[tuple[str, str]]:
    found = MessageReader().read(attributes)
    return [(message.role, message.text) for message in [*found.inputs, *found.outputs]]


ASKED = [("system", "Be brief."), ("user", "Hi"), ("assistant", "Hello!")]
OPENAI = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}]
SEM = [
    {"role": "system", "parts": [{"type": "text", "content": "Be brief."}]},
    {"role": "user", "parts": [{"type": "text", "content": "Hi"}]},
]
SEM_OUT = [{"role": "assistant", "parts": [{"type": "text", "content": "Hello!"}]}]
CHOICES = [
    {"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "Hello!"}}
]


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param(
            {
                "gen_ai.input.messages": json.dumps(SEM),
                "gen_ai.output.messages": json.dumps(SEM_OUT),
            },
            id="GenAI parts",
        ),
        pytest.param(
            {
                "gen_ai.system_instructions": '[{"type":"text","content":"Be brief."}]',
                "gen_ai.input.messages": json.dumps(SEM[1:]),
                "gen_ai.output.messages": json.dumps(SEM_OUT),
            },
            id="GenAI system instructions apart",
        ),
        pytest.param(
            {
                "gen_ai.input.messages": json.dumps(OPENAI),
                "gen_ai.output.messages": json.dumps(CHOICES),
            },
            id="OpenAI messages and choices under GenAI names",
        ),
        pytest.param(
            {
                "gen_ai.prompt": json.dumps({"messages": OPENAI}),
                "gen_ai.completion": json.dumps({"choices": CHOICES}),
            },
            id="one JSON of the call",
        ),
        pytest.param(
            {
                "gen_ai.prompt.0.role": "system",
                "gen_ai.prompt.0.content": "Be brief.",
                "gen_ai.prompt.1.role": "user",
                "gen_ai.prompt.1.content": "Hi",
                "gen_ai.completion.0.role": "assistant",
                "gen_ai.completion.0.content": "Hello!",
            },
            id="indexed GenAI",
        ),
        pytest.param(
            {
                "llm.input_messages.0.message.role": "system",
                "llm.input_messages.0.message.content": "Be brief.",
                "llm.input_messages.1.message.role": "user",
                "llm.input_messages.1.message.contents.0.message_content.type": "text",
                "llm.input_messages.1.message.contents.0.message_content.text": "Hi",
                "llm.output_messages.0.message.role": "assistant",
                "llm.output_messages.0.message.content": "Hello!",
            },
            id="OpenInference",
        ),
        pytest.param(
            {
                "ag.data.inputs": json.dumps({"messages": OPENAI}),
                "ag.data.outputs": json.dumps(
                    {"completion": [{"role": "assistant", "content": "Hello!"}]}
                ),
            },
            id="Agenta by hand",
        ),
        pytest.param(
            {
                "ag.data.inputs.prompt": "@ag.type=json:" + json.dumps(OPENAI),
                "ag.data.outputs.__default__": "Hello!",
            },
            id="Agenta SDK",
        ),
        pytest.param(
            {
                "input.value": json.dumps(
                    {
                        "messages": [
                            [
                                {
                                    "lc": 1,
                                    "type": "constructor",
                                    "id": ["x", "SystemMessage"],
                                    "kwargs": {"content": "Be brief."},
                                },
                                {
                                    "lc": 1,
                                    "type": "constructor",
                                    "id": ["x", "HumanMessage"],
                                    "kwargs": {"content": "Hi"},
                                },
                            ]
                        ]
                    }
                ),
                "output.value": json.dumps(
                    {
                        "generations": [
                            [
                                {
                                    "text": "Hello!",
                                    "message": {
                                        "kwargs": {"content": "Hello!"},
                                        "type": "constructor",
                                        "id": ["AIMessage"],
                                    },
                                }
                            ]
                        ]
                    }
                ),
            },
            id="LangChain constructors",
        ),
        pytest.param(
            {
                "input.value": json.dumps(
                    [
                        {"role": "system", "content": "Be brief."},
                        {"type": "human", "data": {"content": "Hi"}},
                    ]
                ),
                "output.value": json.dumps(
                    {
                        "messages": [
                            {
                                "type": "ai",
                                "data": {"content": [{"type": "text", "text": "Hello!"}]},
                            }
                        ]
                    }
                ),
            },
            id="LangChain typed",
        ),
    ],
)
def test_one_conversation_in_every_form(attributes: dict[str, Any]) -> None:
    assert told(attributes) == ASKED


def test_function_arguments_give_the_words_not_the_ids() -> None:
    inputs = {
        "ag.data.inputs.message": "Hi",
        "ag.data.inputs.session_id": "s",
        "ag.data.inputs.user_id": "u",
    }
    assert told(inputs) == [("user", "Hi")]
    assert told({"input.value": '{"query": "Hi", "top_k": 4}'}) == [("user", "Hi")]
    assert told({"input.value": '{"args": ["Hi"], "kwargs": {}}'}) == [("user", "Hi")]


def test_tool_calls_and_results_are_parts_with_their_ids() -> None:
    call = {
        "id": "c1",
        "type": "function",
        "function": {"name": "weather", "arguments": '{"city": "Kyoto"}'},
    }
    found = MessageReader().read(
        {
            "gen_ai.input.messages": json.dumps(
                [
                    {"role": "assistant", "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": "c1", "content": "14 °C"},
                ]
            ),
            "gen_ai.output.messages": json.dumps(
                [
                    {
                        "role": "assistant",
                        "parts": [
                            {
                                "type": "tool_call",
                                "id": "c2",
                                "name": "weather",
                                "arguments": {"city": "Oslo"},
                            }
                        ],
                    }
                ]
            ),
        }
    )
    asked, answered = found.inputs
    assert [(p.kind, p.name, p.call_id, p.arguments) for p in asked.parts] == [
        ("tool_call", "weather", "c1", '{"city": "Kyoto"}')
    ]
    assert (answered.role, answered.parts[0].kind, answered.parts[0].call_id, answered.text) == (
        "tool",
        "tool_result",
        "c1",
        "14 °C",
    )
    assert found.outputs[0].parts[0].arguments == '{"city": "Oslo"}'


def test_anthropic_tool_results_of_role_user_are_tool_messages() -> None:
    blocks = [
        {
            "role": "user",
            "content": [
                {
                    "type": "tool_result",
                    "tool_use_id": "t1",
                    "content": [{"type": "text", "text": "42"}],
                }
            ],
        }
    ]
    message = MessageReader().read({"gen_ai.input.messages": json.dumps(blocks)}).inputs[0]
    assert (message.role, message.text, message.parts[0].call_id) == ("tool", "42", "t1")


def test_items_of_the_responses_api_are_messages() -> None:
    asked = [
        {"role": "user", "content": "How is Kyoto?"},
        {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Look it up."}]},
        {
            "type": "function_call",
            "id": "fc",
            "call_id": "c1",
            "name": "weather",
            "arguments": "{}",
        },
        {"type": "function_call_output", "call_id": "c1", "output": "14 °C"},
    ]
    answer = {
        "id": "resp",
        "output": [
            {
                "type": "message",
                "role": "assistant",
                "content": [{"type": "output_text", "text": "14 °C."}],
            }
        ],
    }
    found = MessageReader().read(
        {"langfuse.observation.input": json.dumps(asked), "output.value": json.dumps(answer)}
    )
    parts = [(m.role, p.kind, p.text or p.name, p.call_id) for m in found.inputs for p in m.parts]
    assert parts == [
        ("user", "text", "How is Kyoto?", ""),
        ("assistant", "reasoning", "Look it up.", ""),
        ("assistant", "tool_call", "weather", "c1"),
        ("tool", "tool_result", "14 °C", "c1"),
    ]
    assert [(m.role, m.text) for m in found.outputs] == [("assistant", "14 °C.")]


def test_results_of_the_ai_sdk_say_their_value() -> None:
    part = {
        "type": "tool-result",
        "toolCallId": "c1",
        "toolName": "weather",
        "output": {"type": "text", "value": "14 °C"},
    }
    (message,) = (
        MessageReader()
        .read({"ai.prompt.messages": json.dumps([{"role": "tool", "content": [part]}])})
        .inputs
    )
    assert (message.role, message.text, message.parts[0].name) == ("tool", "14 °C", "weather")


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[1,",
        '"',
        "null",
        "[[[[]]]]",
        "[" * 3000 + "]" * 3000,
        '{"messages": {"a": 1}}',
        "@ag.type=none:",
    ],
)
def test_odd_payloads_are_no_error(text: str) -> None:
    MessageReader().read(
        {"input.value": text, "gen_ai.input.messages": text, "ag.data.inputs": text}
    )


def test_calls_of_one_answer_are_one_message_also_where_each_is_an_item() -> None:
    """As OpenAI's Agents SDK sends its history, by OpenInference."""
    call = {"type": "function_call", "name": "weather"}
    calls = [
        {**call, "call_id": "c1", "arguments": '{"city": "Kyoto"}'},
        {**call, "call_id": "c2", "arguments": '{"city": "Nara"}'},
    ]
    results = [
        {"type": "function_call_output", "call_id": name, "output": "18"} for name in ("c1", "c2")
    ]
    given = [{"role": "user", "content": "Hi"}, *calls, *results]
    found = MessageReader().read({"gen_ai.input.messages": json.dumps(given)}).inputs
    assert [message.role for message in found] == ["user", "assistant", "tool", "tool"]
    assert [part.call_id for part in found[1].parts] == ["c1", "c2"]


def test_two_answers_with_words_stay_two() -> None:
    given = [{"role": "assistant", "content": text} for text in ("One.", "Two.")]
    found = MessageReader().read({"gen_ai.input.messages": json.dumps(given)}).inputs
    assert [message.text for message in found] == ["One.", "Two."]


def test_the_name_of_a_prompt_is_no_message() -> None:
    named = {"gen_ai.prompt.name": "greeting", "gen_ai.prompt.variable.city": "Rome"}
    assert told(named) == []
    assert told({**named, "gen_ai.prompt.0.content": "Hi"}) == [("user", "Hi")]


def test_the_frame_that_crewai_puts_around_a_task_is_left_out() -> None:
    framed = (
        "\nCurrent Task: Plan a day\n\nin Kyoto\n\nThis is the expected criteria for your final "
        "answer: a plan\nyou MUST return the actual complete content.\n\nThought:"
    )
    message = {"role": "user", "content": framed}
    assert told(
        {"llm.input_messages.0.message.role": "user"}
        | {"llm.input_messages.0.message.content": framed}
    ) == [("user", "Plan a day\n\nin Kyoto")]
    assert told({"gen_ai.input.messages": json.dumps([message])}) == [
        ("user", "Plan a day\n\nin Kyoto")
    ]
    assert told({"gen_ai.prompt": "Current Task: none"}) == [("user", "Current Task: none")]


def test_a_streamed_answer_that_is_told_again_as_a_whole_is_told_once() -> None:
    """As Google's ADK writes it: pieces without a reason to finish, then all of it."""
    pieces = [
        {"role": "assistant", "parts": [{"type": "text", "content": text}], "finish_reason": why}
        for text, why in (("Hel", ""), ("lo!", ""), ("Hello!", "stop"))
    ]
    assert told({"gen_ai.output.messages": json.dumps(pieces)}) == [ASKED[-1]]
    assert told({"gen_ai.output.messages": json.dumps(pieces[:2])}) == [ASKED[-1]]


def test_events_in_an_attribute_are_messages() -> None:
    """As pydantic-ai before 1 writes them."""
    said = [("system", "Be brief."), ("user", "Hi")]
    events: list[dict[str, Any]] = [
        {"event.name": f"gen_ai.{role}.message", "role": role, "content": text}
        for role, text in said
    ]
    answer = {"role": "assistant", "content": "Hello!"}
    events.append({"event.name": "gen_ai.choice", "index": 0, "message": answer})
    assert told({"events": json.dumps(events)}) == ASKED
    assert told({"events": '["mine"]'}) == []
    whole = [*events[:2], {"event.name": "gen_ai.assistant.message", **answer}]
    assert told({"all_messages_events": json.dumps(whole)}) == ASKED


def test_requests_and_responses_of_logfire_are_messages() -> None:
    asked = json.dumps({"model": "gpt-4o", "messages": OPENAI})
    answer = {"message": {"role": "assistant", "content": "Hello!"}, "usage": {}}
    assert told({"request_data": asked, "response_data": json.dumps(answer)}) == ASKED
    streamed = {"combined_chunk_content": "Hello!", "chunk_count": 2}
    assert told({"request_data": asked, "response_data": json.dumps(streamed)}) == ASKED


def test_an_object_of_the_ai_sdk_is_what_was_answered() -> None:
    assert told({"ai.response.object": '{"city": "Rome"}'}) == [("assistant", '{"city": "Rome"}')]


def test_completions_of_openinference_are_words() -> None:
    attributes = {"llm.prompts.0.prompt.text": "Hi", "llm.choices.0.completion.text": "Hello!"}
    assert told(attributes) == ASKED[1:]


def test_a_function_call_of_openinference_is_a_tool_call() -> None:
    message = "llm.output_messages.0.message."
    attributes = {
        f"{message}role": "assistant",
        f"{message}function_call_name": "get_weather",
        f"{message}function_call_arguments_json": '{"city": "Rome"}',
    }
    (part,) = MessageReader().read(attributes).outputs[0].parts
    assert (part.kind, part.name, part.arguments) == (
        "tool_call",
        "get_weather",
        '{"city": "Rome"}',
    )
