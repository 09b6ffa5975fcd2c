"""Logfire's instrumentation of OpenAI's package, exporting to OTLP rather than to its vendor."""

import logfire
import talk
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
logfire.configure(
    send_to_logfire=False,
    console=False,
    service_name="shop",
    additional_span_processors=[BatchSpanProcessor(exporter)],
)
client = talk.openai_client()
logfire.instrument_openai(client)


def run_tool(city: str) -> str:
    with logfire.span("running tool", **{"gen_ai.tool.name": talk.TOOL}) as span:
        span.set_attribute("gen_ai.operation.name", "execute_tool")
        return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    told = {"gen_ai.conversation.id": chat.session_id, "user_id": chat.user_id}
    with logfire.span("turn", **told):
        return talk.ask_openai(client, chat, turn, run_tool=run_tool)


talk.hold(ask)
logfire.shutdown()
