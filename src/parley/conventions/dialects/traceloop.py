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
        "user_id": [
            Field("traceloop.association.properties.user_id"),
            Field("traceloop.association.properties.userId"),
        ],
        "tool_name": [Field("traceloop.entity.name")],
        "environment": [Field("env", where="resource")],
    },
    inputs=[Payload("traceloop.entity.input")],
    outputs=[Payload("traceloop.entity.output")],
    metadata=["traceloop.association.properties."],
    remarks="Associations leak into later turns unless each request has a context of its own: a "
    "conversation id of the span itself comes before them. 0.40 sends no usage of streamed calls.",
    unused=[
        "llm.headers",
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
