"""Journal segments into the store, about once a second; what the engine refuses is set aside.

May import store, journal, model, and of access the name of the default project. Refuses to know
what a span means.
"""

from parley.load.loader import Loader
from parley.load.quarantine import SetAside, drop_set_aside, list_set_aside, retry_set_aside
from parley.load.trial import TrialLimits

__all__ = [
    "Loader",
    "SetAside",
    "TrialLimits",
    "drop_set_aside",
    "list_set_aside",
    "retry_set_aside",
]
