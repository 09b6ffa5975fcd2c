"""OTLP protobuf: attributes, spans, requests of a bounded size."""

from collections.abc import Iterable, Iterator, Sequence

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource
from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, ScopeSpans, Span

__all__ = ["MAX_REQUEST_BYTES", "Value", "attributes", "pack_requests", "wrap_spans"]

MAX_REQUEST_BYTES = 900_000  # what collectors and proxies take without being configured

Value = str | int | float | bool | Sequence[str] | None


def attributes(values: dict[str, Value]) -> list[KeyValue]:
    """Returns OTLP attributes; a None is left out."""
    return [
        KeyValue(key=key, value=_any_value(value))
        for key, value in values.items()
        if value is not None
    ]


def _any_value(value: Value) -> AnyValue:
    match value:
        case bool():
            return AnyValue(bool_value=value)
        case int():
            return AnyValue(int_value=value)
        case float():
            return AnyValue(double_value=value)
        case str():
            return AnyValue(string_value=value)
    texts = [AnyValue(string_value=text) for text in value or ()]
    return AnyValue(array_value=ArrayValue(values=texts))


def wrap_spans(
    spans: Iterable[Span], *, resource: dict[str, Value], scope: tuple[str, str]
) -> ResourceSpans:
    """Returns the spans with the process and the instrumentation that wrote them."""
    wrapped = ScopeSpans(spans=spans)
    wrapped.scope.name, wrapped.scope.version = scope
    return ResourceSpans(resource=Resource(attributes=attributes(resource)), scope_spans=[wrapped])


def pack_requests(groups: Iterable[ResourceSpans]) -> Iterator[bytes]:
    """Yields request bodies of up to MAX_REQUEST_BYTES; only a single larger span exceeds it."""
    request, size = ExportTraceServiceRequest(), 0
    for group in groups:
        for piece in _split_group(group):
            piece_size = piece.ByteSize()
            if size and size + piece_size > MAX_REQUEST_BYTES:
                yield request.SerializeToString()
                request, size = ExportTraceServiceRequest(), 0
            request.resource_spans.append(piece)
            size += piece_size
    if size:
        yield request.SerializeToString()


def _split_group(group: ResourceSpans) -> Iterator[ResourceSpans]:
    if group.ByteSize() <= MAX_REQUEST_BYTES:
        yield group
        return
    scope = group.scope_spans[0].scope
    piece, size = ResourceSpans(resource=group.resource), 0
    for span in group.scope_spans[0].spans:
        span_size = span.ByteSize()
        if size and size + span_size > MAX_REQUEST_BYTES:
            yield piece
            piece, size = ResourceSpans(resource=group.resource), 0
        if not piece.scope_spans:
            piece.scope_spans.append(ScopeSpans(scope=scope))
        piece.scope_spans[0].spans.append(span)
        size += span_size
    if size:
        yield piece
