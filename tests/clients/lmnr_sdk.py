"""Laminar's SDK over gRPC: @observe, and its own instrumentation of OpenAI's package."""

import talk
from lmnr import Instruments, Laminar, observe

host, port = talk.PARLEY_GRPC.rsplit(":", 1)
Laminar.initialize(
    project_api_key="any",
    base_url=f"http://{host}",
    http_port=int(talk.PARLEY_URL.rsplit(":", 1)[1]),
    grpc_port=int(port),
    instruments={Instruments.OPENAI},
)
client = talk.openai_client()


@observe(span_type="TOOL")
def get_weather(city: str) -> str:
    return talk.get_weather(city)


@observe(name="turn", ignore_input=True)
def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    Laminar.set_trace_session_id(chat.session_id)
    Laminar.set_trace_user_id(chat.user_id)
    return talk.ask_openai(client, chat, turn, run_tool=get_weather)


talk.hold(ask)
Laminar.shutdown()
