"""Logfire: what it adds to OpenTelemetry GenAI."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

RAW = "gen_ai.usage.raw"
ANSWER = "response_data"

DIALECT = Dialect(
    name="logfire",
    title="Logfire",
    source="https://logfire.pydantic.dev/docs/integrations/llms/openai/",
    fields={
        "request_model": [Field("request_data", path=("model",))],
        "response_model": [Field(ANSWER, path=("model",))],
        "input_tokens": [
            Field(ANSWER, path=("usage", "prompt_tokens")),
            Field(ANSWER, path=("usage", "input_tokens")),
        ],
        "output_tokens": [
            Field(ANSWER, path=("usage", "completion_tokens")),
            Field(ANSWER, path=("usage", "output_tokens")),
        ],
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
    inputs=[Payload("request_data")],
    outputs=[Payload("response_data")],
    tags=["logfire.tags"],
    remarks="Before version 5 words and usage stand in `request_data` and `response_data`. "
    "`session_id` is scrubbed on Logfire's own spans (`[Scrubbed due to …`), and arrives "
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
    ],
)
