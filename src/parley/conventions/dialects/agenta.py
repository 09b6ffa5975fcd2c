"""Agenta: the `ag.*` namespace of its SDK, also written by hand over plain OpenTelemetry."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

KINDS = {
    "workflow": "workflow",
    "agent": "agent",
    "chain": "chain",
    "task": "chain",
    "tool": "tool",
    "embedding": "embedding",
    "query": "retriever",
    "llm": "llm",
    "chat": "llm",
    "completion": "llm",
    "rerank": "rerank",
}

DIALECT = Dialect(
    name="agenta",
    title="Agenta",
    source="https://agenta.ai/docs/reference/api-guide/tracing",
    fields={
        "kind": [Field("ag.type.span", values=KINDS), Field("ag.type.node", values=KINDS)],
        "request_model": [Field("ag.meta.request.model")],
        "response_model": [Field("ag.meta.response.model")],
        "provider": [Field("ag.meta.system")],
        "input_tokens": [
            Field("ag.metrics.tokens.incremental.prompt"),
            Field("ag.metrics.unit.tokens.prompt"),
        ],
        "output_tokens": [
            Field("ag.metrics.tokens.incremental.completion"),
            Field("ag.metrics.unit.tokens.completion"),
        ],
        "cached_tokens": [
            Field("ag.metrics.tokens.incremental.cached"),
            Field("ag.metrics.tokens.incremental.cache_read"),
        ],
        "reasoning_tokens": [Field("ag.metrics.tokens.incremental.reasoning")],
        "cost_usd": [
            Field("ag.metrics.costs.incremental.total"),
            Field("ag.metrics.unit.costs.total"),
        ],
        "user_id": [Field("ag.user.id")],
        "environment": [Field("ag.refs.environment.slug")],
    },
    inputs=[
        Payload("ag.data.inputs"),
        Payload("ag.data.inputs", shape="fields"),
    ],
    outputs=[
        Payload("ag.data.outputs"),
        Payload("ag.data.outputs", shape="fields"),
    ],
    tags=["ag.meta.tags", "ag.meta.tags.", "ag.tags."],
    metadata=["ag.meta."],
    remarks="Nested values carry the prefix `@ag.type=json:`; `unit` and `acc` are legacy names "
    "of incremental and cumulative. Cumulative numbers are never added.",
    unused=[
        "ag.metrics.unit.tokens.total",
        "ag.refs.",
        "ag.flags.",
        "ag.exception.",
    ],
)
