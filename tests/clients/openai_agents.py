"""OpenAI's Agents SDK (over its responses), instrumented by OpenInference, in one event loop."""

import talk
from agents import (
    Agent,
    OpenAIResponsesModel,
    RunConfig,
    Runner,
    function_tool,
    set_trace_processors,
)
from openai import AsyncOpenAI
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai_agents import OpenAIAgentsInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

set_trace_processors([])  # its own exporter calls the vendor
provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
OpenAIAgentsInstrumentor().instrument(tracer_provider=provider)
client = AsyncOpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)


async def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    agent = Agent(
        name="guide",
        instructions=chat.system,
        model=OpenAIResponsesModel(talk.OPENAI_MODEL, client),
        tools=[function_tool(talk.get_weather)] if turn.cities else [],
    )
    given = [*chat.history, {"role": "user", "content": turn.words}]
    config = RunConfig(group_id=chat.session_id)
    with using_attributes(session_id=chat.session_id, user_id=chat.user_id):
        if turn.stream:
            made = Runner.run_streamed(agent, given, run_config=config)
            async for _ in made.stream_events():
                pass
        else:
            made = await Runner.run(agent, given, run_config=config)
    chat.history = made.to_input_list()
    return made.final_output


talk.hold_async(ask)
provider.shutdown()
