"""OpenTelemetry's own instrumentation of OpenAI's package; the session id on the turn's span.

LIVE_CONTENT: span (attributes of the span) or event (log records); LIVE_TRANSPORT: http or grpc.
"""

import os

import talk
from opentelemetry import _logs, trace
from opentelemetry.instrumentation.openai_v2 import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

if os.environ["LIVE_TRANSPORT"] == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    options = {"endpoint": f"http://{talk.PARLEY_GRPC}", "insecure": True}
    spans, logs = OTLPSpanExporter(**options), OTLPLogExporter(**options)
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    spans = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
    logs = OTLPLogExporter(endpoint=f"{talk.PARLEY_URL}/v1/logs")

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(spans))
trace.set_tracer_provider(provider)
logger_provider = LoggerProvider()
logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
_logs.set_logger_provider(logger_provider)
OpenAIInstrumentor().instrument()
tracer = trace.get_tracer("shop")
client = talk.openai_client()


def run_tool(city: str) -> str:
    attributes = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": talk.TOOL}
    with tracer.start_as_current_span(f"execute_tool {talk.TOOL}", attributes=attributes):
        return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    attributes = {"session.id": chat.session_id, "user.id": chat.user_id}
    with tracer.start_as_current_span("turn", attributes=attributes):
        return talk.ask_openai(client, chat, turn, run_tool=run_tool)


talk.hold(ask)
provider.shutdown()
logger_provider.shutdown()
