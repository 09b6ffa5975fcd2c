"""LlamaIndex's chat with function calling, instrumented by OpenInference."""

import talk
from llama_index.core.base.llms.types import ChatMessage, MessageRole
from llama_index.core.tools import FunctionTool
from llama_index.llms.openai_like import OpenAILike
from openinference.instrumentation import using_attributes
from openinference.instrumentation.llama_index import LlamaIndexInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
LlamaIndexInstrumentor().instrument(tracer_provider=provider)
tracer = provider.get_tracer("shop")
llm = OpenAILike(
    model=talk.OPENAI_MODEL,
    api_base=f"{talk.MODEL_URL}/v1",
    api_key="any",
    max_retries=0,
    is_chat_model=True,
    is_function_calling_model=True,
    additional_kwargs={"stream_options": None},
)
weather = FunctionTool.from_defaults(talk.get_weather, name=talk.TOOL)


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    said = [*chat.history, ChatMessage(role="user", content=turn.words)]
    system = ChatMessage(role="system", content=chat.system)
    about = {"session_id": chat.session_id, "user_id": chat.user_id}
    with using_attributes(**about), tracer.start_as_current_span("turn") as span:
        span.set_attribute("session.id", chat.session_id)
        if turn.stream:
            usage = {"stream_options": {"include_usage": True}}
            answer = list(llm.stream_chat([system, *said], **usage))[-1].message
            said.append(answer)
        while not turn.stream:
            if turn.cities:
                made = llm.chat_with_tools(
                    [weather], chat_history=[system, *said], allow_parallel_tool_calls=True
                )
            else:
                made = llm.chat([system, *said])
            said.append(made.message)
            calls = llm.get_tool_calls_from_response(made, error_on_no_tool_call=False)
            if not calls:
                break
            for call in calls:
                found = weather.call(**call.tool_kwargs)
                told = {"tool_call_id": call.tool_id}
                said.append(
                    ChatMessage(role=MessageRole.TOOL, content=str(found), additional_kwargs=told)
                )
    chat.history = said
    return said[-1].content or ""


talk.hold(ask)
provider.shutdown()
