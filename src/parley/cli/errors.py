"""Why a command ends without its result.

CliError
├── NoServer    nothing answers at --url
└── Refused     the server answered with an error; its message is shown
"""

__all__ = ["CliError", "NoServer", "Refused"]


class CliError(Exception):
    """A command failed; the message is for the person who typed it."""


class NoServer(CliError):
    """Nothing answers at the address."""


class Refused(CliError):
    """The server answered with an error."""
