"""The log: one line of `key=value` an event, on standard error, without what people said.

Messages of the engine quote the bytes that they are about; so whatever stands in quotation marks
is cut out of reasons and of the last lines of exceptions. Quarantine keeps the whole reason.
"""

import re
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

__all__ = ["without_quotes", "write_logs"]

QUOTED = re.compile(r"""'[^']*'?|"[^"]*"?|`[^`]*`?""")
TEXT_KEYS = ("reason", "error")


def write_logs() -> None:
    """Sends the log to standard error; standard output is for answers."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            without_quotes,
            structlog.processors.KeyValueRenderer(key_order=["timestamp", "level", "event"]),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def without_quotes(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Returns the event without what its reason or its exception quotes."""
    for key in TEXT_KEYS:
        if isinstance(event.get(key), str):
            event[key] = QUOTED.sub("'…'", event[key])
    if isinstance(event.get("exception"), str):
        event["exception"] = "\n".join(map(told, event["exception"].splitlines()))
    return event


def told(line: str) -> str:
    """Returns a line of a traceback; what is no place in the code loses its quotations."""
    is_place = line.startswith((" ", "Traceback"))
    return line if is_place else QUOTED.sub("'…'", line)
