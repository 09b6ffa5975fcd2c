"""No field of OTLP is lost: each gets a value of its own and must be found in the store.

Walks the messages of the installed opentelemetry-proto by reflection, so that a field that a newer
version adds fails here until it has a place.
"""

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.receive import canonical_logs, canonical_traces
from parley.store.sql import protobuf_schema
from tests.storing import Loading

FIXED = {
    "start_time_unix_nano": 1_790_000_000_123_456_789,
    "end_time_unix_nano": 1_790_000_001_234_567_891,
    "time_unix_nano": 1_790_000_000_523_456_787,
    "observed_time_unix_nano": 1_790_000_000_623_456_783,
    "trace_id": bytes.fromhex("0102030405060708090a0b0c0d0e0f10"),
    "span_id": bytes.fromhex("a1a2a3a4a5a6a7a8"),
    "parent_span_id": bytes.fromhex("b1b2b3b4b5b6b7b8"),
}


class Filler:
    """Gives every scalar field a value that no other has."""

    def __init__(self) -> None:
        self.number = 7000
        self.wanted: dict[str, str] = {}

    def fill(self, message: Any, path: str) -> None:
        for field in message.DESCRIPTOR.fields:
            here = f"{path}.{field.name}"
            if field.message_type is not None and field.message_type.name in (
                "ArrayValue",
                "KeyValueList",
            ):
                continue
            if field.message_type is not None and field.message_type.name == "AnyValue":
                self.value(getattr(message, field.name), here)
            elif field.message_type is not None:
                below = getattr(message, field.name)
                self.fill(below.add() if field.is_repeated else below, here)
            else:
                self.scalar(message, field, here)

    def value(self, message: Any, path: str) -> None:
        self.number += 1
        message.string_value = f"text-{self.number}"
        self.wanted[path] = message.string_value

    def scalar(self, message: Any, field: Any, path: str) -> None:
        self.number += 1
        if field.name == "key_strindex":
            return  # belongs to the profiles signal: replaces the key, tested below
        if field.name in FIXED:
            value: Any = FIXED[field.name]
        elif field.enum_type is not None:
            value = 2
        elif field.type in (field.TYPE_STRING, field.TYPE_BYTES):
            value = f"text-{self.number}"
        else:
            value = self.number
        if field.is_repeated:
            getattr(message, field.name).append(value)
        else:
            setattr(message, field.name, value)
        self.wanted[path] = value.hex() if isinstance(value, bytes) else str(value)


def stored_text(loading: Loading, table: str) -> str:
    """Every column of a table's rows of the project as one text."""
    columns = loading.store._engine.query(
        "SELECT name, type FROM system.columns WHERE table = {t:String} AND database = currentDatabase()",
        {"t": table},
    )
    shown = ", ".join(
        f"lower(hex({name}))" if kind.startswith("FixedString") else f"toString({name})"
        for name, kind in columns
    )
    rows = loading.store._engine.query(
        f"SELECT {shown} FROM {table} FINAL WHERE project_id = {{p:String}}",
        {"p": loading.project_id},
    )
    return "\n".join(str(value) for row in rows for value in row)


@pytest.mark.parametrize(
    ("kind", "request_type", "canonical", "table"),
    [
        ("traces", ExportTraceServiceRequest, canonical_traces, "spans"),
        ("logs", ExportLogsServiceRequest, canonical_logs, "logs"),
    ],
)
def test_every_field_has_a_place(
    kind: str, request_type: Any, canonical: Any, table: str, loading: Loading
) -> None:
    request = request_type()
    filler = Filler()
    filler.fill(request, kind)
    assert len(filler.wanted) > 20
    loading.load([canonical(request.SerializeToString())[0]], kind)
    text = stored_text(loading, table)
    lost = {path: value for path, value in filler.wanted.items() if value not in text}
    assert not lost


@pytest.mark.parametrize(
    ("name", "value", "stored", "kind"),
    [
        ("string_value", "a", "a", ""),
        ("bool_value", True, "true", "bool"),
        ("int_value", -5, "-5", "int"),
        ("double_value", 0.25, "0.25", "double"),
        ("bytes_value", b"\x01\xff", None, "bytes"),
        ("string_value_strindex", 9, "9", "strindex"),
    ],
)
def test_every_kind_of_value_keeps_its_type(
    name: str, value: Any, stored: str | None, kind: str, loading: Loading
) -> None:
    request = ExportTraceServiceRequest()
    span = request.resource_spans.add().scope_spans.add().spans.add()
    span.trace_id, span.span_id = FIXED["trace_id"], FIXED["span_id"]
    setattr(span.attributes.add(key="k").value, name, value)
    loading.load([canonical_traces(request.SerializeToString())[0]])
    rows = loading.store._engine.query(
        "SELECT hex(attributes['k']), attribute_types['k'] FROM spans FINAL WHERE project_id = {p:String}",
        {"p": loading.project_id},
    )
    wanted = value if stored is None else stored.encode()
    assert rows == [(wanted.hex().upper(), kind)]


def test_the_schema_names_every_message_field_of_the_package() -> None:
    schema = protobuf_schema()
    for request in (ExportTraceServiceRequest, ExportLogsServiceRequest):
        names = {
            field.name
            for message in _messages(request.DESCRIPTOR, {})
            for field in message.fields
            if message.name not in ("ArrayValue", "KeyValueList")
        }
        assert {name for name in names if f" {name} =" not in schema} == set()


def _messages(descriptor: Any, seen: dict[str, Any]) -> list[Any]:
    if descriptor.full_name not in seen:
        seen[descriptor.full_name] = descriptor
        for field in descriptor.fields:
            if field.message_type is not None:
                _messages(field.message_type, seen)
    return list(seen.values())
