"""OpenInference's instrumentation of OpenAI's package, its own decorators around it."""

import talk
from openinference.instrumentation import TracerProvider, using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
client = talk.openai_client()


@tracer.tool
def get_weather(city: str) -> str:
    return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    context = using_attributes(session_id=chat.session_id, user_id=chat.user_id)
    with context, tracer.start_as_current_span("turn", openinference_span_kind="chain") as span:
        span.set_input(turn.words)
        said = talk.ask_openai(client, chat, turn, run_tool=get_weather)
        span.set_output(said)
        return said


talk.hold(ask)
provider.shutdown()
