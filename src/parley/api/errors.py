"""What the API answers when it does not answer the question.

    ApiError
    ├── BadRequest        400  a parameter is wrong; names it
    └── NotFound          404  there is no such thing

Errors of the rooms below (a bad query, a bad project name) and of the router (no such route) get
the same shape: {"error": {"code", "message", "field"}}; one in a filter says where as well.
"""

import math
import re
from http import HTTPStatus
from typing import Any

import structlog
from litestar import MediaType, Request, Response
from litestar.exceptions import HTTPException, ValidationException
from msgspec import UNSET, Struct, UnsetType

from parley.access import AccessError
from parley.derive import AnnotationError, AnnotationTaken, NoSuchTarget
from parley.journal import JournalBroken, JournalFull
from parley.pricing import BadPrice
from parley.prompts import (
    NoProviderKey,
    NoSuchPrompt,
    PromptArchived,
    PromptError,
    ProviderBusy,
    ProviderFailed,
    TooManyRuns,
)
from parley.query import BadFilter, BadQuery
from parley.store import StoreBusy, StoreOutOfMemory, StoreTooLarge

__all__ = ["ApiError", "BadRequest", "NotFound", "answer_error"]

UNKNOWN = re.compile(r"Object contains unknown field `(.*?)`")
MISSING = re.compile(r"Missing required query parameter '(\w+)'")

PROVIDER_STATUS = {"timeout": 504}  # of a failed provider; else 502
log = structlog.get_logger("parley.api")


class ApiError(Exception):
    """The tree's root: `status` is the HTTP status, `field` the parameter that is to blame."""

    status = 500

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class BadRequest(ApiError):
    """A parameter is wrong."""

    status = 400


class NotFound(ApiError):
    """There is no such thing."""

    status = 404


class ErrorBody(Struct, frozen=True):
    """The inside of an error answer. `code` is the name of the HTTP status."""

    code: str
    message: str
    field: str | None = None
    fields: dict[str, str] | UnsetType = UNSET  # every wrong field of a body, and why
    column: int | None = None  # of a filter: where it is wrong, from 1
    length: int | None = None
    suggestion: str | None = None  # what may have been meant


class ErrorAnswer(Struct, frozen=True):
    """Every error answer of the API."""

    error: ErrorBody


def answer_error(request: Request[Any, Any, Any] | None, error: Exception) -> Response[ErrorAnswer]:
    """Returns the answer for an error that a handler or the router raised."""
    match error:
        case ApiError():
            return error_answer(error.status, error.message, field=error.field)
        case BadFilter():
            return error_answer(400, str(error), field=error.field, at=error)
        case BadQuery():
            return error_answer(400, str(error), field=error.field)
        case AnnotationError():
            return error_answer(annotation_status(error), error.message, field=error.field)
        case PromptError():
            return prompt_answer(error)
        case BadPrice():
            return error_answer(400, str(error), field=next(iter(error.fields), None), fields=error)
        case AccessError():
            return error_answer(error.status, error.message, field=error.field)
        case JournalFull():
            return error_answer(429, str(error))
        case JournalBroken():
            return error_answer(503, "the disk refuses; see the log")
        case StoreOutOfMemory() | StoreTooLarge():
            return error_answer(
                503, "this needs more memory than a question may take; ask for less at once"
            )
        case StoreBusy():
            return error_answer(503, "the store cannot answer now; ask again")
        case ValidationException(extra=[first, *_]):
            name, reason = first.get("key", ""), first.get("message", "is wrong")
            if unknown := UNKNOWN.match(reason):
                name = ".".join(part for part in (name.removeprefix("data"), unknown[1]) if part)
                reason = "is not a field of this"
            return error_answer(400, f"{name}: {reason}", field=name)
        case ValidationException() if missing := MISSING.match(error.detail):
            return error_answer(400, "is required", field=missing.group(1))
        case HTTPException(status_code=404):
            return error_answer(404, f"no such address: {path_of(request)}")
        case HTTPException():
            return error_answer(error.status_code, error.detail)
        case _:
            log.exception("request failed", path=path_of(request), exc_info=error)
            return error_answer(500, "Parley failed here; its log has the details")


def path_of(request: Request[Any, Any, Any] | None) -> str:
    """Returns the path of a request, "" of one that is answered already."""
    return request.url.path if request else ""


def annotation_status(error: AnnotationError) -> int:
    """Returns the status for what is wrong with an annotation."""
    match error:
        case AnnotationTaken():
            return 409
        case NoSuchTarget():
            return 404
        case _:
            return 400


def prompt_answer(error: PromptError) -> Response[ErrorAnswer]:
    """Returns the answer for what went wrong with a prompt or its run."""
    match error:
        case PromptArchived():
            status = 410
        case NoSuchPrompt():
            status = 404
        case NoProviderKey():
            status = 424
        case ProviderBusy() | TooManyRuns():
            status = 429
        case ProviderFailed():
            status = PROVIDER_STATUS.get(error.kind, 502)
        case _:
            status = 422
    answer = error_answer(status, error.message, field=error.field)
    if isinstance(error, ProviderBusy | TooManyRuns) and error.retry_after is not None:
        answer.headers["retry-after"] = str(math.ceil(error.retry_after))
    return answer


def error_answer(
    status: int,
    message: str,
    *,
    field: str | None = None,
    fields: BadPrice | None = None,
    at: BadFilter | None = None,
) -> Response[ErrorAnswer]:
    """Returns the JSON answer for a status; `at` has the place in a filter."""
    if field and fields is None and not message.startswith(f"{field}:"):
        message = f"{field}: {message}"
    body = ErrorBody(
        code=HTTPStatus(status).name.lower(),
        message=message,
        field=field,
        fields=fields.fields if fields else UNSET,
        column=at.column if at else None,
        length=at.end - at.start if at else None,
        suggestion=(at.suggestion or None) if at else None,
    )
    return Response(ErrorAnswer(body), status_code=status, media_type=MediaType.JSON)
