"""The client dialects: what a turn, a call, a tool and a retrieval look like on the wire.

One module per dialect, all with the methods of `Dialect`. They may import what was played and the
wire types; they refuse to know ids, parents and times, which `spans` gives to all alike.
"""

from parley.demo.casting import Conversation
from parley.demo.dialects.agenta import AgentaDialect
from parley.demo.dialects.dialect import Dialect, Sheet
from parley.demo.dialects.genai import GenAIDialect
from parley.demo.dialects.openinference import OpenInferenceDialect
from parley.demo.script import App

__all__ = ["Dialect", "Sheet", "pick_dialect"]


def pick_dialect(app: App, conversation: Conversation) -> Dialect:
    """Returns the dialect that the application's instrumentation writes."""
    match app.dialect:
        case "genai":
            return GenAIDialect(app, conversation)
        case "openinference":
            return OpenInferenceDialect(app, conversation)
        case "agenta":
            return AgentaDialect(app, conversation)
