"""Semantic Kernel's chat completion; messages are log records of Python's logging."""

import logging
import os

os.environ["SEMANTICKERNEL_EXPERIMENTAL_GENAI_ENABLE_OTEL_DIAGNOSTICS_SENSITIVE"] = "true"

import talk
from openai import AsyncOpenAI
from opentelemetry import _logs, trace
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from semantic_kernel import Kernel
from semantic_kernel.connectors.ai import FunctionChoiceBehavior
from semantic_kernel.connectors.ai.open_ai import (
    OpenAIChatCompletion,
    OpenAIChatPromptExecutionSettings,
)
from semantic_kernel.contents import ChatHistory
from semantic_kernel.functions import kernel_function

provider = TracerProvider()
exporter = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
provider.add_span_processor(BatchSpanProcessor(exporter))
trace.set_tracer_provider(provider)
logs = LoggerProvider()
logs.add_log_record_processor(
    BatchLogRecordProcessor(OTLPLogExporter(endpoint=f"{talk.PARLEY_URL}/v1/logs"))
)
_logs.set_logger_provider(logs)
logging.getLogger().addHandler(LoggingHandler(logger_provider=logs))
logging.getLogger().setLevel(logging.INFO)
tracer = trace.get_tracer("shop")
client = AsyncOpenAI(base_url=f"{talk.MODEL_URL}/v1", api_key="any", max_retries=0)
service = OpenAIChatCompletion(ai_model_id=talk.OPENAI_MODEL, async_client=client)


class Weather:
    @kernel_function(name=talk.TOOL, description=talk.TOOL_WORDS)
    def get_weather(self, city: str) -> str:
        return talk.get_weather(city)


async def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    kernel = Kernel()
    settings = OpenAIChatPromptExecutionSettings()
    if turn.cities:
        kernel.add_plugin(Weather(), "shop")
        settings.function_choice_behavior = FunctionChoiceBehavior.Auto()
    history = ChatHistory(messages=list(chat.history))
    if not chat.history:
        history.add_system_message(chat.system)
    history.add_user_message(turn.words)
    told = {"session.id": chat.session_id, "user.id": chat.user_id}
    with tracer.start_as_current_span("turn", attributes=told):
        if turn.stream:
            parts = service.get_streaming_chat_message_contents(history, settings, kernel=kernel)
            said = "".join([str(piece) async for pieces in parts for piece in pieces])
            history.add_assistant_message(said)
        else:
            (made,) = await service.get_chat_message_contents(history, settings, kernel=kernel)
            said = str(made)
            history.add_message(made)
    chat.history = history.messages
    return said


talk.hold_async(ask)
provider.shutdown()
logs.shutdown()
