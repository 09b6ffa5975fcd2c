"""OpenTelemetry GenAI semantic conventions, as current as of 1.38 and later."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="genai",
    title="OpenTelemetry GenAI",
    source="https://opentelemetry.io/docs/specs/semconv/gen-ai/gen-ai-spans/",
    fields={
        "kind": [
            Field(
                "gen_ai.operation.name",
                values={
                    "chat": "llm",
                    "generate_content": "llm",
                    "text_completion": "llm",
                    "embeddings": "embedding",
                    "retrieval": "retriever",
                    "rerank": "rerank",
                    "create_agent": "agent",
                    "invoke_agent": "agent",
                    "invoke_workflow": "workflow",
                    "execute_tool": "tool",
                },
            )
        ],
        "request_model": [Field("gen_ai.request.model")],
        "response_model": [Field("gen_ai.response.model")],
        "provider": [Field("gen_ai.provider.name")],
        "response_id": [Field("gen_ai.response.id")],
        "input_tokens": [Field("gen_ai.usage.input_tokens")],
        "output_tokens": [Field("gen_ai.usage.output_tokens")],
        "cached_tokens": [Field("gen_ai.usage.cache_read.input_tokens")],
        "cache_write_tokens": [Field("gen_ai.usage.cache_creation.input_tokens")],
        "reasoning_tokens": [Field("gen_ai.usage.reasoning.output_tokens")],
        "ttft_ms": [Field("gen_ai.response.time_to_first_chunk", factor=1000)],
        "user_id": [Field("user.id"), Field("enduser.id")],
        "tool_name": [Field("gen_ai.tool.name")],
        "error_type": [Field("error.type")],
    },
    system=[Payload("gen_ai.system_instructions")],
    inputs=[Payload("gen_ai.input.messages")],
    outputs=[Payload("gen_ai.output.messages")],
    remarks="`gen_ai.usage.input_tokens` includes cached tokens.",
)
