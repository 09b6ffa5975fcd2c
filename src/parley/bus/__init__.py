"""Says "these sessions changed", inside one process.

The room between derivation (publishes) and the pages (listen). May import model. Refuses to know
what changed: listeners ask again for what they show.
"""

from parley.bus.bus import Bus, Change, Listener

__all__ = ["Bus", "Change", "Listener"]
