"""OpenTelemetry's GenAI packages: the id of the conversation by the handler of opentelemetry-util-genai.

LIVE_API: openai, responses or anthropic; LIVE_TRANSPORT: http or grpc.
"""

import json
import os

import anthropic
import talk
from opentelemetry import _logs, trace
from opentelemetry.instrumentation.genai.anthropic import AnthropicInstrumentor
from opentelemetry.instrumentation.genai.openai import OpenAIInstrumentor
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.util.genai.handler import TelemetryHandler

if os.environ.get("LIVE_TRANSPORT") == "grpc":
    from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter

    options = {"endpoint": f"http://{talk.PARLEY_GRPC}", "insecure": True}
    spans, logs = OTLPSpanExporter(**options), OTLPLogExporter(**options)
else:
    from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    spans = OTLPSpanExporter(endpoint=f"{talk.PARLEY_URL}/v1/traces")
    logs = OTLPLogExporter(endpoint=f"{talk.PARLEY_URL}/v1/logs")

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(spans))
trace.set_tracer_provider(provider)
logger_provider = LoggerProvider()
logger_provider.add_log_record_processor(BatchLogRecordProcessor(logs))
_logs.set_logger_provider(logger_provider)
OpenAIInstrumentor().instrument()
AnthropicInstrumentor().instrument()
handler = TelemetryHandler()
gpt = talk.openai_client()
claude = anthropic.Anthropic(base_url=talk.MODEL_URL, api_key="any", max_retries=0)


def run_tool(city: str) -> str:
    with handler.tool(talk.TOOL) as invocation:
        invocation.arguments = json.dumps({"city": city})
        invocation.tool_result = talk.get_weather(city)
        return invocation.tool_result


def ask_responses(chat: talk.Chat, turn: talk.Turn) -> str:
    said = [*chat.history, {"role": "user", "content": turn.words}]
    tool = talk.OPENAI_TOOLS[0]["function"]
    while True:
        request = {
            "model": talk.OPENAI_MODEL,
            "instructions": chat.system,
            "input": said,
            "tools": [{"type": "function", "strict": True, **tool}] if turn.cities else [],
        }
        if turn.stream:
            with gpt.responses.stream(**request) as stream:
                made = stream.get_final_response()
        else:
            made = gpt.responses.create(**request)
        said += [
            {"type": item.type, "call_id": item.call_id, "name": item.name}
            | {"arguments": item.arguments}
            if item.type == "function_call"
            else {"role": "assistant", "content": made.output_text}
            for item in made.output
        ]
        called = [item for item in made.output if item.type == "function_call"]
        if not called:
            chat.history = said
            return made.output_text
        for call in called:
            output = run_tool(**json.loads(call.arguments))
            said.append({"type": "function_call_output", "call_id": call.call_id, "output": output})


def ask(chat: talk.Chat, turn: talk.Turn) -> str:
    with handler.workflow("turn", conversation_id=chat.session_id):
        trace.get_current_span().set_attribute("user.id", chat.user_id)
        match os.environ["LIVE_API"]:
            case "anthropic":
                return talk.ask_claude(claude, chat, turn, run_tool=run_tool)
            case "responses":
                return ask_responses(chat, turn)
            case _:
                return talk.ask_openai(gpt, chat, turn, run_tool=run_tool)


talk.hold(ask)
provider.shutdown()
logger_provider.shutdown()
