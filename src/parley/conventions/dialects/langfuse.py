"""Langfuse: Python SDK 3 to 5, JS SDK, and its OpenAI drop-in."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

USAGE = "langfuse.observation.usage_details"
COST = "langfuse.observation.cost_details"
PARAMETERS = "langfuse.observation.model.parameters"
# What the JS SDK takes off `input` and `output`: every detail that OpenAI tells.
INPUT_PARTS = ("cached_tokens", "cache_write_tokens", "input_audio_tokens", "input_image_tokens")
OUTPUT_PARTS = ("reasoning_tokens", "output_audio_tokens", "output_image_tokens")

DIALECT = Dialect(
    name="langfuse",
    title="Langfuse",
    source="https://langfuse.com/integrations/native/opentelemetry",
    fields={
        "kind": [
            Field(
                "langfuse.observation.type",
                values={
                    "generation": "llm",
                    "span": "chain",
                    "agent": "agent",
                    "tool": "tool",
                    "chain": "chain",
                    "retriever": "retriever",
                    "embedding": "embedding",
                    "evaluator": "evaluator",
                    "guardrail": "guardrail",
                },
            )
        ],
        "request_model": [Field("langfuse.observation.model.name")],
        "input_tokens": [
            Field(USAGE, path=("prompt_tokens",)),
            Field(USAGE, path=("input_tokens",)),
            Field(USAGE, path=("input",), plus=INPUT_PARTS),
        ],
        "output_tokens": [
            Field(USAGE, path=("completion_tokens",)),
            Field(USAGE, path=("output_tokens",)),
            Field(USAGE, path=("output",), plus=OUTPUT_PARTS),
        ],
        "cached_tokens": [
            Field(USAGE, path=("prompt_tokens_details", "cached_tokens")),
            Field(USAGE, path=("input_tokens_details", "cached_tokens")),
            Field(USAGE, path=("input_cached_tokens",)),
            Field(USAGE, path=("cache_read_input_tokens",)),
            Field(USAGE, path=("input_cache_read",)),
        ],
        "cache_write_tokens": [
            Field(USAGE, path=("cache_creation_input_tokens",)),
            Field(USAGE, path=("input_cache_creation",)),
        ],
        "reasoning_tokens": [
            Field(USAGE, path=("completion_tokens_details", "reasoning_tokens")),
            Field(USAGE, path=("output_tokens_details", "reasoning_tokens")),
            Field(USAGE, path=("output_reasoning_tokens",)),
            Field(USAGE, path=("output_reasoning",)),
        ],
        "input_audio_tokens": [
            Field(USAGE, path=("prompt_tokens_details", "audio_tokens")),
            Field(USAGE, path=("input_tokens_details", "audio_tokens")),
            Field(USAGE, path=("input_audio_tokens",)),
            Field(USAGE, path=("input_audio",)),
        ],
        "output_audio_tokens": [
            Field(USAGE, path=("completion_tokens_details", "audio_tokens")),
            Field(USAGE, path=("output_tokens_details", "audio_tokens")),
            Field(USAGE, path=("output_audio_tokens",)),
            Field(USAGE, path=("output_audio",)),
        ],
        "input_image_tokens": [
            Field(USAGE, path=("input_tokens_details", "image_tokens")),
            Field(USAGE, path=("input_image_tokens",)),
        ],
        "output_image_tokens": [
            Field(USAGE, path=("output_tokens_details", "image_tokens")),
            Field(USAGE, path=("output_image_tokens",)),
        ],
        "cache_write_1h_tokens": [Field(USAGE, path=("input_cache_creation_1h",))],
        "service_tier": [Field(PARAMETERS, path=("service_tier",))],
        "ttft_ms": [Field("langfuse.observation.completion_start_time", is_time=True)],
        "cost_usd": [Field(COST, path=("total",))],
        "user_id": [
            Field("langfuse.user.id"),
            Field("langfuse.observation.metadata.langfuse_user_id"),
        ],
        "environment": [
            Field("langfuse.environment"),
            Field("langfuse.environment", where="resource"),
        ],
        "failure": [Field("langfuse.observation.level", values={"error": "error"})],
        "error_message": [Field("langfuse.observation.status_message")],
    },
    inputs=[Payload("langfuse.observation.input"), Payload("langfuse.trace.input")],
    outputs=[Payload("langfuse.observation.output"), Payload("langfuse.trace.output")],
    tags=["langfuse.trace.tags", "langfuse.observation.metadata.langfuse_tags"],
    metadata=[
        "langfuse.trace.metadata",
        "langfuse.trace.metadata.",
        "langfuse.observation.metadata",
        "langfuse.observation.metadata.",
    ],
    remarks="The Python SDK sends OpenAI's counts, nested, input including cached; the JS SDK "
    "`input` and `output` without cached and reasoning. Values of version 5 are JSON in strings. "
    "A failed observation says so in its level, not always in the span's status.",
    unused=[
        "langfuse.internal.",
        "langfuse.observation.prompt.",
        "langfuse.release",
        "langfuse.version",
        "langfuse.trace.name",
        "langfuse.trace.public",
        "langfuse.experiment.",
    ],
)
