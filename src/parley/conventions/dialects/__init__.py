"""The dialects, most specific first: where two fill one column of a span, the earlier wins."""

from parley.conventions.dialects import (
    agenta,
    agents,
    genai,
    genai_deprecated,
    laminar,
    langfuse,
    langsmith,
    litellm,
    logfire,
    mastra,
    mlflow,
    openinference,
    openlit,
    opik,
    pydantic_ai,
    resource,
    traceloop,
    vercel,
    voltagent,
)
from parley.conventions.table import Dialect

__all__ = ["DIALECTS"]

DIALECTS: list[Dialect] = [
    openinference.DIALECT,
    agenta.DIALECT,
    langfuse.DIALECT,
    langsmith.DIALECT,
    laminar.DIALECT,
    mlflow.DIALECT,
    mastra.DIALECT,
    genai.DIALECT,
    genai_deprecated.DIALECT,
    vercel.DIALECT,
    traceloop.DIALECT,
    pydantic_ai.DIALECT,
    logfire.DIALECT,
    litellm.DIALECT,
    openlit.DIALECT,
    opik.DIALECT,
    voltagent.DIALECT,
    agents.DIALECT,
    resource.DIALECT,
]
