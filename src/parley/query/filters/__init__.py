"""The filter language: `cost_usd > 0.5 and any(turn.latency_ms > 5s)`.

Text becomes a tree (grammar), the tree is checked against the table of fields (vocabulary, types)
and becomes conditions with bound values (compile). docs/filters.md says what it means.
"""

from parley.query.filters.compile import Compiled, compile_filter
from parley.query.filters.complete import Completion, Option, Piece, complete_filter, pieces_of
from parley.query.filters.errors import BadFilter
from parley.query.filters.grammar import parse_filter
from parley.query.filters.seen import Seen, read_seen
from parley.query.filters.types import check_filter
from parley.query.filters.vocabulary import FIELDS, OPERATORS, Field

__all__ = [
    "FIELDS",
    "OPERATORS",
    "BadFilter",
    "Compiled",
    "Completion",
    "Field",
    "Option",
    "Piece",
    "Seen",
    "check_filter",
    "compile_filter",
    "complete_filter",
    "parse_filter",
    "pieces_of",
    "read_seen",
]
