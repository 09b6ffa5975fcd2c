"""OpenLIT's instrumentation of OpenAI's package; the session by using_attributes."""

import json
from pathlib import Path

import openlit
import talk

prices = Path("prices.json")  # else it fetches them
prices.write_text(json.dumps({"chat": {}, "embeddings": {}}))
openlit.init(
    otlp_endpoint=talk.PARLEY_URL,
    application_name="shop",
    environment="test",
    pricing_json=str(prices),
    disable_metrics=True,
)

from opentelemetry import _logs, trace

client = talk.openai_client()


@openlit.trace
def get_weather(city: str) -> str:
    return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    told = {"session.id": chat.session_id, "user.id": chat.user_id}
    with openlit.using_attributes(told), openlit.start_trace("turn") as traced:
        said = talk.ask_openai(client, chat, turn, run_tool=get_weather)
        traced.set_result(said)
    return said


talk.hold(ask)
trace.get_tracer_provider().force_flush()
_logs.get_logger_provider().force_flush()
