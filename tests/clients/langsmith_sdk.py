"""LangSmith's SDK, sending its runs as OpenTelemetry only."""

import os

os.environ["LANGSMITH_ENDPOINT"] = os.environ["LIVE_PARLEY_URL"]

import talk
from langsmith import Client, traceable
from langsmith.wrappers import wrap_openai

langsmith = Client()
client = wrap_openai(talk.openai_client())


@traceable(run_type="tool", name=talk.TOOL, client=langsmith)
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@traceable(
    name="turn", client=langsmith, process_inputs=lambda inputs: {"message": inputs["words"]}
)
def answer(words: str, chat: talk.Chat, turn: talk.Turn) -> str:
    return talk.ask_openai(client, chat, turn, run_tool=get_weather)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    metadata = {"session_id": chat.session_id, "user_id": chat.user_id}
    return answer(turn.words, chat, turn, langsmith_extra={"metadata": metadata})


talk.hold(ask)
langsmith.flush()
