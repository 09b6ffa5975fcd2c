"""OTLP/JSON bodies made canonical: decoded by type, poured into the messages of protobuf.

First all at once. Only when something is wrong item by item, so that one bad span costs itself
and no other, and is named.
"""

import re
from collections.abc import Callable
from typing import Any

import msgspec
from msgspec import Struct

from parley.receive import json_types as j
from parley.receive.errors import BadBody
from parley.receive.json_deep import fold
from parley.receive.json_fill import (
    BadField,
    fill_log,
    fill_resource,
    fill_scope,
    fill_span,
    value_bytes,
)
from parley.receive.relaxed import LogsRequest, TraceRequest

__all__ = ["JsonRequest", "count_items", "json_data_points", "json_logs", "json_traces"]

NAMED_PROBLEMS_MAX = 5
# Escapes, so that an escaped backslash before a `u` is not taken for one; whole pairs are kept.
_SURROGATES = re.compile(
    rb"\\(?:[^u]|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<lone>u[dD][89a-fA-F][0-9a-fA-F]{2})|u)"
)


class JsonRequest(Struct, frozen=True):
    """Canonical bytes, how many items they hold, how many were left out, and why."""

    body: bytes
    accepted: int
    rejected: int = 0
    problems: str = ""


class _Shape(Struct, frozen=True):
    """One kind of request: its types and its names on both sides."""

    request: Any
    strict: msgspec.json.Decoder[Any]
    loose: msgspec.json.Decoder[Any]
    loose_resource: msgspec.json.Decoder[Any]
    loose_scope: msgspec.json.Decoder[Any]
    item: msgspec.json.Decoder[Any]
    fill: Callable[[Any, Any], None]
    protobuf_names: tuple[str, str, str]
    json_names: tuple[str, str, str]


_TRACES = _Shape(
    TraceRequest,
    msgspec.json.Decoder(j.TraceRequest),
    msgspec.json.Decoder(j.LooseTraceRequest),
    msgspec.json.Decoder(j.LooseResourceSpans),
    msgspec.json.Decoder(j.LooseScopeSpans),
    msgspec.json.Decoder(j.Span),
    fill_span,
    ("resource_spans", "scope_spans", "spans"),
    ("resourceSpans", "scopeSpans", "spans"),
)
_LOGS = _Shape(
    LogsRequest,
    msgspec.json.Decoder(j.LogsRequest),
    msgspec.json.Decoder(j.LooseLogsRequest),
    msgspec.json.Decoder(j.LooseResourceLogs),
    msgspec.json.Decoder(j.LooseScopeLogs),
    msgspec.json.Decoder(j.LogRecord),
    fill_log,
    ("resource_logs", "scope_logs", "log_records"),
    ("resourceLogs", "scopeLogs", "logRecords"),
)
_RESOURCE = msgspec.json.Decoder(j.Resource | None)
_SCOPE = msgspec.json.Decoder(j.Scope | None)
_TEXT = msgspec.json.Decoder(str | None)


def json_traces(body: bytes) -> JsonRequest:
    """Returns the spans of an OTLP/JSON body. Raises BadBody when none of it can be read."""
    return _convert(_TRACES, body)


def json_logs(body: bytes) -> JsonRequest:
    """Returns the log records of an OTLP/JSON body. Raises BadBody like `json_traces`."""
    return _convert(_LOGS, body)


def count_items(kind: str, body: bytes) -> int:
    """Returns how many items a body holds, without reading them; 0 when that cannot be told."""
    shape = _LOGS if kind == "logs" else _TRACES
    count = 0
    try:
        tree = shape.loose.decode(body.removeprefix(b"\xef\xbb\xbf"))
        for resource in tree.resources or tree.resources_ or ():
            given = shape.loose_resource.decode(resource)
            for scope in given.scopes or given.scopes_ or ():
                count += 1 + len(_items(shape.loose_scope.decode(scope)))
            count += 1
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return count
    return count


def json_data_points(body: bytes) -> int:
    """Returns how many metric data points a body holds. Raises BadBody."""
    try:
        tree = msgspec.json.decode(body or b"{}")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(_explain(error)) from error
    if not isinstance(tree, dict):
        raise BadBody("expected an object")
    return _count_data_points(tree)


def _count_data_points(tree: object) -> int:
    """Walks the five levels of the metrics tree without a type for each."""
    stack, count = [tree], 0
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack += node
        elif isinstance(node, dict):
            for name, child in node.items():
                if name in ("dataPoints", "data_points") and isinstance(child, list):
                    count += len(child)
                elif name not in ("resource", "scope", "attributes", "metadata"):
                    stack.append(child)
    return count


def _convert(shape: _Shape, body: bytes) -> JsonRequest:
    body = body.removeprefix(b"\xef\xbb\xbf").strip()
    if not body:
        return JsonRequest(b"", 0)
    try:
        return _convert_or_explain(shape, body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBody(_explain(error)) from error


def _convert_or_explain(shape: _Shape, body: bytes) -> JsonRequest:
    try:
        return _all_at_once(shape, body)
    except (msgspec.ValidationError, BadField):
        return _one_by_one(shape, body)
    except RecursionError:
        folded = fold(body, value_bytes)
        if folded == body:
            raise
        return _convert_or_explain(shape, folded)
    except (msgspec.DecodeError, UnicodeDecodeError):
        # Clients that cut texts by length cut emoji in halves; the rest of the request is good.
        mended = _mend_text(body)
        if mended == body:
            raise
        return _convert_or_explain(shape, mended)


def _mend_text(body: bytes) -> bytes:
    """Replaces what is no Unicode by U+FFFD: bad UTF-8 and halves of surrogate pairs."""
    valid = body.decode(errors="replace").encode()
    return _SURROGATES.sub(lambda match: rb"\ufffd" if match["lone"] else match[0], valid)


def _all_at_once(shape: _Shape, body: bytes) -> JsonRequest:
    tree = shape.strict.decode(body)
    request = shape.request()
    resources_name, scopes_name, items_name = shape.protobuf_names
    fill, accepted = shape.fill, 0
    for resource in tree.resources or tree.resources_ or ():
        resource_target = getattr(request, resources_name).add()
        if resource.resource is not None:
            fill_resource(resource_target.resource, resource.resource)
        resource_target.schema_url = (resource.schema_url or resource.schema_url_ or "").encode()
        for scope in resource.scopes or resource.scopes_ or ():
            scope_target = getattr(resource_target, scopes_name).add()
            if scope.scope is not None:
                fill_scope(scope_target.scope, scope.scope)
            scope_target.schema_url = (scope.schema_url or scope.schema_url_ or "").encode()
            add = getattr(scope_target, items_name).add
            items = _items(scope)
            for item in items:
                fill(add(), item)
            accepted += len(items)
    return JsonRequest(request.SerializeToString(), accepted)


class _Problems:
    """What was left out; the first few are named."""

    def __init__(self) -> None:
        self.rejected = 0
        self._named: list[str] = []

    def add(self, path: str, error: Exception, *, items: int = 1) -> None:
        """Counts the items that a problem cost."""
        self.rejected += items
        if len(self._named) < NAMED_PROBLEMS_MAX:
            self._named.append(_at_path(path, error))

    def __str__(self) -> str:
        more = self.rejected - len(self._named)
        return "; ".join(self._named) + (f"; and {more} more" if more > 0 else "")


_BAD = (msgspec.ValidationError, BadField)


def _one_by_one(shape: _Shape, body: bytes) -> JsonRequest:
    """Like `_all_at_once`, leaving out what is bad. Raises BadBody when nothing is good."""
    problems = _Problems()
    request = shape.request()
    accepted = 0
    try:
        tree = shape.loose.decode(body)
    except msgspec.ValidationError as error:
        raise BadBody(_at_path("", error)) from error
    targets = getattr(request, shape.protobuf_names[0])
    for index, raw in enumerate(tree.resources or tree.resources_ or ()):
        path = f"{shape.json_names[0]}[{index}]"
        accepted += _add_resource(shape, targets, raw, path=path, problems=problems)
    if problems.rejected and not accepted:
        raise BadBody(str(problems))
    return JsonRequest(request.SerializeToString(), accepted, problems.rejected, str(problems))


def _add_resource(
    shape: _Shape,
    targets: Any,
    raw: msgspec.Raw,
    *,
    path: str,
    problems: _Problems,
) -> int:
    target = targets.add()
    try:
        given = shape.loose_resource.decode(raw)
    except msgspec.ValidationError as error:
        problems.add(path, error)
        del targets[-1]
        return 0
    scopes = given.scopes or given.scopes_ or ()
    try:
        _fill_head(target, given, "resource", _RESOURCE, fill_resource)
    except _BAD as error:
        # Without its resource nobody could tell whose the spans are: they go together.
        problems.add(path, error, items=sum(_count_items(shape, scope) for scope in scopes))
        del targets[-1]
        return 0
    scope_targets = getattr(target, shape.protobuf_names[1])
    return sum(
        _add_scope(
            shape,
            scope_targets,
            scope,
            path=f"{path}.{shape.json_names[1]}[{index}]",
            problems=problems,
        )
        for index, scope in enumerate(scopes)
    )


def _add_scope(
    shape: _Shape,
    targets: Any,
    raw: msgspec.Raw,
    *,
    path: str,
    problems: _Problems,
) -> int:
    target = targets.add()
    try:
        given = shape.loose_scope.decode(raw)
        _fill_head(target, given, "scope", _SCOPE, fill_scope)
    except _BAD as error:
        problems.add(path, error, items=_count_items(shape, raw))
        del targets[-1]
        return 0
    items = getattr(target, shape.protobuf_names[2])
    for index, item in enumerate(_items(given)):
        try:
            shape.fill(items.add(), shape.item.decode(item))
        except _BAD as error:
            problems.add(f"{path}.{shape.json_names[2]}[{index}]", error)
            del items[-1]
    return len(items)


def _fill_head(
    target: Any,
    given: Any,
    name: str,
    decoder: msgspec.json.Decoder[Any],
    fill: Callable[[Any, Any], None],
) -> None:
    """Writes the resource or scope, and the schema's URL, of one level."""
    try:
        head = decoder.decode(getattr(given, name))
        if head is not None:
            fill(getattr(target, name), head)
    except BadField as error:
        raise error.inside(name) from None
    except msgspec.ValidationError as error:
        raise BadField(name, _at_path("", error)) from None
    url = _TEXT.decode(given.schema_url) or _TEXT.decode(given.schema_url_)
    target.schema_url = (url or "").encode()


def _items(scope: Any) -> Any:
    return scope.items or getattr(scope, "items_", None) or ()


def _count_items(shape: _Shape, raw: msgspec.Raw) -> int:
    try:
        return max(len(_items(shape.loose_scope.decode(raw))), 1)
    except msgspec.ValidationError:
        return 1


def _at_path(path: str, error: Exception) -> str:
    """Returns `path.field: what was expected`, moving msgspec's path to the front."""
    if isinstance(error, BadField):
        return f"{path}.{error}" if path else str(error)
    message, _, where = str(error).replace("`", "").partition(" - at $")
    full = f"{path}{where}" if path else where.removeprefix(".")
    return f"{full or 'body'}: {message[:1].lower()}{message[1:]}"


def _explain(error: Exception) -> str:
    if isinstance(error, RecursionError):
        return "the JSON is nested too deeply"
    return f"the body is not valid JSON: {error}"
