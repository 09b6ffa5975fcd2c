"""Mastra's own tracing, through its OpenTelemetry exporter."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="mastra",
    title="Mastra",
    source="https://mastra.ai/docs/observability/tracing/exporters/otel",
    fields={
        # A generation has the usage of all its steps, which stand below it with their chunks.
        "kind": [
            Field(
                "mastra.span.type",
                values={
                    "agent_run": "agent",
                    "model_generation": "llm",
                    "llm_generation": "llm",
                    "tool_call": "tool",
                    "mcp_tool_call": "tool",
                    "workflow_run": "workflow",
                    "*": "chain",
                },
            )
        ],
        "cached_tokens": [Field("gen_ai.usage.cached_input_tokens")],
        "user_id": [Field("mastra.metadata.userId"), Field("userId")],
    },
    inputs=[Payload("gen_ai.tool.input")],
    outputs=[Payload("gen_ai.tool.output")],
    metadata=["mastra.metadata."],
    unused=["mastra.", "runId", "modelMetadata", "span.kind"],
    remarks="The session is `sessionId` in the metadata of the trace, or the thread of its memory.",
)
