"""The nouns of Parley: what every room passes to every other.

Frozen msgspec Structs without behaviour beyond small derived values. May import nothing of
Parley. Knows nothing of storage, wire formats, HTTP or HTML.

Times are integers: nanoseconds since 1970 UTC. Costs are US dollars. Ids of traces and spans are
lowercase hex.
"""

from parley.model.analytics import (
    Analytics,
    AnalyticsQuery,
    Bin,
    Dimension,
    Distribution,
    Figure,
    GroupPoint,
    GroupSeries,
    GroupTotals,
    User,
    UserPage,
    UserQuery,
)
from parley.model.annotation import Annotation, AnnotationValue
from parley.model.ids import ProjectId, SessionId, SpanId, TraceId, TurnId
from parley.model.label import LabelChange
from parley.model.message import Attachment, Message, Part, Role
from parley.model.prompt import (
    HISTORY,
    Application,
    Deployment,
    Prompt,
    PromptMessage,
    PromptVersion,
    VersionRef,
)
from parley.model.session import (
    Match,
    MatchPiece,
    ModelUsage,
    Session,
    SessionDetail,
    SessionPage,
    SessionQuery,
    Turn,
)
from parley.model.span import Span, SpanEvent, SpanLink, SpanPage, TraceTree
from parley.model.stats import Series, SeriesPoint, Stats
from parley.model.times import from_iso, now_ns, to_iso
from parley.model.trace import TraceCard, TraceListing, TraceQuery
from parley.model.transcript import Transcript, TranscriptTurn
from parley.model.view import CHARTS, COLUMNS, DENSITIES, RANGES, Look, SavedView

__all__ = [
    "CHARTS",
    "COLUMNS",
    "DENSITIES",
    "HISTORY",
    "RANGES",
    "Analytics",
    "AnalyticsQuery",
    "Annotation",
    "AnnotationValue",
    "Application",
    "Attachment",
    "Bin",
    "Deployment",
    "Dimension",
    "Distribution",
    "Figure",
    "GroupPoint",
    "GroupSeries",
    "GroupTotals",
    "LabelChange",
    "Look",
    "Match",
    "MatchPiece",
    "Message",
    "ModelUsage",
    "Part",
    "ProjectId",
    "Prompt",
    "PromptMessage",
    "PromptVersion",
    "Role",
    "SavedView",
    "Series",
    "SeriesPoint",
    "Session",
    "SessionDetail",
    "SessionId",
    "SessionPage",
    "SessionQuery",
    "Span",
    "SpanEvent",
    "SpanId",
    "SpanLink",
    "SpanPage",
    "Stats",
    "TraceCard",
    "TraceId",
    "TraceListing",
    "TraceQuery",
    "TraceTree",
    "Transcript",
    "TranscriptTurn",
    "Turn",
    "TurnId",
    "User",
    "UserPage",
    "UserQuery",
    "VersionRef",
    "from_iso",
    "now_ns",
    "to_iso",
]
