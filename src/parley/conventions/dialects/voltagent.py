"""VoltAgent: agents in TypeScript."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="voltagent",
    title="VoltAgent",
    source="https://voltagent.dev/observability-docs/tracing/overview/",
    fields={
        # The agent's own span has all steps of a turn, with the usage of all; a span below tells
        # them once more, with the usage of the last step.
        "kind": [
            Field(
                "span.type",
                values={
                    "llm": "chain",
                    "tool": "tool",
                    "retriever": "retriever",
                    "embedding": "embedding",
                    "guardrail": "guardrail",
                    "agent": "agent",
                    "*": "chain",
                },
            ),
            Field("entity.type", values={"agent": "llm", "workflow": "workflow"}),
        ],
        "request_model": [Field("ai.model.name")],
        "input_tokens": [Field("usage.prompt_tokens")],
        "output_tokens": [Field("usage.completion_tokens")],
        "cached_tokens": [Field("usage.cached_tokens")],
        "reasoning_tokens": [Field("usage.reasoning_tokens")],
    },
    inputs=[Payload("agent.messages")],
    outputs=[Payload("output")],
    unused=[
        "agent.",
        "ai.model.",
        "entity.",
        "llm.",
        "memory.",
        "operation.id",
        "span.",
        "tool.",
        "usage.",
        "voltagent.",
    ],
    remarks="A turn's steps are one call: its span has no usage of each.",
)
