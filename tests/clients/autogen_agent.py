"""AutoGen's agents; their own spans have no words: OpenInference tells the calls of models."""

import talk
from autogen_agentchat.agents import AssistantAgent
from autogen_agentchat.base import TaskResult
from autogen_ext.models.openai import OpenAIChatCompletionClient
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = trace.get_tracer("shop")
told = {"base_url": f"{talk.MODEL_URL}/v1", "api_key": "any", "max_retries": 0}
agents: dict[str, AssistantAgent] = {}


async def get_weather(city: str) -> str:
    """Weather of a city"""
    return talk.get_weather(city)


async def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    about = {"session_id": chat.session_id, "user_id": chat.user_id}
    usage = {"stream_options": {"include_usage": True}} if turn.stream else {}
    with using_attributes(**about), tracer.start_as_current_span("turn") as span:
        span.set_attribute("session.id", chat.session_id)
        agent = AssistantAgent(
            "guide",
            OpenAIChatCompletionClient(model=talk.OPENAI_MODEL, **told, **usage),
            tools=[get_weather] if turn.cities else None,
            system_message=chat.system,
            reflect_on_tool_use=True if turn.cities else None,
            model_client_stream=turn.stream,
        )
        if chat.history:
            await agent.load_state(chat.history)
        made: TaskResult = await agent.run(task=turn.words)
        chat.history = await agent.save_state()
        return str(made.messages[-1].content)


talk.hold_async(ask)
provider.shutdown()
