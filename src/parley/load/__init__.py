"""Journal segments into the store, about once a second; what the engine refuses is set aside.

May import store, journal and model. Refuses to know what a span means.
"""

from parley.load.loader import Loader

__all__ = ["Loader"]
