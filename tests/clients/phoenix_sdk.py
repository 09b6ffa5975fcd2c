"""Phoenix' own setup of OpenTelemetry: a request for each span, children before their parents."""

import talk
from openinference.instrumentation import using_attributes
from openinference.instrumentation.openai import OpenAIInstrumentor
from phoenix.otel import register

endpoint = f"{talk.PARLEY_URL}/v1/traces"
provider = register(endpoint=endpoint, project_name="shop", protocol="http/protobuf")
OpenAIInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
client = talk.openai_client()


@tracer.tool(name=talk.TOOL)
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@tracer.chain(name="turn")
def turn_of(message: str, chat: talk.Chat, turn: talk.Turn) -> str:
    return talk.ask_openai(client, chat, turn, run_tool=get_weather)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    with using_attributes(session_id=chat.session_id, user_id=chat.user_id):
        return turn_of(turn.words, chat, turn)


talk.hold(ask)
