"""pydantic-ai 1 and 2: what it adds to OpenTelemetry GenAI."""

from parley.conventions.table import Dialect, Field, Payload

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="pydantic-ai",
    title="pydantic-ai",
    source="https://pydantic.dev/docs/ai/integrations/logfire/",
    fields={
        "kind": [
            Field("tool_arguments", values={"*": "tool"}),
            Field("agent_name", values={"*": "agent"}),
        ],
        "input_tokens": [Field("gen_ai.aggregated_usage.input_tokens")],
        "output_tokens": [Field("gen_ai.aggregated_usage.output_tokens")],
        "cached_tokens": [Field("gen_ai.aggregated_usage.cache_read.input_tokens")],
        "reasoning_tokens": [Field("gen_ai.aggregated_usage.details.reasoning_tokens")],
        "input_audio_tokens": [Field("gen_ai.aggregated_usage.details.input_audio_tokens")],
        "output_audio_tokens": [Field("gen_ai.aggregated_usage.details.output_audio_tokens")],
        "cost_usd": [Field("operation.cost")],
        "user_id": [
            Field("metadata", path=("user_id",)),
            Field("metadata", path=("user",)),
        ],
    },
    inputs=[
        Payload("events", shape="events"),
        Payload("pydantic_ai.all_messages"),
        Payload("all_messages_events", shape="events"),
    ],
    outputs=[Payload("events", shape="events"), Payload("final_result")],
    remarks="`gen_ai.aggregated_usage.*` (and in version 1 `gen_ai.usage.*` on the agent's span) "
    "sums what the calls below say. Version 1 names the agent's span by `agent_name` alone. "
    "`pydantic_ai.all_messages` is the whole history again: where the call itself failed, the only "
    "place of the question.",
    unused=[
        "gen_ai.agent.call.id",
        "gen_ai.aggregated_usage.",
        "gen_ai.usage.details.",
        "model_name",
        "model_request_parameters",
        "pydantic_ai.",
    ],
)
