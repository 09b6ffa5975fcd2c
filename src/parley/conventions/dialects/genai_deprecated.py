"""OpenTelemetry GenAI names that were renamed or dropped, still sent by released clients."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="genai-deprecated",
    title="OpenTelemetry GenAI, deprecated names",
    source="https://opentelemetry.io/docs/specs/semconv/registry/attributes/gen-ai/",
    fields={
        "provider": [Field("gen_ai.system")],
        "input_tokens": [Field("gen_ai.usage.prompt_tokens")],
        "output_tokens": [Field("gen_ai.usage.completion_tokens")],
        "cached_tokens": [
            Field("gen_ai.usage.cache_read_input_tokens"),
            Field("gen_ai.usage.details.cached_tokens"),
        ],
        "cache_write_tokens": [
            Field("gen_ai.usage.cache_creation_input_tokens"),
            Field("gen_ai.usage.cache_write_input_tokens"),
        ],
        "reasoning_tokens": [
            Field("gen_ai.usage.reasoning_tokens"),
            Field("gen_ai.usage.details.reasoning_tokens"),
        ],
        "input_audio_tokens": [Field("gen_ai.usage.details.input_audio_tokens")],
        "output_audio_tokens": [Field("gen_ai.usage.details.output_audio_tokens")],
        "cache_audio_read_tokens": [Field("gen_ai.usage.details.cache_audio_read_tokens")],
        "cost_usd": [Field("gen_ai.usage.cost", is_never_0=True), Field("gen_ai.usage.total_cost")],
    },
    inputs=[Payload("gen_ai.prompt"), Payload("gen_ai.prompt", shape="indexed")],
    outputs=[Payload("gen_ai.completion"), Payload("gen_ai.completion", shape="indexed")],
    remarks="Strands and LiteLLM 2 send the old count beside the current one: they are never "
    "added. Span events `gen_ai.content.prompt` and `gen_ai.content.completion` are read too.",
)
