"""LiteLLM 1 and 2."""

from parley.conventions.table import Dialect, Field

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="litellm",
    title="LiteLLM",
    source="https://docs.litellm.ai/docs/observability/opentelemetry_integration",
    fields={
        "request_model": [Field("litellm.provider.model")],
        "cost_usd": [Field("litellm.cost.total"), Field("gen_ai.cost.total_cost")],
        "cached_tokens": [
            Field("metadata.usage_object", path=("prompt_tokens_details", "cached_tokens")),
            Field("metadata.usage_object", path=("cache_read_input_tokens",)),
        ],
        "cache_write_tokens": [
            Field("metadata.usage_object", path=("cache_creation_input_tokens",)),
        ],
        "reasoning_tokens": [
            Field("metadata.usage_object", path=("completion_tokens_details", "reasoning_tokens")),
        ],
        "input_audio_tokens": [
            Field("metadata.usage_object", path=("prompt_tokens_details", "audio_tokens")),
        ],
        "output_audio_tokens": [
            Field("metadata.usage_object", path=("completion_tokens_details", "audio_tokens")),
        ],
        "input_image_tokens": [
            Field("metadata.usage_object", path=("prompt_tokens_details", "image_tokens")),
        ],
        "output_image_tokens": [
            Field("metadata.usage_object", path=("completion_tokens_details", "image_tokens")),
        ],
        "user_id": [
            Field("llm.user"),
            Field("litellm.end_user.id"),
            Field("metadata.user_api_key_end_user_id"),
            Field("metadata.user_api_key_user_id"),
        ],
        "error_type": [Field("error.code"), Field("litellm.provider.error.code")],
        "error_message": [Field("error.message")],
    },
    metadata=["metadata.", "litellm.metadata."],
    noise=["usage_object", "user_api_key_", "applied_guardrails", "requester_", "spend_logs_"],
    remarks="Version 1 drops session ids; its usage details are a Python dictionary in a string. "
    "The child `raw_gen_ai_request` repeats the call and is no call of its own.",
    unused=[
        "error.llm_provider",
        "error.stack_trace",
        "gen_ai.cost.",
        "hidden_params",
        "litellm.",
        "llm.openai.",
    ],
)
