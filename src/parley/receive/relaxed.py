"""OTLP's own messages, relaxed: strings and nested values are plain bytes.

Made at import from the installed opentelemetry-proto, so field numbers are never copied here. A
relaxed message accepts bad UTF-8 and any nesting, and serialises to valid OTLP protobuf.
"""

from types import ModuleType
from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1 import resource_pb2
from opentelemetry.proto.trace.v1 import trace_pb2

__all__ = [
    "AnyValue",
    "ArrayValue",
    "KeyValueList",
    "LogsRequest",
    "MetricsRequest",
    "TraceRequest",
]

# Dependencies before those who import them, as the pool wants it.
_FILES: tuple[ModuleType, ...] = (
    common_pb2,
    resource_pb2,
    trace_pb2,
    logs_pb2,
    metrics_pb2,
    trace_service_pb2,
    logs_service_pb2,
    metrics_service_pb2,
)
_RECURSIVE = ("array_value", "kvlist_value")
_Field = descriptor_pb2.FieldDescriptorProto


def _relax(message: descriptor_pb2.DescriptorProto) -> None:
    for field in message.field:
        if field.type == _Field.TYPE_STRING:
            field.type = _Field.TYPE_BYTES
        if field.name in _RECURSIVE:
            field.type = _Field.TYPE_BYTES
            field.ClearField("type_name")
    for nested in message.nested_type:
        _relax(nested)


def _relaxed_pool() -> descriptor_pool.DescriptorPool:
    pool = descriptor_pool.DescriptorPool()
    for module in _FILES:
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        del file.service[:]
        for message in file.message_type:
            _relax(message)
        pool.Add(file)
    return pool


_POOL = _relaxed_pool()


def _message(name: str) -> Any:
    descriptor = _POOL.FindMessageTypeByName(f"opentelemetry.proto.{name}")
    return message_factory.GetMessageClass(descriptor)


TraceRequest = _message("collector.trace.v1.ExportTraceServiceRequest")
LogsRequest = _message("collector.logs.v1.ExportLogsServiceRequest")
MetricsRequest = _message("collector.metrics.v1.ExportMetricsServiceRequest")
AnyValue = _message("common.v1.AnyValue")
ArrayValue = _message("common.v1.ArrayValue")
KeyValueList = _message("common.v1.KeyValueList")
