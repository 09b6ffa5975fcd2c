"""Opik over OpenTelemetry."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="opik",
    title="Opik",
    source="https://www.comet.com/docs/opik/integrations/opentelemetry",
    fields={
        "kind": [
            Field(
                "opik.span.type",
                values={"llm": "llm", "tool": "tool", "general": "chain", "guardrail": "guardrail"},
            )
        ],
        "source_project": [Field("opik.project.name")],
    },
    inputs=[Payload("opik.input"), Payload("input")],
    outputs=[Payload("opik.output"), Payload("output")],
    tags=["opik.tags"],
    metadata=["opik.metadata", "opik.metadata."],
    remarks="The session is `thread_id`, on the outermost span.",
)
