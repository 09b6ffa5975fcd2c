"""Anthropic's package under its OpenTelemetry instrumentation."""

import anthropic
import talk
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
AnthropicInstrumentor().instrument()
tracer = trace.get_tracer("shop")
client = anthropic.Anthropic(base_url=talk.MODEL_URL, api_key="any", max_retries=0)


def run_tool(city: str) -> str:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": talk.TOOL}
    with tracer.start_as_current_span(f"execute_tool {talk.TOOL}", attributes=attributes):
        return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    attributes = {"gen_ai.conversation.id": chat.session_id, "enduser.id": chat.user_id}
    with tracer.start_as_current_span("turn", attributes=attributes):
        return talk.ask_claude(client, chat, turn, run_tool=run_tool)


talk.hold(ask)
provider.shutdown()
