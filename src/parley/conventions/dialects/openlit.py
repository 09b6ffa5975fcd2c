"""OpenLIT: what it adds to OpenTelemetry GenAI."""

from parley.conventions.table import Dialect, Field

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="openlit",
    title="OpenLIT",
    source="https://docs.openlit.io/latest/openlit/developer-resources/semantic-conventions",
    fields={
        "user_id": [Field("gen_ai.request.user")],
        "environment": [Field("gen_ai.environment")],
    },
    unused=[
        "function.",
        "gen_ai.client.token.usage",
        "gen_ai.sdk.version",
        "gen_ai.server.time_per_output_token",
        "openai.api.type",
        "openlit.",
        "service.name",
        "telemetry.sdk.",
    ],
    remarks="`gen_ai.server.time_to_first_token` is not read: OpenLIT means seconds by it, Strands "
    "milliseconds. `gen_ai.client.token.usage` is the total and is not read. The session stands on "
    "the calls alone; the outer span's `gen_ai.output.messages` is plain text.",
)
