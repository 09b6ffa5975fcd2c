"""Logfire: what it adds to OpenTelemetry GenAI."""

from parley.conventions.table import Dialect, Field

__all__ = ["DIALECT"]

RAW = "gen_ai.usage.raw"

DIALECT = Dialect(
    name="logfire",
    title="Logfire",
    source="https://logfire.pydantic.dev/docs/integrations/llms/openai/",
    fields={
        "cached_tokens": [
            Field(RAW, path=("prompt_tokens_details", "cached_tokens")),
            Field(RAW, path=("input_tokens_details", "cached_tokens")),
            Field(RAW, path=("cache_read_input_tokens",)),
        ],
        "cache_write_tokens": [Field(RAW, path=("cache_creation_input_tokens",))],
        "reasoning_tokens": [
            Field(RAW, path=("completion_tokens_details", "reasoning_tokens")),
            Field(RAW, path=("output_tokens_details", "reasoning_tokens")),
        ],
        "input_audio_tokens": [Field(RAW, path=("prompt_tokens_details", "audio_tokens"))],
        "output_audio_tokens": [Field(RAW, path=("completion_tokens_details", "audio_tokens"))],
        "service_tier": [Field(RAW, path=("service_tier",))],
        "user_id": [Field("user_id")],
    },
    tags=["logfire.tags"],
    remarks="`session_id` is scrubbed on Logfire's own spans (`[Scrubbed due to …`), and arrives "
    "by baggage on the calls of models.",
    unused=[
        "args",
        "async",
        "duration",
        "logfire.exception.",
        "logfire.json_schema",
        "logfire.level_num",
        "logfire.msg",
        "logfire.msg_template",
        "logfire.scrubbed",
        "logfire.span_type",
        "logfire.sample_rate",
        "logfire.pending_parent_id",
        "request_data",
    ],
)
