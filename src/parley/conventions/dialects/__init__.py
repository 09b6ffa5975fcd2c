"""The dialects, most specific first: where two fill one column of a span, the earlier wins."""

from parley.conventions.dialects import agenta, genai, genai_deprecated, openinference, resource
from parley.conventions.table import Dialect

__all__ = ["DIALECTS"]

DIALECTS: list[Dialect] = [
    openinference.DIALECT,
    agenta.DIALECT,
    genai.DIALECT,
    genai_deprecated.DIALECT,
    resource.DIALECT,
]
