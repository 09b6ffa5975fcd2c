"""What every OpenTelemetry resource may say about where a span comes from."""

from parley.conventions.table import Dialect, Field

__all__ = ["DIALECT"]

DIALECT = Dialect(
    name="resource",
    title="OpenTelemetry resource",
    source="https://opentelemetry.io/docs/specs/semconv/resource/deployment-environment/",
    fields={
        "environment": [
            Field("deployment.environment.name", where="resource"),
            Field("deployment.environment", where="resource"),
            Field("deployment.environment.name"),
            Field("deployment.environment"),
        ],
    },
    unused=[
        "client.",
        "code.",
        "db.",
        "exception.",
        "http.",
        "messaging.",
        "net.",
        "network.",
        "peer.",
        "rpc.",
        "server.",
        "thread.",
        "url.",
        "user_agent.",
    ],
)
