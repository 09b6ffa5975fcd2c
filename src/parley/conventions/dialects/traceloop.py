"""OpenLLMetry and the Traceloop SDKs, Python and JS; names that are not OpenTelemetry's."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="traceloop",
    title="OpenLLMetry / Traceloop",
    source="https://www.traceloop.com/docs/openllmetry/contributing/semantic-conventions",
    fields={
        "kind": [
            Field(
                "traceloop.span.kind",
                values={"workflow": "workflow", "task": "chain", "agent": "agent", "tool": "tool"},
            ),
            Field(
                "llm.request.type",
                values={
                    "chat": "llm",
                    "completion": "llm",
                    "embedding": "embedding",
                    "rerank": "rerank",
                },
            ),
        ],
        "input_tokens": [Field("llm.usage.prompt_tokens")],
        "output_tokens": [Field("llm.usage.completion_tokens")],
        "reasoning_tokens": [Field("llm.usage.reasoning_tokens")],
        "user_id": [
            Field("traceloop.association.properties.user_id"),
            Field("traceloop.association.properties.userId"),
            Field("gen_ai.user"),
        ],
        "tool_name": [Field("traceloop.entity.name")],
        "environment": [Field("env", where="resource")],
    },
    inputs=[Payload("traceloop.entity.input"), Payload("gen_ai.task.input")],
    outputs=[Payload("traceloop.entity.output"), Payload("gen_ai.task.output")],
    metadata=["traceloop.association.properties."],
    remarks="Associations leak into later turns unless each request has a context of its own: a "
    "conversation id of the span itself comes before them. 0.40 sends no usage of streamed calls.",
    unused=[
        "gen_ai.headers",
        "gen_ai.task.",
        "gen_ai.workflow.",
        "llm.chat.stop_sequences",
        "llm.frequency_penalty",
        "llm.headers",
        "llm.presence_penalty",
        "llm.request.reasoning_effort",
        "llm.response.",
        "llm.top_k",
        "llm.usage.token_type",
        "traceloop.correlation.id",
        "traceloop.prompt.",
        "llm.is_streaming",
        "llm.request.functions.",
        "llm.usage.total_tokens",
        "llm.request.temperature",
        "llm.request.max_tokens",
        "traceloop.entity.path",
        "traceloop.workflow.name",
        "traceloop.entity.version",
    ],
)
