"""OpenInference's instrumentation of Anthropic's package, nothing around it."""

import anthropic
import talk
from openinference.instrumentation import using_attributes
from openinference.instrumentation.anthropic import AnthropicInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(SimpleSpanProcessor(exporter))
AnthropicInstrumentor().instrument(tracer_provider=provider)
client = anthropic.Anthropic(base_url=talk.MODEL_URL, api_key="any", max_retries=0)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    with using_attributes(session_id=chat.session_id, user_id=chat.user_id):
        return talk.ask_claude(client, chat, turn)


talk.hold(ask)
provider.shutdown()
