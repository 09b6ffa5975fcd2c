"""The SDK of Parley: `ag.init()`, then sessions, spans and LLM calls reach the server.

May import OpenTelemetry and the standard library; refuses to know the server's code. Nothing is
imported before it is used: an application that only says `import agenta` pays for little.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agenta import errors as errors
    from agenta.annotating import aannotate as aannotate
    from agenta.annotating import annotate as annotate
    from agenta.annotations import Annotation as Annotation
    from agenta.answers import AsyncChatStream as AsyncChatStream
    from agenta.answers import ChatAnswer as ChatAnswer
    from agenta.answers import ChatStream as ChatStream
    from agenta.client import Agenta as Agenta
    from agenta.decorator import instrument as instrument
    from agenta.scope import session as session
    from agenta.starting import flush as flush
    from agenta.starting import init as init
    from agenta.telling import Tracing

    tracing: Tracing

__version__ = "0.1.0"

WHERE = {
    "Agenta": "client",
    "Annotation": "annotations",
    "AsyncChatStream": "answers",
    "ChatAnswer": "answers",
    "ChatStream": "answers",
    "aannotate": "annotating",
    "annotate": "annotating",
    "flush": "starting",
    "init": "starting",
    "instrument": "decorator",
    "session": "scope",
}

__all__ = [*WHERE, "errors", "tracing"]  # noqa: PLE0604 - the names of a table


def __getattr__(name: str) -> Any:
    """Returns a public name, imported when it is first used."""
    if name == "errors":
        return importlib.import_module("agenta.errors")
    if name == "tracing":
        found = importlib.import_module("agenta.telling").Tracing()
    elif name in WHERE:
        found = getattr(importlib.import_module(f"agenta.{WHERE[name]}"), name)
    else:
        message = f"module 'agenta' has no attribute {name!r}"
        raise AttributeError(message)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
