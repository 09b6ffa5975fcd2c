"""The model server answers OpenAI's and Anthropic's own packages as a provider would."""

import time
from collections.abc import Iterator

import anthropic
import httpx
import openai
import pytest

from tests.models import ModelServer, serve_models

WEATHER = {
    "name": "get_weather",
    "description": "Weather of a city",
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
CALLS = "#call:get_weather(city=Kyoto) #call:get_weather(city=Nara,unit=C)"
OPENAI_ERRORS = {
    "400": openai.BadRequestError,
    "401": openai.AuthenticationError,
    "429": openai.RateLimitError,
    "500": openai.InternalServerError,
}


@pytest.fixture(scope="module")
def models() -> Iterator[ModelServer]:
    with serve_models() as running:
        yield running


@pytest.fixture
def gpt(models: ModelServer) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{models.url}/v1", api_key="any", max_retries=0) as client:
        yield client


@pytest.fixture
def claude(models: ModelServer) -> Iterator[anthropic.Anthropic]:
    with anthropic.Anthropic(base_url=models.url, api_key="any", max_retries=0) as client:
        yield client


def ask(gpt: openai.OpenAI, words: str, **options):
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": words}]
    return gpt.chat.completions.create(model="gpt-4o-mini", messages=messages, **options)


def tell(claude: anthropic.Anthropic, words: str, **options):
    return claude.messages.create(
        model="claude-haiku-4-5",
        max_tokens=100,
        system="Be brief.",
        messages=[{"role": "user", "content": words}],
        **options,
    )


def test_a_completion_says_what_was_said_and_counts_words(gpt, models) -> None:
    made = ask(gpt, "Hello out there 🌸")
    assert made.choices[0].message.content == "You said: Hello out there 🌸"
    assert made.choices[0].finish_reason == "stop"
    assert (made.usage.prompt_tokens, made.usage.completion_tokens) == (6, 6)
    assert made.model == "gpt-4o-mini-2024-07-18"
    last = models.exchanges[-1]
    assert (last.heard.system, last.heard.question) == ("Be brief.", "Hello out there 🌸")
    assert last.answer.usage.input == 6


def test_the_same_question_gets_the_same_answer(gpt, claude) -> None:
    first, second = (ask(gpt, "Again?").choices[0].message for _ in range(2))
    assert first == second
    assert tell(claude, "Again?").content == tell(claude, "Again?").content


def test_a_streamed_completion_is_the_same_in_pieces(gpt) -> None:
    said = "Hello out there #reason"
    chunks = list(ask(gpt, said, stream=True, stream_options={"include_usage": True}))
    whole = ask(gpt, said)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert text == whole.choices[0].message.content
    assert chunks[-1].usage == whole.usage
    assert whole.usage.completion_tokens_details.reasoning_tokens > 0
    thought = "".join(
        getattr(chunk.choices[0].delta, "reasoning_content", None) or ""
        for chunk in chunks
        if chunk.choices
    )
    assert thought == whole.choices[0].message.reasoning_content


def test_a_stream_has_no_usage_unless_asked(gpt, models) -> None:
    assert not any(chunk.usage for chunk in ask(gpt, "Hello", stream=True))
    assert not models.exchanges[-1].usage_sent


@pytest.mark.parametrize("stream", [False, True])
def test_tools_are_called_at_once_and_their_results_answered(gpt, stream: bool) -> None:
    tools = [{"type": "function", "function": WEATHER}]
    question = {"role": "user", "content": f"Weather? {CALLS}"}
    with gpt.chat.completions.stream(
        model="gpt-4o-mini", messages=[question], tools=tools
    ) as streamed:
        message = streamed.get_final_completion().choices[0].message
    if not stream:
        made = gpt.chat.completions.create(model="gpt-4o-mini", messages=[question], tools=tools)
        assert made.choices[0].finish_reason == "tool_calls"
        message = made.choices[0].message
    called = [(call.function.name, call.function.arguments) for call in message.tool_calls]
    assert called == [
        ("get_weather", '{"city": "Kyoto"}'),
        ("get_weather", '{"city": "Nara", "unit": "C"}'),
    ]
    results = [
        {"role": "tool", "tool_call_id": call.id, "content": f"{place} degrees"}
        for place, call in enumerate(message.tool_calls)
    ]
    history = [question, message.model_dump(exclude_none=True, exclude={"parsed"}), *results]
    ended = gpt.chat.completions.create(model="gpt-4o-mini", messages=history, tools=tools)
    assert ended.choices[0].message.content == "I found: 0 degrees; 1 degrees"


def test_a_refusal_and_the_cache_and_length(gpt) -> None:
    refused = ask(gpt, "Harm! #refuse").choices[0].message
    assert refused.refusal
    assert refused.content is None
    assert ask(gpt, "Hi #cached").usage.prompt_tokens_details.cached_tokens == 2
    assert ask(gpt, "Hi #words:200").usage.completion_tokens == 200


@pytest.mark.parametrize(("status", "error"), OPENAI_ERRORS.items())
def test_openai_fails_on_demand(gpt, status: str, error: type[Exception]) -> None:
    with pytest.raises(error) as raised:
        ask(gpt, f"Hello #fail:{status}")
    assert raised.value.body["message"]
    assert ("retry-after" in raised.value.response.headers) == (status == "429")


@pytest.mark.parametrize("way", ["words", "header", "model"])
def test_a_script_comes_in_words_in_a_header_or_in_the_models_name(gpt, way: str) -> None:
    words = "Hi #fail:500" if way == "words" else "Hi"
    headers = {"x-model-script": "fail:500"} if way == "header" else {}
    model = "gpt-4o-mini+fail:500" if way == "model" else "gpt-4o-mini"
    message = {"role": "user", "content": words}
    with pytest.raises(openai.InternalServerError):
        gpt.chat.completions.create(model=model, messages=[message], extra_headers=headers)


def test_a_failure_that_happens_once_is_over_at_the_second_try(models, gpt) -> None:
    patient = gpt.with_options(max_retries=1)
    made = ask(patient, "Hi #fail:500(once)")
    assert made.choices[0].message.content == "You said: Hi"
    assert [bool(item.failure) for item in models.exchanges[-2:]] == [True, False]


def test_a_stream_breaks_in_its_middle_and_an_answer_does_not_come(gpt, claude) -> None:
    with pytest.raises((httpx.RemoteProtocolError, openai.APIConnectionError)):
        list(ask(gpt, "A long story #break", stream=True))
    with pytest.raises(openai.APIConnectionError):
        ask(gpt, "A long story #break")
    with pytest.raises(openai.APITimeoutError):
        ask(gpt.with_options(timeout=0.2), "Hello #fail:hang")
    with pytest.raises(anthropic.APITimeoutError):
        tell(claude.with_options(timeout=0.2), "Hello #fail:hang")


def test_it_is_slow_on_demand(gpt) -> None:
    begun = time.monotonic()
    ask(gpt, "Hello #slow:0.2")
    assert time.monotonic() - begun >= 0.2
    begun = time.monotonic()
    list(ask(gpt, "Hello #drip:0.05", stream=True))
    assert time.monotonic() - begun >= 0.2


def test_requests_that_no_provider_takes_are_refused(models, gpt) -> None:
    with pytest.raises(openai.AuthenticationError):
        ask(gpt.with_options(api_key="wrong"), "Hi")
    with pytest.raises(openai.BadRequestError, match="messages"):
        gpt.post("/chat/completions", body={"model": "gpt-4o-mini"}, cast_to=object)
    with pytest.raises(openai.BadRequestError, match="fial"):
        ask(gpt, "Hi #fial:500")
    with pytest.raises(openai.NotFoundError):
        gpt.post("/nothing", body={}, cast_to=object)
    url = f"{models.url}/v1/messages"
    body = {"model": "claude-haiku-4-5", "messages": []}
    answer = httpx.post(url, json=body, headers={"x-api-key": "any"})
    assert answer.status_code == 400
    assert "max_tokens" in answer.json()["error"]["message"]
    assert answer.json()["type"] == "error"


@pytest.mark.parametrize("stream", [False, True])
def test_a_response_thinks_calls_tools_and_answers(gpt, models, stream: bool) -> None:
    tools = [{"type": "function", "strict": False, **WEATHER}]
    question = {"role": "user", "content": f"Weather? #reason {CALLS}"}

    def respond(items: list):
        options = {"model": "gpt-4o-mini", "input": items, "instructions": "Brief.", "tools": tools}
        if not stream:
            return gpt.responses.create(**options)
        with gpt.responses.stream(**options) as streamed:
            return streamed.get_final_response()

    first = respond([question])
    kinds = [item.type for item in first.output]
    assert kinds == ["reasoning", "function_call", "function_call"]
    assert first.usage.output_tokens_details.reasoning_tokens > 0
    results = [
        {"type": "function_call_output", "call_id": item.call_id, "output": "18 degrees"}
        for item in first.output[1:]
    ]
    given = [item.model_dump(exclude={"parsed_arguments"}) for item in first.output]
    second = respond([question, *given, *results])
    assert second.output_text == "I found: 18 degrees; 18 degrees"
    assert models.exchanges[-1].heard.system == "Brief."


def test_claude_answers_thinks_and_calls_tools(claude) -> None:
    made = tell(claude, "Hello out there #reason #cached")
    assert [block.type for block in made.content] == ["thinking", "text"]
    used = made.usage
    assert (used.input_tokens, used.cache_read_input_tokens) == (5, 2)
    tools = [{"name": "get_weather", "input_schema": WEATHER["parameters"]}]
    question = {"role": "user", "content": f"Weather? {CALLS}"}
    called = claude.messages.create(
        model="claude-haiku-4-5", max_tokens=100, messages=[question], tools=tools
    )
    assert [block.input["city"] for block in called.content] == ["Kyoto", "Nara"]
    results = [
        {"type": "tool_result", "tool_use_id": block.id, "content": "18 degrees"}
        for block in called.content
    ]
    history = [
        question,
        {"role": "assistant", "content": called.content},
        {"role": "user", "content": results},
    ]
    ended = claude.messages.create(
        model="claude-haiku-4-5", max_tokens=100, messages=history, tools=tools
    )
    assert ended.content[0].text == "I found: 18 degrees; 18 degrees"


def test_claude_streams_the_same(claude) -> None:
    words = f"Weather? #reason {CALLS}"
    tools = [{"name": "get_weather", "input_schema": WEATHER["parameters"]}]
    with claude.messages.stream(
        model="claude-haiku-4-5",
        max_tokens=100,
        system="Be brief.",
        messages=[{"role": "user", "content": words}],
        tools=tools,
    ) as streamed:
        made = streamed.get_final_message()
    whole = tell(claude, words, tools=tools)
    assert made.content == whole.content
    assert made.usage.output_tokens == whole.usage.output_tokens
    assert made.stop_reason == whole.stop_reason == "tool_use"


def test_claude_fails_on_demand(claude) -> None:
    with pytest.raises(anthropic.RateLimitError) as raised:
        tell(claude, "Hello #fail:429")
    assert raised.value.response.headers["retry-after"] == "1"
    with pytest.raises(anthropic.InternalServerError):
        tell(claude, "Hello #fail:500")


def test_embeddings_follow_from_the_text(gpt) -> None:
    made = gpt.embeddings.create(model="text-embedding-3-small", input=["one two", "three"])
    again = gpt.embeddings.create(
        model="text-embedding-3-small", input="three", encoding_format="float"
    )
    assert made.usage.prompt_tokens == 3
    assert made.data[1].embedding == pytest.approx(again.data[0].embedding)
    assert "gpt-4o-mini" in [model.id for model in gpt.models.list()]


def test_a_server_that_ends_lets_nobody_wait() -> None:
    begun = time.monotonic()
    with serve_models() as models, httpx.Client() as client:
        body = {"model": "m", "messages": [{"role": "user", "content": "Hi #slow:30"}]}
        headers = {"authorization": "Bearer any"}
        with pytest.raises(httpx.TimeoutException):
            client.post(
                f"{models.url}/v1/chat/completions", json=body, headers=headers, timeout=0.2
            )
    assert time.monotonic() - begun < 5
