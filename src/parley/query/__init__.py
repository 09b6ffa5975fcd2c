"""Questions about conversations, in our words. All answers come from the derived tables and the
spans behind them; list, page and API ask here and cannot disagree.

May import access, store and model. Refuses to know HTTP and HTML. Functions are synchronous and
thread-safe.
"""

from parley.query.at_once import at_once
from parley.query.errors import BadQuery, QueryError
from parley.query.filters import (
    FIELDS,
    OPERATORS,
    BadFilter,
    Completion,
    Field,
    Piece,
    Seen,
    complete_filter,
    pieces_of,
    read_seen,
)
from parley.query.narrowing import EVERYTHING, Narrowing, narrow
from parley.query.series import compare_series, read_series
from parley.query.sessions import SORTS, find_sessions, open_session
from parley.query.spans import PAGE_SPANS, read_spans, read_trace
from parley.query.stats import list_projects, read_lag_ms, read_stats
from parley.query.transcript import TURNS_MAX, read_transcript

__all__ = [
    "EVERYTHING",
    "FIELDS",
    "OPERATORS",
    "PAGE_SPANS",
    "SORTS",
    "TURNS_MAX",
    "BadFilter",
    "BadQuery",
    "Completion",
    "Field",
    "Narrowing",
    "Piece",
    "QueryError",
    "Seen",
    "at_once",
    "compare_series",
    "complete_filter",
    "find_sessions",
    "list_projects",
    "narrow",
    "open_session",
    "pieces_of",
    "read_lag_ms",
    "read_seen",
    "read_series",
    "read_spans",
    "read_stats",
    "read_trace",
    "read_transcript",
]
