"""The pages: server-rendered HTML of what the query room answers.

May import access, query, prompts, store, bus and model. Refuses to know SQL, OTLP and how a number
came about: a page formats, it does not compute.
"""

from parley.web.prompts import PromptParts
from parley.web.router import web_router

__all__ = ["PromptParts", "web_router"]
