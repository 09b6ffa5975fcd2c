"""Query parameters: read strictly, refused by name. Nothing unknown is silently ignored."""

import re
from typing import Annotated, Any
from urllib.parse import unquote_plus, unquote_to_bytes

from litestar import Request
from litestar.params import QueryParameter

from parley.access import Access
from parley.api.errors import BadRequest
from parley.model import ProjectId, from_iso

__all__ = ["Filter", "Project", "Words", "check_parameters", "time_parameter"]

SPACE_FOR_PLUS = re.compile(r"(T[0-9:.]+) (\d\d:?\d\d)$")
LATEST_NS = 4_102_444_800_000_000_000  # 2100-01-01; beyond it the store keeps no times

Project = Annotated[
    str | None,
    QueryParameter(
        name="project",
        description="Project to read; else the header x-parley-project, else `default`.",
    ),
]


Words = Annotated[
    str,
    QueryParameter(
        name="q", description="Words, and phrases in quotes, that the conversation must hold."
    ),
]
Filter = Annotated[
    str, QueryParameter(name="filter", description="The filter language: docs/filters.md.")
]


async def check_parameters(request: Request[Any, Any, Any]) -> None:
    """Refuses parameters that the route does not have, and those given twice.

    A route says in `repeated` which may be.

    Raises:
        BadRequest: naming the parameter.
    """
    known = known_parameters(request)
    seen: set[str] = set()
    for name in parameter_names(request.scope["query_string"]):
        if name not in known:
            listed = ", ".join(sorted(known)) or "none"
            raise BadRequest(f"{name}: unknown parameter; known here: {listed}", field=name)
        if name in seen and name not in request.route_handler.opt.get("repeated", ()):
            raise BadRequest(f"{name}: given twice", field=name)
        seen.add(name)


def parameter_names(query_string: bytes) -> list[str]:
    """Returns the names of a query string in order.

    Raises:
        BadRequest: naming the first parameter that is not UTF-8.
    """
    names = []
    for pair in query_string.decode("latin-1").split("&"):
        if not pair:
            continue
        raw_name, _, raw_value = pair.partition("=")
        name = unquote_plus(raw_name, errors="replace")
        try:
            unquote_to_bytes(raw_value).decode()
        except UnicodeDecodeError as error:
            raise BadRequest(f"{name}: expected URL-encoded UTF-8", field=name) from error
        names.append(name)
    return names


def known_parameters(request: Request[Any, Any, Any]) -> set[str]:
    """Returns the query parameters that the request's handler declares, and `project`."""
    signature = request.route_handler.parsed_fn_signature
    names = {"project"} if "project_id" in signature.parameters else set()
    for item in signature.parameters.values():
        declared = item.kwarg_definition
        if isinstance(declared, QueryParameter) and declared.name:
            names.add(declared.name)
    return names


def project_parameter(
    request: Request[Any, Any, Any],
    access: Access,
    project: Project = None,  # noqa: ARG001 - declared for OpenAPI; access reads it or the header
) -> ProjectId:
    """Returns the project that a request reads."""
    scope = request.scope
    return ProjectId(access.read_project(list(scope["headers"]), scope["query_string"]))


def time_parameter(name: str, text: str | None) -> int | None:
    """Returns nanoseconds for an ISO-8601 parameter.

    A `+` of an offset that arrives as a space, because the client did not encode it, is read as
    it was meant.

    Raises:
        BadRequest: naming the parameter.
    """
    if text is None:
        return None
    try:
        time_ns = from_iso(SPACE_FOR_PLUS.sub(r"\1+\2", text))
    except (ValueError, OverflowError):
        time_ns = -1
    if not 0 <= time_ns <= LATEST_NS:
        raise BadRequest(
            f"{name}: expected an ISO-8601 time from 1970 to 2100, such as 2026-11-22T10:00:00Z",
            field=name,
        )
    return time_ns
