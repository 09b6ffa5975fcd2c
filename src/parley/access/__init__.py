"""Access: who asks, from where, and for which project.

Pure checks over a request's method, headers and query, and the middleware that puts them before
every page and call. May import model only. Refuses to know routes beyond the few that are open,
what is asked for, and where anything is stored.
"""

from parley.access.access import COOKIE, DEFAULT_PROJECT, Access, AccessRules, Headers
from parley.access.errors import AccessError, BadProject, Forbidden, Unauthorized
from parley.access.middleware import AccessMiddleware
from parley.access.origins import checked_origin

__all__ = [
    "COOKIE",
    "DEFAULT_PROJECT",
    "Access",
    "AccessError",
    "AccessMiddleware",
    "AccessRules",
    "BadProject",
    "Forbidden",
    "Headers",
    "Unauthorized",
    "checked_origin",
]
