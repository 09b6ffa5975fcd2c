"""OTLP/JSON as types. Each field under its camelCase and its snake_case name.

proto3's JSON mapping lets clients use either, so every name of two words has a twin with a
trailing underscore. Integers come as numbers or strings, enums as numbers or names. The loose
types keep items as raw bytes, so that one bad item does not cost the others.
"""

from typing import Any

from msgspec import Raw, Struct, field

from parley.receive.json_deep import FOLDED

__all__ = [
    "Attribute",
    "Event",
    "Link",
    "LogRecord",
    "LogsRequest",
    "LooseLogsRequest",
    "LooseResourceLogs",
    "LooseResourceSpans",
    "LooseScopeLogs",
    "LooseScopeSpans",
    "LooseTraceRequest",
    "Resource",
    "Scope",
    "Span",
    "TraceRequest",
    "Value",
]

Int = int | float | str | None
Text = str | None
_NULL = Raw(b"null")


def _named(name: str) -> Any:
    """Returns a field that defaults to null under another name than its attribute's."""
    return field(default=None, name=name)


class Value(Struct, gc=False):
    """AnyValue."""

    string_value: Text = _named("stringValue")
    int_value: Int = _named("intValue")
    double_value: float | str | None = _named("doubleValue")
    bool_value: bool | None = _named("boolValue")
    array_value: "Array | None" = _named("arrayValue")
    kvlist_value: "KeyValues | None" = _named("kvlistValue")
    bytes_value: Text = _named("bytesValue")
    string_value_: Text = _named("string_value")
    int_value_: Int = _named("int_value")
    double_value_: float | str | None = _named("double_value")
    bool_value_: bool | None = _named("bool_value")
    array_value_: "Array | None" = _named("array_value")
    kvlist_value_: "KeyValues | None" = _named("kvlist_value")
    bytes_value_: Text = _named("bytes_value")
    folded: Text = _named(FOLDED)


class Attribute(Struct, gc=False):
    """KeyValue."""

    key: Text = None
    value: Value | None = None


class Array(Struct, gc=False):
    """ArrayValue."""

    values: list[Value] | None = None


class KeyValues(Struct, gc=False):
    """KeyValueList."""

    values: list[Attribute] | None = None


Attributes = list[Attribute] | None


class EntityRef(Struct, gc=False):
    """EntityRef."""

    type: Text = None
    schema_url: Text = _named("schemaUrl")
    schema_url_: Text = _named("schema_url")
    id_keys: list[str] | None = _named("idKeys")
    id_keys_: list[str] | None = _named("id_keys")
    description_keys: list[str] | None = _named("descriptionKeys")
    description_keys_: list[str] | None = _named("description_keys")


class Resource(Struct, gc=False):
    """Resource."""

    attributes: Attributes = None
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")
    entity_refs: list[EntityRef] | None = _named("entityRefs")
    entity_refs_: list[EntityRef] | None = _named("entity_refs")


class Scope(Struct, gc=False):
    """InstrumentationScope."""

    name: Text = None
    version: Text = None
    attributes: Attributes = None
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")


class Event(Struct, gc=False):
    """Span.Event."""

    name: Text = None
    attributes: Attributes = None
    time_unix_nano: Int = _named("timeUnixNano")
    time_unix_nano_: Int = _named("time_unix_nano")
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")


class Link(Struct, gc=False):
    """Span.Link."""

    attributes: Attributes = None
    flags: Int = None
    trace_id: Text = _named("traceId")
    trace_id_: Text = _named("trace_id")
    span_id: Text = _named("spanId")
    span_id_: Text = _named("span_id")
    trace_state: Text = _named("traceState")
    trace_state_: Text = _named("trace_state")
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")


class Status(Struct, gc=False):
    """Status."""

    message: Text = None
    code: Int = None


class Span(Struct, gc=False):
    """Span."""

    name: Text = None
    kind: Int = None
    flags: Int = None
    status: Status | None = None
    attributes: Attributes = None
    events: list[Event] | None = None
    links: list[Link] | None = None
    trace_id: Text = _named("traceId")
    trace_id_: Text = _named("trace_id")
    span_id: Text = _named("spanId")
    span_id_: Text = _named("span_id")
    parent_span_id: Text = _named("parentSpanId")
    parent_span_id_: Text = _named("parent_span_id")
    trace_state: Text = _named("traceState")
    trace_state_: Text = _named("trace_state")
    start_time_unix_nano: Int = _named("startTimeUnixNano")
    start_time_unix_nano_: Int = _named("start_time_unix_nano")
    end_time_unix_nano: Int = _named("endTimeUnixNano")
    end_time_unix_nano_: Int = _named("end_time_unix_nano")
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")
    dropped_events_count: Int = _named("droppedEventsCount")
    dropped_events_count_: Int = _named("dropped_events_count")
    dropped_links_count: Int = _named("droppedLinksCount")
    dropped_links_count_: Int = _named("dropped_links_count")


class LogRecord(Struct, gc=False):
    """LogRecord."""

    body: Value | None = None
    attributes: Attributes = None
    flags: Int = None
    time_unix_nano: Int = _named("timeUnixNano")
    time_unix_nano_: Int = _named("time_unix_nano")
    observed_time_unix_nano: Int = _named("observedTimeUnixNano")
    observed_time_unix_nano_: Int = _named("observed_time_unix_nano")
    severity_number: Int = _named("severityNumber")
    severity_number_: Int = _named("severity_number")
    severity_text: Text = _named("severityText")
    severity_text_: Text = _named("severity_text")
    dropped_attributes_count: Int = _named("droppedAttributesCount")
    dropped_attributes_count_: Int = _named("dropped_attributes_count")
    trace_id: Text = _named("traceId")
    trace_id_: Text = _named("trace_id")
    span_id: Text = _named("spanId")
    span_id_: Text = _named("span_id")
    event_name: Text = _named("eventName")
    event_name_: Text = _named("event_name")


class ScopeSpans(Struct, gc=False):
    """ScopeSpans; its spans are the items."""

    scope: Scope | None = None
    items: list[Span] | None = _named("spans")
    schema_url: Text = _named("schemaUrl")
    schema_url_: Text = _named("schema_url")


class ScopeLogs(Struct, gc=False):
    """ScopeLogs; its records are the items."""

    scope: Scope | None = None
    items: list[LogRecord] | None = _named("logRecords")
    items_: list[LogRecord] | None = _named("log_records")
    schema_url: Text = _named("schemaUrl")
    schema_url_: Text = _named("schema_url")


class ResourceSpans(Struct, gc=False):
    """ResourceSpans."""

    resource: Resource | None = None
    scopes: list[ScopeSpans] | None = _named("scopeSpans")
    scopes_: list[ScopeSpans] | None = _named("scope_spans")
    schema_url: Text = _named("schemaUrl")
    schema_url_: Text = _named("schema_url")


class ResourceLogs(Struct, gc=False):
    """ResourceLogs."""

    resource: Resource | None = None
    scopes: list[ScopeLogs] | None = _named("scopeLogs")
    scopes_: list[ScopeLogs] | None = _named("scope_logs")
    schema_url: Text = _named("schemaUrl")
    schema_url_: Text = _named("schema_url")


class TraceRequest(Struct, gc=False):
    """ExportTraceServiceRequest."""

    resources: list[ResourceSpans] | None = _named("resourceSpans")
    resources_: list[ResourceSpans] | None = _named("resource_spans")


class LogsRequest(Struct, gc=False):
    """ExportLogsServiceRequest."""

    resources: list[ResourceLogs] | None = _named("resourceLogs")
    resources_: list[ResourceLogs] | None = _named("resource_logs")


class _LooseScope(Struct):
    scope: Raw = _NULL
    schema_url: Raw = field(default=_NULL, name="schemaUrl")
    schema_url_: Raw = field(default=_NULL, name="schema_url")


class LooseScopeSpans(_LooseScope):
    """ScopeSpans, items unread."""

    items: list[Raw] | None = _named("spans")


class LooseScopeLogs(_LooseScope):
    """ScopeLogs, items unread."""

    items: list[Raw] | None = _named("logRecords")
    items_: list[Raw] | None = _named("log_records")


class _LooseResource(Struct):
    resource: Raw = _NULL
    schema_url: Raw = field(default=_NULL, name="schemaUrl")
    schema_url_: Raw = field(default=_NULL, name="schema_url")


class LooseResourceSpans(_LooseResource):
    """ResourceSpans, scopes unread."""

    scopes: list[Raw] | None = _named("scopeSpans")
    scopes_: list[Raw] | None = _named("scope_spans")


class LooseResourceLogs(_LooseResource):
    """ResourceLogs, scopes unread."""

    scopes: list[Raw] | None = _named("scopeLogs")
    scopes_: list[Raw] | None = _named("scope_logs")


class LooseTraceRequest(Struct):
    """ExportTraceServiceRequest, resources unread."""

    resources: list[Raw] | None = _named("resourceSpans")
    resources_: list[Raw] | None = _named("resource_spans")


class LooseLogsRequest(Struct):
    """ExportLogsServiceRequest, resources unread."""

    resources: list[Raw] | None = _named("resourceLogs")
    resources_: list[Raw] | None = _named("resource_logs")
