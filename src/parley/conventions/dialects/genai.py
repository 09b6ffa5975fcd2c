"""OpenTelemetry GenAI semantic conventions, as current as of 1.38 and later."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

KINDS = {
    "chat": "llm",
    "chat.completions": "llm",
    "chat.streaming_completions": "llm",
    "text.completions": "llm",
    "text.streaming_completions": "llm",
    "generate_content": "llm",
    "text_completion": "llm",
    "completion": "llm",
    "responses": "llm",
    "llm": "llm",
    "embeddings": "embedding",
    "embedding": "embedding",
    "retrieval": "retriever",
    "retriever": "retriever",
    "rerank": "rerank",
    "create_agent": "agent",
    "invoke_agent": "agent",
    "agent": "agent",
    "invoke_workflow": "workflow",
    "workflow": "workflow",
    "execute_tool": "tool",
    "tool": "tool",
    "chain": "chain",
    "agent_step": "chain",
    "fetch_response": "chain",  # reads an answer again: no call, no usage
    "execute_event_loop_cycle": "chain",
}

DIALECT = Dialect(
    name="genai",
    title="OpenTelemetry GenAI",
    source="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/",
    fields={
        "kind": [Field("gen_ai.operation.name", values=KINDS)],
        "request_model": [Field("gen_ai.request.model")],
        "response_model": [Field("gen_ai.response.model")],
        "provider": [Field("gen_ai.provider.name")],
        "response_id": [Field("gen_ai.response.id")],
        "input_tokens": [Field("gen_ai.usage.input_tokens")],
        "output_tokens": [Field("gen_ai.usage.output_tokens")],
        "cached_tokens": [Field("gen_ai.usage.cache_read.input_tokens")],
        "cache_write_tokens": [
            Field("gen_ai.usage.cache_creation.input_tokens"),
            Field("gen_ai.usage.cache_write.input_tokens"),
        ],
        "reasoning_tokens": [Field("gen_ai.usage.reasoning.output_tokens")],
        "input_audio_tokens": [Field("gen_ai.usage.audio.input_tokens")],
        "output_audio_tokens": [Field("gen_ai.usage.audio.output_tokens")],
        "cache_audio_read_tokens": [Field("gen_ai.usage.audio.cache_read.input_tokens")],
        "input_image_tokens": [Field("gen_ai.usage.image.input_tokens")],
        "output_image_tokens": [Field("gen_ai.usage.image.output_tokens")],
        "cache_image_read_tokens": [Field("gen_ai.usage.image.cache_read.input_tokens")],
        "input_video_tokens": [Field("gen_ai.usage.video.input_tokens")],
        "service_tier": [
            Field("openai.response.service_tier"),
            Field("gen_ai.openai.response.service_tier"),
            Field("gen_ai.response.service_tier"),
            Field("openai.request.service_tier"),
            Field("gen_ai.openai.request.service_tier"),
            Field("gen_ai.request.service_tier"),
        ],
        "ttft_ms": [
            Field("gen_ai.response.time_to_first_chunk", factor=1000),
            Field("gen_ai.latency.time_to_first_token", factor=1000),  # vLLM
            Field("gen_ai.server.time_to_first_token_ms"),
            Field(
                "gen_ai.server.time_to_first_token",  # a metric's name: Strands puts milliseconds
                scopes={"strands": 1, "openlit": 1000},
            ),
        ],
        "user_id": [Field("user.id"), Field("enduser.id")],
        "tool_name": [Field("gen_ai.tool.name")],
        "error_type": [Field("error.type")],
    },
    system=[Payload("gen_ai.system_instructions")],
    inputs=[Payload("gen_ai.input.messages")],
    outputs=[Payload("gen_ai.output.messages")],
    remarks="`gen_ai.usage.input_tokens` includes cached tokens. `gen_ai.output.messages` comes in "
    "five shapes (parts, OpenAI messages, choices, parts with tool calls beside them, text); "
    "agents that run loops say `agent_step` (Vercel AI 7) and `execute_event_loop_cycle` "
    "(Strands). Messages may come as span events or log records instead: `gen_ai.user.message` "
    "and its like, `gen_ai.choice`, `gen_ai.client.inference.operation.details`.",
    unused=[
        "gen_ai.agent.",
        "gen_ai.client.operation.",
        "gen_ai.execute_tool.duration",
        "gen_ai.conversation.",
        "gen_ai.data_source.id",
        "gen_ai.is_streaming",
        "gen_ai.openai.",
        "gen_ai.embeddings.",
        "gen_ai.evaluation.",
        "gen_ai.prompt.name",
        "gen_ai.prompt.variable.",
        "gen_ai.prompt.version",
        "gen_ai.retrieval.",
        "gen_ai.compaction.",
        "gen_ai.skill.",
        "gen_ai.main_agent.",
        "gen_ai.output.type",
        "gen_ai.request.",
        "gen_ai.response.finish_reason",
        "gen_ai.response.finish_reasons",
        "gen_ai.response.system_fingerprint",
        "gen_ai.token.type",
        "gen_ai.tool.",
        "gen_ai.usage.total_tokens",
        "gen_ai.workflow.name",
        "openai.response.system_fingerprint",
        "gen_ai.usage.text.",
    ],
)
