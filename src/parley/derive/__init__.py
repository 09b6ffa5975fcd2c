"""Stage two: touched traces to session moves, turns, messages and session rows.

Pure functions of stored spans (facts, align, turns) with one worker around them (deriver). May
import store, records, bus, conventions, pricing and model. Refuses to know the wire format and
HTTP.
"""

from parley.derive.annotations import ANNOTATIONS_MAX, Annotations
from parley.derive.deriver import Deriver, rebuild
from parley.derive.elsewhere import Elsewhere
from parley.derive.errors import (
    AnnotationError,
    AnnotationTaken,
    BadAnnotation,
    BadLabel,
    DeriveError,
    NoSuchTarget,
)
from parley.derive.labels import LABELED_MAX, TAG_MAX, TITLE_MAX, Labels
from parley.derive.prices import LivePrices, Progress
from parley.derive.sweep import drop_unnamed

__all__ = [
    "ANNOTATIONS_MAX",
    "LABELED_MAX",
    "TAG_MAX",
    "TITLE_MAX",
    "AnnotationError",
    "AnnotationTaken",
    "Annotations",
    "BadAnnotation",
    "BadLabel",
    "DeriveError",
    "Deriver",
    "Elsewhere",
    "Labels",
    "LivePrices",
    "NoSuchTarget",
    "Progress",
    "drop_unnamed",
    "rebuild",
]
