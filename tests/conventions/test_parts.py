"""What a message is made of, in every provider's own spelling."""

import base64
import json
from typing import Any

import pytest

from parley.conventions import MessageReader
from parley.model import Message

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DATA = base64.b64encode(PNG).decode()
DATA_URL = f"data:image/png;base64,{DATA}"
WAV = b"RIFF\x24\x00\x00\x00WAVEfmt " + bytes(28)
SOUND = base64.b64encode(WAV).decode()


def read(content: Any, role: str = "user", key: str = "gen_ai.input.messages") -> list[Message]:
    """Returns the messages of one message's content."""
    message = {"role": role, "content": content}
    return MessageReader().read({key: json.dumps([message])}).inputs


def shown(messages: list[Message]) -> list[tuple[str, ...]]:
    """Returns role, kind and words of each part."""
    return [
        (message.role, part.kind, part.text or part.arguments or part.uri, part.name)
        for message in messages
        for part in message.parts
    ]


@pytest.mark.parametrize(
    "part",
    [
        pytest.param({"type": "image_url", "image_url": {"url": DATA_URL}}, id="OpenAI chat"),
        pytest.param({"type": "input_image", "image_url": DATA_URL}, id="OpenAI responses"),
        pytest.param(
            {
                "type": "image",
                "source": {"type": "base64", "media_type": "image/png", "data": DATA},
            },
            id="Anthropic",
        ),
        pytest.param({"inlineData": {"mimeType": "image/png", "data": DATA}}, id="Gemini REST"),
        pytest.param({"inline_data": {"mime_type": "image/png", "data": DATA}}, id="Gemini SDK"),
        pytest.param({"image": {"format": "png", "source": {"bytes": DATA}}}, id="Bedrock"),
        pytest.param({"image": {"format": "png", "source": {"bytes": PNG.hex()}}}, id="hex digits"),
        pytest.param({"type": "image", "image": DATA, "mediaType": "image/png"}, id="Vercel text"),
        pytest.param(
            {"type": "image", "image": {str(i): byte for i, byte in enumerate(PNG)}},
            id="Vercel bytes",
        ),
        pytest.param(
            {"type": "file", "mediaType": "image/png", "data": {"type": "Buffer", "data": [*PNG]}},
            id="Vercel buffer",
        ),
        pytest.param(
            {"type": "blob", "modality": "image", "mime_type": "image/png", "content": DATA},
            id="OpenTelemetry blob",
        ),
        pytest.param(
            {"type": "binary", "media_type": "image/png", "content": DATA}, id="pydantic-ai 1"
        ),
        pytest.param({"type": "image", "base64": DATA, "mime_type": "image/png"}, id="LangChain 1"),
        pytest.param(
            {"type": "image", "source_type": "base64", "data": DATA, "mime_type": "image/png"},
            id="LangChain 0.3",
        ),
        pytest.param(
            {
                "message_content": {
                    "type": "image",
                    "image": {"image": {"url": DATA_URL}},
                }
            },
            id="OpenInference",
        ),
    ],
)
def test_a_picture_is_the_same_attachment_in_every_spelling(part: dict[str, Any]) -> None:
    reader = MessageReader()
    payload = json.dumps([{"role": "user", "content": [{"type": "text", "text": "See:"}, part]}])
    (message,) = reader.read({"gen_ai.input.messages": payload}).inputs
    (attachment,) = reader.take_attachments()
    assert (attachment.media_type, attachment.data) == ("image/png", PNG)
    text, picture = message.parts
    assert (message.text, text.kind, picture.kind) == ("See:", "text", "media")
    assert (picture.hash, picture.size_bytes) == (attachment.hash, len(PNG))
    assert DATA not in repr(message)


def test_flattened_pictures_of_openinference_are_attachments() -> None:
    reader = MessageReader()
    at = "llm.input_messages.0.message"
    found = reader.read(
        {
            f"{at}.role": "user",
            f"{at}.contents.0.message_content.type": "text",
            f"{at}.contents.0.message_content.text": "See:",
            f"{at}.contents.1.message_content.type": "image",
            f"{at}.contents.1.message_content.image.image.url": DATA_URL,
        }
    )
    assert [part.kind for part in found.inputs[0].parts] == ["text", "media"]
    assert [item.data for item in reader.take_attachments()] == [PNG]
    assert reader.take_attachments() == []


def test_parts_written_as_text_into_a_flattened_attribute_are_parts() -> None:
    reader = MessageReader()
    parts = [{"type": "text", "text": "See:"}, {"type": "image_url", "image_url": DATA_URL}]
    found = reader.read(
        {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": json.dumps(parts)}
    )
    assert found.inputs[0].text == "See:"
    assert [item.data for item in reader.take_attachments()] == [PNG]
    said = '[{"kind": "what a person wrote"}]'
    assert reader.read({"gen_ai.prompt.0.content": said}).inputs[0].text == said


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ({"type": "image_url", "image_url": {"url": "https://a.example/x.png"}}, "https://a.exam"),
        ({"type": "image", "source": {"type": "url", "url": "https://a.example/y"}}, "https://a."),
        ({"type": "uri", "modality": "image", "uri": "gs://bucket/x.png"}, "gs://bucket/x.png"),
        ({"fileData": {"mimeType": "video/mp4", "fileUri": "gs://b/v"}}, "gs://b/v"),
        ({"video": {"format": "mp4", "source": {"s3Location": {"uri": "s3://b/v"}}}}, "s3://b/v"),
        ({"type": "file", "file": {"file_id": "file-7"}}, "kept by the provider as file-7"),
        ({"type": "input_file", "file_id": "file-7"}, "kept by the provider as file-7"),
        ({"type": "image", "source": {"type": "file", "file_id": "file-7"}}, "kept by the pro"),
        ({"type": "image_url", "image_url": {"url": "__REDACTED__"}}, "__REDACTED__"),
        (
            {
                "type": "image_url",
                "image_url": {
                    "url": "@@@langfuseMedia:type=image/jpeg|id=cc48|source=base64_data_uri@@@"
                },
            },
            "kept by Langfuse as cc48",
        ),
        ({"type": "image-url", "url": None}, "not sent"),
        ({"type": "blob", "modality": "image", "content": "<cut after 100 bytes>"}, "21 character"),
    ],
)
def test_what_is_elsewhere_is_said_and_not_kept(part: dict[str, Any], said: str) -> None:
    reader = MessageReader()
    payload = json.dumps([{"role": "user", "parts": [part]}])
    ((found,),) = [m.parts for m in reader.read({"gen_ai.input.messages": payload}).inputs]
    assert found.kind == "media"
    assert (found.uri or found.text).startswith(said)
    assert reader.take_attachments() == []


@pytest.mark.parametrize(
    ("declared", "data", "is_told"),
    [
        ("image/png", b"<script>alert(1)</script>...", "application/octet-stream"),
        ("image/svg+xml", b"<svg onload='alert(1)'/>......", "image/svg+xml"),
        ("text/plain", PNG, "image/png"),
        ("application/pdf", b"%PDF-1.7 0123456789abcdef", "application/pdf"),
        ("text/csv", b"a,b,c,d\n1,2,3,4\n5,6,7,8\n", "text/csv"),
        ("", b"0123456789012345678901234", "application/octet-stream"),
        ("nonsense\r\nset-cookie: a=b/c", b"01234567890123456789012", "application/octet-stream"),
    ],
)
def test_the_bytes_tell_the_media_type(declared: str, data: bytes, is_told: str) -> None:
    reader = MessageReader()
    part = {"type": "file", "file": {"file_data": base64.b64encode(data).decode()}}
    part["mime_type"] = declared
    reader.read({"gen_ai.input.messages": json.dumps([{"role": "user", "content": [part]}])})
    assert [item.media_type for item in reader.take_attachments()] == [is_told]


def test_sound_gives_its_words_and_itself() -> None:
    reader = MessageReader()
    answer = {"role": "assistant", "audio": {"id": "a", "data": SOUND, "transcript": "Good day."}}
    asked = {"type": "input_audio", "input_audio": {"data": SOUND, "format": "wav"}}
    found = reader.read(
        {
            "gen_ai.input.messages": json.dumps([{"role": "user", "content": [asked]}]),
            "gen_ai.output.messages": json.dumps([answer]),
        }
    )
    assert [part.media_type for part in found.inputs[0].parts] == ["audio/wav"]
    assert found.outputs[0].text == "Good day."
    assert [part.kind for part in found.outputs[0].parts] == ["text", "media"]
    assert len(reader.take_attachments()) == 1


def test_a_document_in_words_is_a_file_with_its_name() -> None:
    reader = MessageReader()
    part = {
        "type": "document",
        "title": "Terms",
        "source": {"type": "text", "media_type": "text/plain", "data": "Cancel within 14 days."},
    }
    payload = json.dumps([{"role": "user", "content": [part]}])
    (found,) = reader.read({"gen_ai.input.messages": payload}).inputs[0].parts
    assert (found.name, found.media_type, found.size_bytes) == ("Terms", "text/plain", 22)
    assert reader.take_attachments()[0].data == b"Cancel within 14 days."


BUILT_IN: list[tuple[str, Any, list[tuple[str, ...]]]] = [
    (
        "Anthropic web search",
        [
            {"type": "server_tool_use", "id": "s1", "name": "web_search", "input": {"query": "x"}},
            {
                "type": "web_search_tool_result",
                "tool_use_id": "s1",
                "content": [{"type": "web_search_result", "url": "u", "encrypted_content": "ZZZ"}],
            },
            {"type": "text", "text": "Found.", "citations": [{"url": "https://u", "title": "U"}]},
        ],
        [
            ("assistant", "tool_call", '{"query": "x"}', "web_search"),
            ("assistant", "tool_result", '{"type": "web_search_result", "url": "u"}', "web_search"),
            ("assistant", "text", "Found.", ""),
            ("assistant", "citation", "https://u", "U"),
        ],
    ),
    (
        "OpenTelemetry server tool",
        [
            {
                "type": "server_tool_call",
                "id": "b1",
                "name": "code_interpreter",
                "server_tool_call": {"type": "code_interpreter", "code": "1+1"},
            },
            {
                "type": "server_tool_call_response",
                "id": "b1",
                "server_tool_call_response": {"type": "code_interpreter", "response": "2"},
            },
        ],
        [
            ("assistant", "tool_call", '{"code": "1+1"}', "code_interpreter"),
            ("assistant", "tool_result", "2", ""),
        ],
    ),
    (
        "Gemini code execution",
        [
            {"executableCode": {"language": "PYTHON", "code": "print(2)"}},
            {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2\n"}},
            {"text": "Two.", "thoughtSignature": "ZZZ"},
        ],
        [
            ("assistant", "tool_call", "print(2)", "code_execution"),
            ("assistant", "tool_result", "2\n", ""),
            ("assistant", "text", "Two.", ""),
        ],
    ),
    (
        "Anthropic MCP",
        [
            {"type": "mcp_tool_use", "id": "m", "name": "echo", "server_name": "s", "input": {}},
            {
                "type": "mcp_tool_result",
                "tool_use_id": "m",
                "content": [{"type": "text", "text": "hi"}],
            },
        ],
        [("assistant", "tool_call", "{}", "echo"), ("assistant", "tool_result", "hi", "")],
    ),
    (
        "Bedrock",
        [
            {"reasoningContent": {"reasoningText": {"text": "Hm.", "signature": "ZZZ"}}},
            {"reasoningContent": {"redactedContent": "ZZZ"}},
            {"toolUse": {"toolUseId": "t", "name": "f", "input": {"a": 1}}},
            {"citationsContent": {"content": [{"text": "So."}], "citations": [{"title": "T"}]}},
            {"cachePoint": {"type": "default"}},
        ],
        [
            ("assistant", "reasoning", "Hm.", ""),
            ("assistant", "reasoning", "encrypted: only the provider can read it", ""),
            ("assistant", "tool_call", '{"a": 1}', "f"),
            ("assistant", "text", "So.", ""),
            ("assistant", "citation", "", "T"),
        ],
    ),
    (
        "reasoning",
        [
            {"type": "thinking", "thinking": "Hm.", "signature": "ZZZ"},
            {"type": "redacted_thinking", "data": "ZZZ"},
            {"type": "reasoning", "reasoning": "LangChain's"},
            {"text": "Gemini's", "thought": True},
            {"type": "text", "text": "So."},
        ],
        [
            ("assistant", "reasoning", "Hm.", ""),
            ("assistant", "reasoning", "encrypted: only the provider can read it", ""),
            ("assistant", "reasoning", "LangChain's", ""),
            ("assistant", "reasoning", "Gemini's", ""),
            ("assistant", "text", "So.", ""),
        ],
    ),
]


@pytest.mark.parametrize(("name", "content", "want"), BUILT_IN, ids=[row[0] for row in BUILT_IN])
def test_calls_and_results_at_the_providers(name: str, content: Any, want: Any) -> None:
    messages = read(content, "assistant")
    assert shown(messages) == want
    assert "ZZZ" not in repr(messages)


def test_items_of_the_responses_api_that_run_at_the_providers() -> None:
    items = [
        {"type": "reasoning", "id": "r", "summary": [], "encrypted_content": "ZZZ"},
        {"type": "web_search_call", "id": "w", "action": {"type": "search", "query": "x"}},
        {
            "type": "code_interpreter_call",
            "id": "c",
            "code": "1+1",
            "outputs": [{"type": "logs", "logs": "2"}],
        },
        {"type": "mcp_call", "id": "m", "name": "roll", "arguments": "{}", "output": "4"},
        {"type": "image_generation_call", "id": "i", "result": DATA, "output_format": "png"},
        {
            "type": "message",
            "role": "assistant",
            "content": [
                {
                    "type": "output_text",
                    "text": "Done.",
                    "annotations": [{"type": "url_citation", "url": "https://u", "title": "U"}],
                }
            ],
        },
    ]
    reader = MessageReader()
    found = reader.read({"output.value": json.dumps({"output": items})}).outputs
    parts = [
        (p.kind, p.name, p.text or p.arguments or p.uri or p.media_type)
        for message in found
        for p in message.parts
    ]
    assert parts == [
        ("reasoning", "", "encrypted: only the provider can read it"),
        ("tool_call", "web_search", '{"type": "search", "query": "x"}'),
        ("tool_call", "code_interpreter", "1+1"),
        ("tool_result", "code_interpreter", '{"type": "logs", "logs": "2"}'),
        ("tool_call", "roll", "{}"),
        ("tool_result", "roll", "4"),
        ("tool_call", "image_generation", ""),
        ("media", "", "image/png"),
        ("text", "", "Done."),
        ("citation", "U", "https://u"),
    ]
    assert {message.role for message in found} == {"assistant"}


def test_parallel_calls_and_results_with_pictures() -> None:
    reader = MessageReader()
    asked = [
        {"type": "tool_use", "id": "a", "name": "look", "input": {"at": 1}},
        {"type": "tool_use", "id": "b", "name": "look", "input": {"at": 2}},
    ]
    picture = {"type": "image", "source": {"type": "base64", "media_type": "x/y", "data": DATA}}
    told = [
        {"type": "tool_result", "tool_use_id": "a", "content": [{"type": "text", "text": "1"}]},
        {"type": "tool_result", "tool_use_id": "b", "content": [picture]},
        {"type": "text", "text": "And now?"},
    ]
    messages = [{"role": "assistant", "content": asked}, {"role": "user", "content": told}]
    found = reader.read({"gen_ai.input.messages": json.dumps(messages)}).inputs
    assert [(m.role, p.kind, p.call_id, p.text) for m in found for p in m.parts] == [
        ("assistant", "tool_call", "a", ""),
        ("assistant", "tool_call", "b", ""),
        ("tool", "tool_result", "a", "1"),
        ("tool", "tool_result", "b", ""),
        ("tool", "media", "b", ""),
        ("user", "text", "", "And now?"),
    ]
    assert [item.data for item in reader.take_attachments()] == [PNG]


def chunk(**delta: Any) -> dict[str, Any]:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta}]}


STREAMS: dict[str, list[dict[str, Any]]] = {
    "OpenAI": [
        chunk(role="assistant", content=""),
        chunk(content="Kyo"),
        chunk(content="to."),
        chunk(tool_calls=[{"index": 0, "id": "c", "function": {"name": "f", "arguments": ""}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": '{"a"'}}]),
        chunk(tool_calls=[{"index": 0, "function": {"arguments": ": 1}"}}]),
        {"object": "chat.completion.chunk", "choices": [], "usage": {}},
    ],
    "Anthropic": [
        {"type": "message_start", "message": {"role": "assistant", "content": []}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "Kyo"}},
        {"type": "content_block_delta", "delta": {"type": "text_delta", "text": "to."}},
        {"type": "content_block_stop", "index": 0},
        {
            "type": "content_block_start",
            "content_block": {"type": "tool_use", "id": "c", "name": "f", "input": {}},
        },
        {
            "type": "content_block_delta",
            "delta": {"type": "input_json_delta", "partial_json": '{"a"'},
        },
        {
            "type": "content_block_delta",
            "delta": {"type": "input_json_delta", "partial_json": ": 1}"},
        },
        {"type": "message_stop"},
    ],
    "OpenAI responses": [
        {"type": "response.created", "response": {}},
        {"type": "response.output_text.delta", "delta": "Kyo"},
        {"type": "response.output_text.delta", "delta": "to."},
        {
            "type": "response.completed",
            "response": {
                "output": [
                    {
                        "type": "message",
                        "role": "assistant",
                        "content": [{"type": "output_text", "text": "Kyoto."}],
                    },
                    {"type": "function_call", "call_id": "c", "name": "f", "arguments": '{"a": 1}'},
                ]
            },
        },
    ],
    "Gemini": [
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "Kyo"}]}}]},
        {"candidates": [{"content": {"role": "model", "parts": [{"text": "to."}]}}]},
        {
            "candidates": [
                {
                    "content": {
                        "role": "model",
                        "parts": [{"functionCall": {"id": "c", "name": "f", "args": {"a": 1}}}],
                    }
                }
            ]
        },
    ],
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("form", ["text", "structured"])
def test_a_streamed_answer_is_put_together(name: str, form: str) -> None:
    value: Any = json.dumps(STREAMS[name]) if form == "text" else STREAMS[name]
    found = MessageReader().read({"gen_ai.output.messages": value}).outputs
    parts = [(p.kind, p.text or p.arguments, p.call_id) for m in found for p in m.parts]
    assert parts == [("text", "Kyoto.", ""), ("tool_call", '{"a": 1}', "c")]
    assert "\n".join(m.text for m in found if m.text) == "Kyoto."


def test_gemini_says_its_system_instruction_beside_the_contents() -> None:
    request = {
        "systemInstruction": {"parts": [{"text": "Be brief."}]},
        "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
    }
    found = MessageReader().read({"input.value": json.dumps(request)}).inputs
    assert [(m.role, m.text) for m in found] == [("system", "Be brief."), ("user", "Hi")]


def test_gemini_says_what_an_answer_refers_to() -> None:
    candidate = {
        "content": {"parts": [{"text": "So."}]},
        "groundingMetadata": {"groundingChunks": [{"web": {"uri": "https://u", "title": "U"}}]},
    }
    found = MessageReader().read({"output.value": json.dumps({"candidates": [candidate]})}).outputs
    assert shown(found) == [
        ("assistant", "text", "So.", ""),
        ("assistant", "citation", "https://u", "U"),
    ]


def test_langchain_keeps_calls_and_refusals_beside_the_words() -> None:
    message = {
        "type": "ai",
        "data": {
            "content": "",
            "additional_kwargs": {"reasoning_content": "Hm.", "refusal": "No."},
            "tool_calls": [{"name": "f", "args": {"a": 1}, "id": "c", "type": "tool_call"}],
            "invalid_tool_calls": [{"name": "g", "args": "{", "id": "d", "error": "bad"}],
        },
    }
    found = MessageReader().read({"output.value": json.dumps([message])}).outputs
    assert [(p.kind, p.text or p.arguments) for p in found[0].parts] == [
        ("reasoning", "Hm."),
        ("refusal", "No."),
        ("tool_call", '{"a": 1}'),
        ("tool_call", "{"),
    ]
