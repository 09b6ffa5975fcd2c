"""Stage two: touched traces to session moves, turns, messages and session rows.

Pure functions of stored spans (facts, align, turns) with one worker around them (deriver). May
import store, records, bus, conventions, pricing and model. Refuses to know the wire format and
HTTP.
"""

from parley.derive.deriver import Deriver, rebuild
from parley.derive.errors import DeriveError
from parley.derive.prices import LivePrices, Progress
from parley.derive.sweep import drop_unnamed

__all__ = ["DeriveError", "Deriver", "LivePrices", "Progress", "drop_unnamed", "rebuild"]
