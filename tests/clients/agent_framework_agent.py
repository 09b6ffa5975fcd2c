"""Microsoft's agent-framework, its own instrumentation; the turn's span has the session."""

import talk
from agent_framework import Agent, AgentSession
from agent_framework.observability import enable_instrumentation
from agent_framework.openai import OpenAIChatCompletionClient
from openai import AsyncOpenAI
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
logs = LoggerProvider()
log_exporter = OTLPLogExporter(endpoint=f"{talk.PARLEY_URL}/v1/logs")
logs.add_log_record_processor(BatchLogRecordProcessor(log_exporter))
_logs.set_logger_provider(logs)
enable_instrumentation(enable_sensitive_data=True)
tracer = trace.get_tracer("shop")
openai = AsyncOpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)
client = OpenAIChatCompletionClient(talk.OPENAI_MODEL, async_client=openai)
sessions: dict[str, AgentSession] = {}


async def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    tools = [talk.get_weather] if turn.cities else None
    agent = Agent(client, chat.system, name="guide", tools=tools)
    session = sessions.setdefault(chat.key, agent.create_session())
    told = {"session.id": chat.session_id, "user.id": chat.user_id}
    with tracer.start_as_current_span("turn", attributes=told):
        if not turn.stream:
            return (await agent.run(turn.words, session=session)).text
        stream = agent.run(turn.words, session=session, stream=True)
        return "".join([piece.text async for piece in stream])


talk.hold_async(ask)
provider.shutdown()
logs.shutdown()
