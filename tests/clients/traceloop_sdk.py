"""Traceloop's SDK: workflows and tools by its decorators, the session by association."""

import talk
from traceloop.sdk import Traceloop
from traceloop.sdk.decorators import tool, workflow

Traceloop.init(
    app_name="shop",
    api_endpoint=talk.PARLEY_URL,
    api_key="any",
    telemetry_enabled=False,
    traceloop_sync_enabled=False,
)
client = talk.openai_client()


@tool(name=talk.TOOL)
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@workflow(name="turn")
def answer(words: str, chat: talk.Chat, turn: talk.Turn) -> str:
    Traceloop.set_association_properties({"session_id": chat.session_id, "user_id": chat.user_id})
    return talk.ask_openai(client, chat, turn, run_tool=get_weather)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    return answer(turn.words, chat, turn)


talk.hold(ask)
