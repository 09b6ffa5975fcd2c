"""Errors of the demo room.

DemoError             the server did not take the traffic; the text says why and what to do
  ScriptError         a conversation file is wrong (a bug of ours; the text names file and place)
"""

__all__ = ["DemoError", "ScriptError"]


class DemoError(Exception):
    """The demo cannot go on; the text is meant for the person who started it."""


class ScriptError(DemoError):
    """A conversation file does not say what it must."""
