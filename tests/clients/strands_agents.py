"""Agents of Strands, their own tracing; messages are span events."""

import os

import talk

os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"] = talk.PARLEY_URL

from strands import Agent, tool
from strands.models.openai import OpenAIModel
from strands.telemetry import StrandsTelemetry

telemetry = StrandsTelemetry().setup_otlp_exporter()
client = {"base_url": f"{talk.MODEL_URL}/v1", "api_key": "any", "max_retries": 0}
agents: dict[str, Agent] = {}


@tool(name=talk.TOOL)
def get_weather(city: str) -> str:
    """Weather of a city"""
    return talk.get_weather(city)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    agent = Agent(
        model=OpenAIModel(client_args=client, model_id=talk.OPENAI_MODEL),
        system_prompt=chat.system,
        messages=list(chat.history),
        tools=[get_weather] if turn.cities else [],
        callback_handler=None,
        trace_attributes={"session.id": chat.session_id, "user.id": chat.user_id},
    )
    made = agent(turn.words)
    chat.history = agent.messages
    return str(made)


talk.hold(ask)
telemetry.tracer_provider.force_flush()
