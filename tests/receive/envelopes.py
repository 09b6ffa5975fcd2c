"""Builds OTLP requests and reads envelopes, with the official messages only."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

PROTOBUF = {"content-type": "application/x-protobuf"}
JSON = {"content-type": "application/json"}


def _envelope_class():
    field = descriptor_pb2.FieldDescriptorProto
    kinds = {
        "project_id": field.TYPE_STRING,
        "received_at": field.TYPE_FIXED64,
        "source": field.TYPE_STRING,
        "request": field.TYPE_BYTES,
    }
    file = descriptor_pb2.FileDescriptorProto(name="envelope.proto", syntax="proto3")
    message = file.message_type.add(name="Envelope")
    for number, (name, kind) in enumerate(kinds.items(), 1):
        message.field.add(name=name, number=number, type=kind, label=field.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return message_factory.GetMessageClass(pool.FindMessageTypeByName("Envelope"))


Envelope = _envelope_class()


def trace_of(envelope):
    """Returns the trace request in an envelope."""
    return ExportTraceServiceRequest.FromString(Envelope.FromString(envelope).request)


def logs_of(envelope):
    """Returns the logs request in an envelope."""
    return ExportLogsServiceRequest.FromString(Envelope.FromString(envelope).request)


def request_of(*names, **attributes):
    """Returns a trace request with one span for each name."""
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for number, name in enumerate(names, 1):
        span = scope.spans.add(trace_id=b"T" * 16, span_id=bytes([number]) * 8, name=name)
        span.start_time_unix_nano = 1_795_340_013_700_274_129
        for key, value in attributes.items():
            span.attributes.add(key=key).value.string_value = value
    return request


def field(number, payload):
    """Returns a length-delimited protobuf field."""
    return _varint(number << 3 | 2) + _varint(len(payload)) + payload


def _varint(number):
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def in_request(span_bytes):
    """Returns a request around the raw bytes of one span."""
    return field(1, field(2, field(2, span_bytes)))
