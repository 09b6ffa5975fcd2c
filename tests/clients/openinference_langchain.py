"""A LangGraph agent, instrumented by OpenInference; the session is the thread of its config."""

import talk
from langchain.agents import create_agent
from langchain_core.tools import tool
from langchain_openai import ChatOpenAI
from openinference.instrumentation import using_user
from openinference.instrumentation.langchain import LangChainInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
LangChainInstrumentor().instrument(tracer_provider=provider)


def agent_of(chat: talk.Chat, turn: talk.Turn):
    model = ChatOpenAI(
        model=talk.OPENAI_MODEL,
        base_url=f"{talk.MODEL_URL}/v1",
        api_key="any",
        max_retries=0,
        streaming=turn.stream,
        stream_usage=True,
    )
    tools = [tool(talk.get_weather)] if turn.cities else []
    return create_agent(model, tools, system_prompt=chat.system)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    given = {"messages": [*chat.history, {"role": "user", "content": turn.words}]}
    config = {"configurable": {"thread_id": chat.session_id}, "metadata": {}}
    with using_user(chat.user_id):
        made = agent_of(chat, turn).invoke(given, config)
    chat.history = made["messages"]
    return chat.history[-1].text


talk.hold(ask)
provider.shutdown()
