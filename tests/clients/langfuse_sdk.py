"""Langfuse's SDK: its OpenAI drop-in under @observe, the session by propagate_attributes."""

import talk
from langfuse import Langfuse, observe, propagate_attributes
from langfuse.openai import OpenAI

langfuse = Langfuse(public_key="pk-lf-any", secret_key="sk-lf-any", host=talk.PARLEY_URL)
client = OpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)


@observe(as_type="tool")
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@observe(name="turn", capture_input=False)
def turn_of(chat: talk.Chat, turn: talk.Turn) -> str:
    with propagate_attributes(session_id=chat.session_id, user_id=chat.user_id):
        return talk.ask_openai(client, chat, turn, run_tool=get_weather)


talk.hold(turn_of)
langfuse.shutdown()
