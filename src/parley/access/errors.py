"""Why a request is refused before anybody looks at what it asks.

AccessError
├── BadProject     400: a project name that cannot be one
├── Unauthorized   401: no token, or another one
└── Forbidden      403: a host that is not ours, or a page of another origin
"""

__all__ = ["AccessError", "BadProject", "Forbidden", "Unauthorized"]


class AccessError(Exception):
    """A refusal: HTTP status, a code for programs, a message for people, the field at fault."""

    status = 403
    code = "forbidden"

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class BadProject(AccessError):
    """The project name is empty, too long, not UTF-8 or holds control characters."""

    status = 400
    code = "bad_project"


class Unauthorized(AccessError):
    """The server has a token and the request does not show it."""

    status = 401
    code = "unauthorized"


class Forbidden(AccessError):
    """The Host is not on the list, or the request comes from a page of another origin."""
