"""Questions about conversations, in our words. All answers come from the derived tables and the
spans behind them; list, page and API ask here and cannot disagree.

May import access, store, pricing and model. Refuses to know HTTP and HTML. Functions are
synchronous and thread-safe.
"""

from parley.query.analytics import DIMENSIONS, FIGURES, read_analytics
from parley.query.annotations import AnnotationPage, read_annotations
from parley.query.at_once import at_once
from parley.query.attachments import (
    AttachmentFacts,
    attachment_path,
    find_attachment,
    read_attachment,
)
from parley.query.chat_history import ChatHistory, chat_history
from parley.query.drill import all_of, bin_filter, group_filter, others_filter, turns_filter
from parley.query.errors import BadQuery, QueryError
from parley.query.exports import Conversation, Export, plan_export
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
from parley.query.prompts import (
    RUN_SESSION,
    PromptRef,
    PromptUsage,
    read_prompt_refs,
    read_prompt_usage,
)
from parley.query.rail import TurnMark, read_turn_marks
from parley.query.rates import RATE_DAYS, ModelRate, read_rates
from parley.query.series import compare_series, read_series
from parley.query.sessions import SORTS, find_sessions, open_session, read_session
from parley.query.spans import PAGE_SPANS, read_spans, read_trace
from parley.query.stats import list_projects, read_lag_ms, read_stats
from parley.query.traces import TRACE_SORTS, find_traces
from parley.query.transcript import TURNS_MAX, read_transcript
from parley.query.unknown import (
    Example,
    Failed,
    Sample,
    Unknown,
    Unread,
    read_unknown,
)
from parley.query.usage import ModelInUse, read_models, usage_by_model
from parley.query.users import USER_SORTS, find_users
from parley.query.views import VIEW_NAME_MAX, check_look, check_view

__all__ = [
    "DIMENSIONS",
    "EVERYTHING",
    "FIELDS",
    "FIGURES",
    "OPERATORS",
    "PAGE_SPANS",
    "RATE_DAYS",
    "RUN_SESSION",
    "SORTS",
    "TRACE_SORTS",
    "TURNS_MAX",
    "USER_SORTS",
    "VIEW_NAME_MAX",
    "AnnotationPage",
    "AttachmentFacts",
    "BadFilter",
    "BadQuery",
    "ChatHistory",
    "Completion",
    "Conversation",
    "Example",
    "Export",
    "Failed",
    "Field",
    "ModelInUse",
    "ModelRate",
    "Narrowing",
    "Piece",
    "PromptRef",
    "PromptUsage",
    "QueryError",
    "Sample",
    "Seen",
    "TurnMark",
    "Unknown",
    "Unread",
    "all_of",
    "at_once",
    "attachment_path",
    "bin_filter",
    "chat_history",
    "check_look",
    "check_view",
    "compare_series",
    "complete_filter",
    "find_attachment",
    "find_sessions",
    "find_traces",
    "find_users",
    "group_filter",
    "list_projects",
    "narrow",
    "open_session",
    "others_filter",
    "pieces_of",
    "plan_export",
    "read_analytics",
    "read_annotations",
    "read_attachment",
    "read_lag_ms",
    "read_models",
    "read_prompt_refs",
    "read_prompt_usage",
    "read_rates",
    "read_seen",
    "read_series",
    "read_session",
    "read_spans",
    "read_stats",
    "read_trace",
    "read_transcript",
    "read_turn_marks",
    "read_unknown",
    "turns_filter",
    "usage_by_model",
]
