"""Agents of pydantic-ai, its own instrumentation, in one event loop.

LIVE_API: chat, responses or anthropic. The id of the conversation is pydantic-ai's own argument
from 2 on; with 1 the turn's span carries it.
"""

import inspect
import os
from contextlib import nullcontext

import talk
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from pydantic_ai import Agent

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
Agent.instrument_all()
tracer = trace.get_tracer("shop")
has_conversations = "conversation_id" in inspect.signature(Agent.run).parameters


def model():
    match os.environ.get("LIVE_API", "chat"):
        case "anthropic":
            from anthropic import AsyncAnthropic
            from pydantic_ai.models.anthropic import AnthropicModel
            from pydantic_ai.providers.anthropic import AnthropicProvider

            client = AsyncAnthropic(base_url=talk.MODEL_URL, api_key="any", max_retries=0)
            provider = AnthropicProvider(anthropic_client=client)
            return AnthropicModel(talk.CLAUDE_MODEL, provider=provider)
        case api:
            from openai import AsyncOpenAI
            from pydantic_ai.models import openai
            from pydantic_ai.providers.openai import OpenAIProvider

            client = AsyncOpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)
            provider = OpenAIProvider(openai_client=client)
            kind = openai.OpenAIResponsesModel if api == "responses" else openai.OpenAIChatModel
            return kind(talk.OPENAI_MODEL, provider=provider)


async def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    tools = [talk.get_weather] if turn.cities else []
    agent = Agent(model(), instructions=chat.system, tools=tools)
    given = {"message_history": chat.history or None, "metadata": {"user_id": chat.user_id}}
    attributes = {"session.id": chat.session_id, "user.id": chat.user_id}
    around = tracer.start_as_current_span("turn", attributes=attributes)
    if has_conversations:
        given["conversation_id"] = chat.session_id
        around = nullcontext()
    with around:
        if turn.stream:
            async with agent.run_stream(turn.words, **given) as streamed:
                said = await streamed.get_output()
            chat.history = streamed.all_messages()
        else:
            made = await agent.run(turn.words, **given)
            said, chat.history = made.output, made.all_messages()
    return said


talk.hold_async(ask)
provider.shutdown()
