"""What can go wrong with derivation.

DeriveError   a trace could not be derived; its work stays on the list
"""

__all__ = ["DeriveError"]


class DeriveError(Exception):
    """A trace could not be derived."""
