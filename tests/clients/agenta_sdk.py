"""The real `agenta` package, as its documentation has it: instrumented functions, store_session."""

import agenta as ag
import talk
from opentelemetry.instrumentation.openai import OpenAIInstrumentor

ag.init(host=talk.PARLEY_URL, api_key="any")
OpenAIInstrumentor().instrument()
client = talk.openai_client()


@ag.instrument(spankind="TOOL")
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@ag.instrument()
def turn_of(words: str, chat: talk.Chat, turn: talk.Turn) -> str:
    ag.tracing.store_session(session_id=chat.session_id)
    ag.tracing.store_user(user_id=chat.user_id)
    return talk.ask_openai(client, chat, turn, run_tool=get_weather)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    return turn_of(turn.words, chat, turn)


talk.hold(ask)
