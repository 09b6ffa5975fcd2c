"""Laminar."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="laminar",
    title="Laminar",
    source="https://docs.laminar.sh/tracing/otel",
    fields={
        "kind": [
            Field(
                "lmnr.span.type",
                values={
                    "llm": "llm",
                    "tool": "tool",
                    "default": "chain",
                    "pipeline": "workflow",
                    "executor": "chain",
                    "evaluator": "evaluator",
                    "evaluation": "evaluator",
                },
            )
        ],
        "user_id": [Field("lmnr.association.properties.user_id")],
    },
    inputs=[Payload("lmnr.span.input")],
    outputs=[Payload("lmnr.span.output")],
    tags=["lmnr.association.properties.tags"],
    metadata=["lmnr.association.properties.metadata."],
    remarks="Calls hold OpenAI messages and choices under the GenAI names.",
    unused=[
        "lmnr.span.",
        "lmnr.internal.",
    ],
)
