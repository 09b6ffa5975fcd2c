"""Vercel AI SDK 4 to 6; version 7 speaks OpenTelemetry GenAI, and adds its runtime context."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

META = "ai.response.providerMetadata"

DIALECT = Dialect(
    name="vercel",
    title="Vercel AI SDK",
    source="https://ai-sdk.dev/docs/ai-sdk-core/telemetry",
    fields={
        "kind": [
            Field(
                "ai.operationId",
                values={
                    "ai.generatetext": "agent",
                    "ai.streamtext": "agent",
                    "ai.generateobject": "agent",
                    "ai.streamobject": "agent",
                    "ai.generatetext.dogenerate": "llm",
                    "ai.streamtext.dostream": "llm",
                    "ai.generateobject.dogenerate": "llm",
                    "ai.streamobject.dostream": "llm",
                    "ai.toolcall": "tool",
                    "ai.embed": "chain",
                    "ai.embedmany": "chain",
                    "ai.embed.doembed": "embedding",
                    "ai.embedmany.doembed": "embedding",
                    "ai.rerank": "rerank",
                },
            )
        ],
        "request_model": [Field("ai.model.id")],
        "response_model": [Field("ai.response.model")],
        "provider": [Field("ai.model.provider")],
        "response_id": [Field("ai.response.id")],
        "input_tokens": [Field("ai.usage.inputTokens"), Field("ai.usage.promptTokens")],
        "output_tokens": [Field("ai.usage.outputTokens"), Field("ai.usage.completionTokens")],
        "cached_tokens": [
            Field("ai.usage.inputTokenDetails.cacheReadTokens"),
            Field("ai.usage.cachedInputTokens"),
            Field(META, path=("openai", "cachedPromptTokens")),
            Field(META, path=("anthropic", "cacheReadInputTokens")),
        ],
        "cache_write_tokens": [
            Field("ai.usage.inputTokenDetails.cacheWriteTokens"),
            Field(META, path=("anthropic", "cacheCreationInputTokens")),
        ],
        "reasoning_tokens": [
            Field("ai.usage.outputTokenDetails.reasoningTokens"),
            Field("ai.usage.reasoningTokens"),
            Field(META, path=("openai", "reasoningTokens")),
        ],
        "ttft_ms": [
            Field("ai.response.msToFirstChunk"),
            Field("ai.response.msToFirstToken"),
            Field("gen_ai.client.operation.time_to_first_chunk", factor=1000),
        ],
        "user_id": [
            Field("ai.telemetry.metadata.userId"),
            Field("ai.telemetry.metadata.user_id"),
            Field("ai.settings.context.userId"),
            Field("ai.settings.context.user_id"),
            Field("ai.settings.runtimeContext.userId"),
            Field("ai.settings.runtimeContext.user_id"),
        ],
        "tool_name": [Field("ai.toolCall.name")],
    },
    inputs=[
        Payload("ai.prompt.messages"),
        Payload("ai.prompt"),
    ],
    outputs=[
        Payload(
            "ai.response",
            shape="pieces",
            pieces=(
                ("text", "content"),
                ("object", "content"),
                ("reasoning", "reasoning"),
                ("toolCalls", "tool_calls"),
            ),
        ),
    ],
    tags=["ai.telemetry.metadata.tags"],
    metadata=[
        "ai.telemetry.metadata.",
        "ai.settings.context.",
        "ai.settings.runtimeContext.",
    ],
    remarks="The outer span repeats the usage of its last step (4, 5) or the sum of all steps "
    "(6): only the calls inside count. Version 5 names counts in two ways.",
    unused=[
        "ai.prompt.",
        "ai.request.",
        "ai.response.",
        "ai.schema.",
        "ai.settings.",
        "ai.telemetry.",
        "ai.toolCall.",
        "ai.usage.",
        "operation.name",
        "resource.name",
    ],
)
