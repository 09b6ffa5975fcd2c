"""What calls to the server raise.

    AgentaError
    ├── Unreachable              no answer: refused, lost, not a server
    │   └── TimedOut             none in time
    ├── BadAnswer                an answer that does not keep the contract
    └── RequestRefused           the server said no: status, code, message, field
        ├── InvalidRequest       400, 422  `field` names what is wrong or missing
        ├── Unauthorized         401, 403
        ├── NotFound             404
        ├── Conflict             409       an id is that of something else
        ├── MissingProviderKey   424
        ├── TooManyRequests      429       `retry_after_s`
        └── ServerFailed         5xx

Tracing raises nothing of this: a server that is not there is logged once.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

__all__ = [
    "AgentaError",
    "BadAnswer",
    "Conflict",
    "InvalidRequest",
    "MissingProviderKey",
    "NotFound",
    "RequestRefused",
    "ServerFailed",
    "TimedOut",
    "TooManyRequests",
    "Unauthorized",
    "Unreachable",
    "refusal",
]

SHOWN_CHARACTERS = 300


class AgentaError(Exception):
    """The tree's root."""


class Unreachable(AgentaError):
    """The server gave no answer."""


class TimedOut(Unreachable):
    """The server gave no answer in time."""


class BadAnswer(AgentaError):
    """The server answered something that is no answer to the question."""


class RequestRefused(AgentaError):
    """The server refused, or failed.

    Attributes:
        status: the HTTP status.
        code: the server's word for it, such as `not_found`.
        message: the server's explanation.
        field: what in the request is to blame; None when it is no single thing.
        retry_after_s: how long the server asks to wait; None when it does not say.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int = 0,
        code: str = "",
        field: str | None = None,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(f"{message} ({status} {code})" if status else message)
        self.message = message
        self.status = status
        self.code = code
        self.field = field
        self.retry_after_s = retry_after_s


class InvalidRequest(RequestRefused):
    """Something in the request is wrong or missing."""


class Unauthorized(RequestRefused):
    """The key is missing, wrong, or not allowed to do this."""


class NotFound(RequestRefused):
    """There is no such thing."""


class Conflict(RequestRefused):
    """Something else has this id."""


class MissingProviderKey(RequestRefused):
    """The server has no key of the model's provider."""


class TooManyRequests(RequestRefused):
    """Too much at once; ask again later."""


class ServerFailed(RequestRefused):
    """The server, or the model's provider behind it, failed."""


BY_STATUS: Mapping[int, type[RequestRefused]] = {
    400: InvalidRequest,
    401: Unauthorized,
    403: Unauthorized,
    404: NotFound,
    409: Conflict,
    422: InvalidRequest,
    424: MissingProviderKey,
    429: TooManyRequests,
}


def refusal(status: int, body: bytes, headers: Mapping[str, str]) -> RequestRefused:
    """Returns the error for an answer that is none: `{"error": {"code", "message", "field"}}`."""
    said: dict[str, Any] = {}
    try:
        found = json.loads(body).get("error")
        said = found if isinstance(found, dict) else {"message": str(found)} if found else {}
    except (ValueError, AttributeError):
        pass
    message = said.get("message") or body[:SHOWN_CHARACTERS].decode("utf-8", "replace").strip()
    kind = BY_STATUS.get(status, ServerFailed if status >= 500 else RequestRefused)
    field = said.get("field")
    return kind(
        str(message or "no explanation"),
        status=status,
        code=str(said.get("code") or ""),
        field=str(field) if field is not None else None,
        retry_after_s=_seconds(headers.get("retry-after")),
    )


def _seconds(value: str | None) -> float | None:
    try:
        return max(0.0, float(value)) if value else None
    except ValueError:
        return None
