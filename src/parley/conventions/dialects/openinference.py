"""OpenInference: Arize Phoenix and the instrumentors of its family, Python and JS."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="openinference",
    title="OpenInference",
    source="https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md",
    fields={
        "kind": [
            Field(
                "openinference.span.kind",
                values={
                    "llm": "llm",
                    "chain": "chain",
                    "tool": "tool",
                    "agent": "agent",
                    "retriever": "retriever",
                    "embedding": "embedding",
                    "reranker": "rerank",
                    "guardrail": "guardrail",
                    "evaluator": "evaluator",
                    "prompt": "chain",
                },
            )
        ],
        "request_model": [
            Field("llm.request.model_name"),
            Field("llm.invocation_parameters", path=("model",)),
        ],
        "response_model": [
            Field("llm.response.model_name"),
            Field("llm.model_name"),
            Field("embedding.model_name"),
            Field("reranker.model_name"),
        ],
        "response_id": [Field("output.value", path=("id",))],
        "provider": [Field("llm.provider"), Field("llm.system")],
        "input_tokens": [Field("llm.token_count.prompt")],
        "output_tokens": [Field("llm.token_count.completion")],
        "cached_tokens": [
            Field("llm.token_count.prompt_details.cache_read"),
            Field("llm.token_count.prompt_details.cache_input"),
        ],
        "cache_write_tokens": [Field("llm.token_count.prompt_details.cache_write")],
        "reasoning_tokens": [Field("llm.token_count.completion_details.reasoning")],
        "input_audio_tokens": [Field("llm.token_count.prompt_details.audio")],
        "output_audio_tokens": [Field("llm.token_count.completion_details.audio")],
        "service_tier": [
            Field("output.value", path=("service_tier",)),
            Field("output.value", path=("usage", "service_tier")),
            Field("llm.invocation_parameters", path=("service_tier",)),
        ],
        "cost_usd": [Field("llm.cost.total")],
        "tool_name": [Field("tool.name")],
        "source_project": [Field("openinference.project.name", where="resource")],
    },
    inputs=[
        Payload("llm.input_messages", shape="indexed"),
        Payload("input.value"),
    ],
    outputs=[
        Payload("llm.output_messages", shape="indexed"),
        Payload("output.value"),
    ],
    tags=["tag.tags"],
    metadata=["metadata"],
    remarks="`llm.token_count.prompt` includes cache reads and writes.",
    unused=[
        "input.mime_type",
        "output.mime_type",
        "llm.finish_reason",
        "llm.prompt_template.",
        "llm.token_count.",
        "llm.cost.",
        "llm.tools.",
        "tool.description",
        "tool.parameters",
        "tool.json_schema",
        "tool.id",
        "anthropic.",
        "graph.node.",
    ],
)
