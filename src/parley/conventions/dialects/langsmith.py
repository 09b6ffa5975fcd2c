"""LangSmith over OpenTelemetry."""

from parley.conventions.table import Dialect, Field

__all__ = ["DIALECT"]

INPUT = "gen_ai.usage.input_token_details"
OUTPUT = "gen_ai.usage.output_token_details"

DIALECT = Dialect(
    name="langsmith",
    title="LangSmith",
    source="https://docs.langchain.com/langsmith/trace-with-opentelemetry",
    fields={
        "kind": [
            Field(
                "langsmith.span.kind",
                values={
                    "llm": "llm",
                    "chain": "chain",
                    "tool": "tool",
                    "retriever": "retriever",
                    "embedding": "embedding",
                    "prompt": "chain",
                    "parser": "chain",
                },
            )
        ],
        "request_model": [Field("langsmith.metadata.ls_model_name")],
        "provider": [Field("langsmith.metadata.ls_provider")],
        "cached_tokens": [Field(INPUT, path=("cache_read",))],
        "cache_write_tokens": [Field(INPUT, path=("cache_creation",))],
        "reasoning_tokens": [Field(OUTPUT, path=("reasoning",))],
        "input_audio_tokens": [Field(INPUT, path=("audio",))],
        "output_audio_tokens": [Field(OUTPUT, path=("audio",))],
        "user_id": [Field("langsmith.metadata.user_id")],
        "source_project": [Field("langsmith.trace.session_name")],
    },
    tags=["langsmith.span.tags"],
    metadata=["langsmith.metadata."],
    noise=["LANGSMITH_", "LANGCHAIN_", "ls_", "usage_metadata", "revision_id"],
    remarks="`langsmith.trace.session_name` is the project, not a conversation. Tags are one text "
    "with commas; token details are a Python dictionary in a string.",
    unused=[
        "langsmith.request.streaming",
        "langsmith.trace.",
        "langsmith.span.",
        "gen_ai.serialized.",
    ],
)
