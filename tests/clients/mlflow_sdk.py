"""MLflow's tracing of OpenAI's package, exported over OTLP; the session stands on the turn's span."""

import os

import talk

os.environ["OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"] = f"{talk.PARLEY_URL}/v1/traces"
os.environ["OTEL_EXPORTER_OTLP_TRACES_PROTOCOL"] = "http/protobuf"
os.environ["MLFLOW_TRACKING_URI"] = "http://127.0.0.1:9"  # never asked

import mlflow

mlflow.openai.autolog()
client = talk.openai_client()


@mlflow.trace(span_type="TOOL", name=talk.TOOL)
def get_weather(city: str) -> str:
    return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    with mlflow.start_span("turn", span_type="CHAIN") as span:
        span.set_inputs({"message": turn.words})
        span.set_attribute("session.id", chat.session_id)
        span.set_attribute("user.id", chat.user_id)
        said = talk.ask_openai(client, chat, turn, run_tool=get_weather)
        span.set_outputs(said)
    return said


talk.hold(ask)
mlflow.flush_trace_async_logging(terminate=True)
