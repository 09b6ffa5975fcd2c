"""MLflow: its own export; with its GenAI option it speaks OpenTelemetry GenAI."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

USAGE = "mlflow.chat.tokenUsage"

DIALECT = Dialect(
    name="mlflow",
    title="MLflow",
    source="https://mlflow.org/docs/latest/genai/tracing/opentelemetry/export/",
    fields={
        "kind": [
            Field(
                "mlflow.spanType",
                values={
                    "llm": "llm",
                    "chat_model": "llm",
                    "chain": "chain",
                    "agent": "agent",
                    "tool": "tool",
                    "retriever": "retriever",
                    "embedding": "embedding",
                    "reranker": "rerank",
                    "guardrail": "guardrail",
                    "evaluator": "evaluator",
                    "workflow": "workflow",
                    "task": "chain",
                    "parser": "chain",
                },
            )
        ],
        "request_model": [Field("mlflow.llm.model")],
        "provider": [Field("mlflow.llm.provider")],
        "input_tokens": [Field(USAGE, path=("input_tokens",))],
        "output_tokens": [Field(USAGE, path=("output_tokens",))],
        "cached_tokens": [Field(USAGE, path=("cache_read_input_tokens",))],
        "cache_write_tokens": [Field(USAGE, path=("cache_creation_input_tokens",))],
        "cost_usd": [Field("mlflow.llm.cost", path=("total_cost",))],
        "user_id": [Field("mlflow.trace.user"), Field("mlflow.traceTag.user_id")],
        "source_project": [Field("mlflow.experimentId")],
    },
    inputs=[Payload("mlflow.spanInputs")],
    outputs=[Payload("mlflow.spanOutputs")],
    metadata=["mlflow.traceTag."],
    noise=["mlflow."],
    remarks="Every value but the tags is a JSON document in a string. The session given to MLflow "
    "is not exported; a tag or span attribute is.",
    unused=["mlflow."],
)
