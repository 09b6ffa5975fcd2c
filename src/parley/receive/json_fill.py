"""Decoded OTLP/JSON poured into the relaxed protobuf messages, field by field.

The targets are messages made at import, hence `Any`. Conversions raise BadField with the path of
the field from the item down.
"""

import base64
import binascii
from collections.abc import Iterable
from typing import Any, TypeVar

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

from parley.receive import json_types as j
from parley.receive.json_deep import WRONG
from parley.receive.relaxed import AnyValue, ArrayValue, KeyValueList

__all__ = ["BadField", "fill_log", "fill_resource", "fill_scope", "fill_span", "value_bytes"]

_VALUE = msgspec.json.Decoder(j.Value)

_SPAN_KINDS: dict[str, int] = dict(trace_pb2.Span.SpanKind.items())
_STATUS_CODES: dict[str, int] = dict(trace_pb2.Status.StatusCode.items())
_SEVERITIES: dict[str, int] = dict(logs_pb2.SeverityNumber.items())
_T = TypeVar("_T")
_INT64 = (-(1 << 63), (1 << 63) - 1)
_INT32 = (-(1 << 31), (1 << 31) - 1)
_UINT64 = (0, (1 << 64) - 1)
_UINT32 = (0, (1 << 32) - 1)


class BadField(ValueError):
    """One field is not what OTLP says; `str()` gives its path and what was expected."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}")
        self.path = path
        self.message = message

    def inside(self, path: str) -> "BadField":
        """Returns the same, seen from the message around it."""
        return BadField(f"{path}.{self.path}", self.message)


def fill_span(target: Any, span: j.Span) -> None:
    """Writes a span. Raises BadField."""
    if trace_id := span.trace_id or span.trace_id_:
        target.trace_id = _hex(trace_id, "traceId")
    if span_id := span.span_id or span.span_id_:
        target.span_id = _hex(span_id, "spanId")
    if parent_id := span.parent_span_id or span.parent_span_id_:
        target.parent_span_id = _hex(parent_id, "parentSpanId")
    if state := span.trace_state or span.trace_state_:
        target.trace_state = state.encode()
    if span.name:
        target.name = span.name.encode()
    if span.flags:
        target.flags = _int(span.flags, _UINT32, "flags")
    if span.kind:
        target.kind = _enum(span.kind, _SPAN_KINDS, "kind")
    if start := span.start_time_unix_nano or span.start_time_unix_nano_:
        target.start_time_unix_nano = _int(start, _UINT64, "startTimeUnixNano")
    if end := span.end_time_unix_nano or span.end_time_unix_nano_:
        target.end_time_unix_nano = _int(end, _UINT64, "endTimeUnixNano")
    _fill_attributes(target.attributes, span.attributes)
    _fill_dropped(target, span)
    if events := span.dropped_events_count or span.dropped_events_count_:
        target.dropped_events_count = _int(events, _UINT32, "droppedEventsCount")
    if links := span.dropped_links_count or span.dropped_links_count_:
        target.dropped_links_count = _int(links, _UINT32, "droppedLinksCount")
    if span.events:
        _fill_each(target.events, span.events, _fill_event, "events")
    if span.links:
        _fill_each(target.links, span.links, _fill_link, "links")
    if span.status is not None:
        target.status.SetInParent()
        target.status.message = (span.status.message or "").encode()
        target.status.code = _enum(span.status.code or 0, _STATUS_CODES, "status.code")


def fill_log(target: Any, record: j.LogRecord) -> None:
    """Writes a log record. Raises BadField."""
    if time := record.time_unix_nano or record.time_unix_nano_:
        target.time_unix_nano = _int(time, _UINT64, "timeUnixNano")
    if observed := record.observed_time_unix_nano or record.observed_time_unix_nano_:
        target.observed_time_unix_nano = _int(observed, _UINT64, "observedTimeUnixNano")
    if severity := record.severity_number or record.severity_number_:
        target.severity_number = _enum(severity, _SEVERITIES, "severityNumber")
    if text := record.severity_text or record.severity_text_:
        target.severity_text = text.encode()
    if trace_id := record.trace_id or record.trace_id_:
        target.trace_id = _hex(trace_id, "traceId")
    if span_id := record.span_id or record.span_id_:
        target.span_id = _hex(span_id, "spanId")
    if name := record.event_name or record.event_name_:
        target.event_name = name.encode()
    if record.flags:
        target.flags = _int(record.flags, _UINT32, "flags")
    if record.body is not None:
        _fill_value(target.body, record.body, "body")
    _fill_attributes(target.attributes, record.attributes)
    _fill_dropped(target, record)


def fill_resource(target: Any, resource: j.Resource) -> None:
    """Writes a resource. Raises BadField."""
    target.SetInParent()
    _fill_attributes(target.attributes, resource.attributes)
    _fill_dropped(target, resource)
    for given in resource.entity_refs or resource.entity_refs_ or ():
        entity = target.entity_refs.add()
        entity.type = (given.type or "").encode()
        entity.schema_url = (given.schema_url or given.schema_url_ or "").encode()
        entity.id_keys.extend(key.encode() for key in given.id_keys or given.id_keys_ or ())
        described = given.description_keys or given.description_keys_ or ()
        entity.description_keys.extend(key.encode() for key in described)


def fill_scope(target: Any, scope: j.Scope) -> None:
    """Writes an instrumentation scope. Raises BadField."""
    target.SetInParent()
    target.name = (scope.name or "").encode()
    target.version = (scope.version or "").encode()
    _fill_attributes(target.attributes, scope.attributes)
    _fill_dropped(target, scope)


def _fill_event(target: Any, event: j.Event) -> None:
    if time := event.time_unix_nano or event.time_unix_nano_:
        target.time_unix_nano = _int(time, _UINT64, "timeUnixNano")
    target.name = (event.name or "").encode()
    _fill_attributes(target.attributes, event.attributes)
    _fill_dropped(target, event)


def _fill_link(target: Any, link: j.Link) -> None:
    if trace_id := link.trace_id or link.trace_id_:
        target.trace_id = _hex(trace_id, "traceId")
    if span_id := link.span_id or link.span_id_:
        target.span_id = _hex(span_id, "spanId")
    target.trace_state = (link.trace_state or link.trace_state_ or "").encode()
    if link.flags:
        target.flags = _int(link.flags, _UINT32, "flags")
    _fill_attributes(target.attributes, link.attributes)
    _fill_dropped(target, link)


def _fill_dropped(
    target: Any,
    given: j.Span | j.LogRecord | j.Event | j.Link | j.Resource | j.Scope,
) -> None:
    if count := given.dropped_attributes_count or given.dropped_attributes_count_:
        target.dropped_attributes_count = _int(count, _UINT32, "droppedAttributesCount")


def _fill_each(targets: Any, given: Iterable[Any], fill: Any, name: str) -> None:
    index = 0
    try:
        for index, item in enumerate(given):  # noqa: B007 - read when one is bad
            fill(targets.add(), item)
    except BadField as error:
        raise error.inside(f"{name}[{index}]") from None


def _fill_attributes(
    targets: Any,
    attributes: list[j.Attribute] | None,
    name: str = "attributes",
) -> None:
    """Writes attributes. The hot loop: most values are strings, so those are first."""
    if not attributes:
        return
    add = targets.add
    index = 0
    try:
        for index, attribute in enumerate(attributes):  # noqa: B007 - read when one is bad
            target = add()
            if attribute.key:
                target.key = attribute.key.encode()
            if (value := attribute.value) is not None:
                if (text := value.string_value) is not None:
                    target.value.string_value = text.encode()
                else:
                    _fill_value(target.value, value, "value")
    except BadField as error:
        raise error.inside(f"{name}[{index}]") from None


def _fill_value(target: Any, value: j.Value, path: str) -> None:
    try:
        _fill_any(target, value)
    except BadField as error:
        raise error.inside(path) from None


def _fill_any(target: Any, value: j.Value) -> None:
    """Writes the first kind that is given; `{}` stays an empty value, which is not no value."""
    number = value.int_value if value.int_value is not None else value.int_value_
    real = value.double_value if value.double_value is not None else value.double_value_
    if (text := _first(value.string_value, value.string_value_)) is not None:
        target.string_value = text.encode()
    elif number is not None:
        target.int_value = _int(number, _INT64, "intValue")
    elif real is not None:
        target.double_value = _double(real, "doubleValue")
    elif (claim := _first(value.bool_value, value.bool_value_)) is not None:
        target.bool_value = claim
    elif (array := _first(value.array_value, value.array_value_)) is not None:
        items = ArrayValue()
        for index, item in enumerate(array.values or ()):
            _fill_value(items.values.add(), item, f"arrayValue.values[{index}]")
        target.array_value = items.SerializeToString()
    elif (pairs := _first(value.kvlist_value, value.kvlist_value_)) is not None:
        members = KeyValueList()
        _fill_attributes(members.values, pairs.values, "kvlistValue.values")
        target.kvlist_value = members.SerializeToString()
    elif (data := _first(value.bytes_value, value.bytes_value_)) is not None:
        target.bytes_value = _base64(data, "bytesValue")
    elif value.folded is not None:
        if value.folded.startswith(WRONG):
            raise BadField("…", value.folded.removeprefix(WRONG))
        target.MergeFrom(_relaxed_value(value.folded))
    else:
        target.SetInParent()


def value_bytes(text: bytes) -> bytes:
    """Returns the protobuf of one JSON value. Raises BadField and msgspec.DecodeError."""
    target = AnyValue()
    _fill_any(target, _VALUE.decode(text))
    data: bytes = target.SerializeToString()
    return data


def _relaxed_value(text: str) -> Any:
    try:
        return AnyValue.FromString(_base64(text, "value"))
    except DecodeError:
        raise BadField("value", "expected a value as OTLP has it") from None


def _first(camel: _T | None, snake: _T | None) -> _T | None:
    return camel if camel is not None else snake


def _int(value: float | str, bounds: tuple[int, int], path: str) -> int:
    number = value
    if isinstance(number, str):
        digits = number.removeprefix("-")
        if not (digits.isascii() and digits.isdigit() and len(digits) <= 20):
            raise BadField(path, f"expected an integer, got {number[:100]!r}")
        number = int(number)
    elif isinstance(number, float):
        if not number.is_integer():
            raise BadField(path, f"expected an integer, got {value}")
        number = int(number)
    low, high = bounds
    if not low <= number <= high:
        raise BadField(path, f"expected {low} to {high}, got {number}")
    return number


def _enum(value: float | str, names: dict[str, int], path: str) -> int:
    if isinstance(value, str) and value in names:
        return names[value]
    if isinstance(value, str) and not value.removeprefix("-").isdigit():
        raise BadField(path, f"expected a number or one of {', '.join(names)}")
    return _int(value, _INT32, path)


def _double(value: float | str, path: str) -> float:
    try:
        return float(value)  # "NaN", "Infinity" and "-Infinity" included
    except ValueError:
        raise BadField(path, f"expected a number, got {str(value)[:100]!r}") from None


def _hex(value: str, path: str) -> bytes:
    try:
        return binascii.unhexlify(value)
    except ValueError:
        raise BadField(path, f"expected hex digits, got {value[:100]!r}") from None


def _base64(value: str, path: str) -> bytes:
    text = value.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except ValueError:
        raise BadField(path, "expected base64") from None
