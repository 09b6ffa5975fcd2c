"""The API described at /api/v1/openapi.json, without a page that loads scripts of others."""

from typing import Any

from litestar import Request
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

__all__ = ["openapi_config"]

PATH_FORMS = {
    "/api/v1/sessions/{session_id}": ("/api/v1/session", {"id": "session_id"}, {"part"}),
    "/api/v1/sessions/{session_id}/{part}": ("/api/v1/session", {"id": "session_id"}, set()),
    "/api/v1/sessions/{session_id}/export": (
        "/api/v1/session/export",
        {"id": "session_id"},
        set(),
    ),
    "/api/v1/traces/{trace_id}": ("/api/v1/trace", {"id": "trace_id"}, set()),
}


class WithPathForms(JsonRenderPlugin):
    """Adds the forms with the id in the path, which RawPaths serves before the router."""

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        """Returns the description as JSON."""
        paths = dict(openapi_schema["paths"])
        for path, (query_form, renamed, dropped) in PATH_FORMS.items():
            paths[path] = {
                method: path_form(operation, path, renamed=renamed, dropped=dropped)
                for method, operation in paths[query_form].items()
                if method == "get" or "{part}" not in path
            }
        return super().render(request, {**openapi_schema, "paths": paths})


def path_form(
    operation: dict[str, Any], path: str, *, renamed: dict[str, str], dropped: set[str]
) -> dict[str, Any]:
    """Returns an operation with the parameters that `path` names moved into the path."""
    parameters = []
    for parameter in operation["parameters"]:
        name = renamed.get(parameter["name"], parameter["name"])
        if name in dropped:
            continue
        moved = {**parameter, "name": name}
        if f"{{{name}}}" in path:
            moved |= {"in": "path", "required": True}
        parameters.append(moved)
    name = operation["operationId"] + "".join(
        piece.strip("{}").title() for piece in path.split("/") if piece.startswith("{")
    )
    return {**operation, "parameters": parameters, "operationId": name}


def openapi_config(version: str) -> OpenAPIConfig:
    """Returns the configuration of the description."""
    return OpenAPIConfig(
        title="Parley",
        version=version,
        description="Chat sessions from OpenTelemetry. Errors: {error: {code, message, field}}.",
        path="/api/v1/openapi.json",  # not /api/v1: the router would answer 404s below it in HTML
        render_plugins=[WithPathForms(path="/")],
    )
