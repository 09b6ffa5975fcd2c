"""OpenTelemetry to Opik's endpoint: its processor, and the names that Opik reads."""

import talk
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opik.integrations.otel import OpikSpanProcessor

exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/opik/api/v1/private/otel/v1/traces")
provider = TracerProvider()
provider.add_span_processor(OpikSpanProcessor())
provider.add_span_processor(BatchSpanProcessor(exporter))
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
client = talk.openai_client()


def get_weather(city: str) -> str:
    with tracer.start_as_current_span(talk.TOOL, attributes={"opik.span.type": "tool"}):
        return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    told = {"thread_id": chat.session_id, "user.id": chat.user_id, "input": turn.words}
    with tracer.start_as_current_span("turn", attributes=told) as span:
        said = talk.ask_openai(client, chat, turn, run_tool=get_weather)
        span.set_attribute("output", said)
    return said


talk.hold(ask)
provider.shutdown()
