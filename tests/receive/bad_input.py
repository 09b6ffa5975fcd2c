"""The table of bad input: what clients have sent or could send, and what must become of it."""

import gzip
import json
import math
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.receive.envelopes import field as wire_field
from tests.receive.envelopes import in_request
from tests.telemetry import make_span, pack

JSON = {"content-type": "application/json"}
GZIP = {"content-encoding": "gzip"}
SECOND = 1_000_000_000
MONTH = 2_629_800 * SECOND
NOW = 1_790_000_000 * SECOND

Shown = list[dict[str, Any]]  # the spans of the traces, as the API shows them


@dataclass(frozen=True)
class Bad:
    """One row. What is taken shows `spans` spans, and `check` is true of them."""

    name: str
    body: bytes
    status: int = 200
    says: str = ""  # in the refusal
    headers: dict[str, str] = field(default_factory=dict)
    spans: int = 1
    check: Callable[[Shown], bool] = bool

    @property
    def is_protobuf(self) -> bool:
        """Whether gRPC can carry it too."""
        return not self.headers


def one(**given: Any) -> Span:
    """Returns a span of the session "s"; `attributes` are added to its own."""
    attributes = {"session.id": "s", "input.value": "Hi", **given.pop("attributes", {})}
    return make_span(**{"start_ns": NOW, **given}, attributes=attributes)


def raw(span: Span, more: bytes = b"") -> bytes:
    """Returns a request with the bytes of a span and fields that no library writes."""
    return in_request(span.SerializeToString() + more)


def nested(levels: int) -> AnyValue:
    """Returns a value in so many others, in turns an array and a list of pairs."""
    value = AnyValue(string_value="deep").SerializeToString()
    for level in range(levels):
        if level % 2:
            value = wire_field(5, wire_field(1, value))
        else:
            value = wire_field(6, wire_field(1, wire_field(1, b"k") + wire_field(2, value)))
    return value


def nested_json(levels: int) -> str:
    """Returns the same in JSON."""
    value = '{"stringValue":"deep"}'
    for level in range(levels):
        if level % 2:
            value = '{"arrayValue":{"values":[' + value + "]}}"
        else:
            value = '{"kvlistValue":{"values":[{"key":"k","value":' + value + "}]}}"
    return value


def json_request(**changes: Any) -> str:
    """Returns a good OTLP/JSON request, or one with other fields."""
    span = {
        "traceId": secrets.token_hex(16),
        "spanId": secrets.token_hex(8),
        "name": "chat",
        "startTimeUnixNano": str(NOW),
        "endTimeUnixNano": str(NOW + SECOND),
        "attributes": [
            {"key": "session.id", "value": {"stringValue": "s"}},
            {"key": "input.value", "value": {"stringValue": "Hi"}},
        ],
        **changes,
    }
    return json.dumps({"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})


def first(shown: Shown) -> dict[str, Any]:
    """Returns the first span's attributes."""
    attributes: dict[str, Any] = shown[0]["attributes"]
    return attributes


def many_attributes() -> Iterator[Bad]:
    """Ten thousand of them, of every type."""
    texts = {f"key.{number}": f"value {number}" for number in range(10_000)}
    mixed = {f"key.{n}": [n, n / 2, n % 2 == 0, ["a", "b"]][n % 4] for n in range(10_000)}
    for name, attributes in (("texts", texts), ("of all types", mixed)):
        yield Bad(
            f"10,000 attributes, {name}",
            pack(one(attributes=attributes)),
            check=lambda shown, want=attributes: want.items() <= first(shown).items(),
        )


def times() -> Iterator[Bad]:
    """Far off, missing, backwards, and over many months."""
    for name, start in (
        ("in 1970", 86_400 * SECOND),
        ("in 2200", 7_258_118_400 * SECOND),
        ("of 0", 0),
        ("of 2^63", 2**63),
    ):
        span = one(start_ns=start)
        yield Bad(
            f"start {name}", pack(span), check=lambda shown: "outside" in shown[0]["notes"][0]
        )
    span = one()
    span.start_time_unix_nano = span.end_time_unix_nano = 2**64 - 1
    yield Bad("start of 2^64-1", pack(span))
    span = one()
    span.end_time_unix_nano = NOW - SECOND
    yield Bad("end before start", pack(span), check=lambda shown: "ends" in shown[0]["notes"][0])
    trace_id = secrets.token_bytes(16)
    spans = [
        one(trace_id=trace_id, start_ns=(10**9 + 86_400) * SECOND + place * MONTH)
        for place in range(200)
    ]
    yield Bad("200 months in one trace", pack(*spans), spans=200)
    spans = [one(start_ns=(10**9 + 86_400) * SECOND + place * MONTH) for place in range(200)]
    yield Bad("200 months in 200 traces", pack(*spans), spans=200)


def ids() -> Iterator[Bad]:
    """Missing, zero, and of other lengths."""
    for name, size in (("empty", 0), ("of 4 bytes", 4), ("of 100 bytes", 100)):
        yield Bad(
            f"ids {name}",
            pack(one(trace_id=b"i" * size, span_id=b"j" * size)),
            check=lambda shown: len(shown[0]["notes"]) == 2,
        )
    yield Bad("ids of zeros", pack(one(trace_id=bytes(16), span_id=bytes(8))))
    yield Bad("a parent that is itself", pack(one(span_id=b"selfself", parent_id=b"selfself")))
    body = json_request(traceId="not hex").encode()
    yield Bad("JSON ids that are no hex", body, 400, "spans[0].traceId: expected hex", JSON)


def values() -> Iterator[Bad]:
    """Deep, large, odd, twice."""
    deep = wire_field(9, wire_field(1, b"deep") + wire_field(2, nested(1000)))
    yield Bad("1,000 levels", raw(one(), deep), check=lambda shown: "deep" in first(shown))
    text = json_request().replace('"key": "input.value"', '"key": "deep"')
    body = text.replace('{"stringValue": "Hi"}', nested_json(1000)).encode()
    yield Bad(
        "1,000 levels in JSON",
        body,
        headers=JSON,
        check=lambda shown: "deep" in first(shown),
    )
    large = "0123456789" * 2_000_000
    yield Bad(
        "a value of 20 MB",
        pack(one(attributes={"large": large})),
        check=lambda shown: first(shown)["large"] == large,
    )
    yield Bad(
        "a value of 20 MB in JSON",
        json_request(name="n" * 20_000_000).encode(),
        headers=JSON,
        check=lambda shown: len(shown[0]["name"]) == 20_000_000,
    )
    odd = {"nan": math.nan, "inf": math.inf, "minus": -math.inf, "small": 5e-324, "zero": -0.0}
    yield Bad(
        "numbers that are none",
        pack(one(attributes=odd)),
        check=lambda shown: odd.keys() <= first(shown).keys() and first(shown)["small"] == 5e-324,
    )
    attributes = [
        {"key": "nan", "value": {"doubleValue": "NaN"}},
        {"key": "inf", "value": {"doubleValue": "-Infinity"}},
        {"key": "session.id", "value": {"stringValue": "s"}},
    ]
    yield Bad(
        "numbers that are none, in JSON",
        json_request(attributes=attributes).encode(),
        headers=JSON,
        check=lambda shown: {"nan", "inf"} <= first(shown).keys(),
    )
    span = one()
    for text in ("one", "two", "three"):
        span.attributes.add(key="twice").value.string_value = text
    span.attributes.add(key="twice").value.int_value = 4
    yield Bad("a key four times", pack(span), check=lambda shown: "twice" in first(shown))
    span = one()
    span.attributes.add()
    span.attributes.add(key="no value")
    span.attributes.add().value.string_value = "no key"
    yield Bad("attributes without key or value", pack(span))


def texts() -> Iterator[Bad]:
    """What is no Unicode."""
    body = pack(one(name="QQQQ", attributes={"RRRR": "SSSS"}))
    for mark, bad in (
        (b"QQQQ", b"a\xff\xfeb"),
        (b"RRRR", b"\xc3(\x00k"),
        (b"SSSS", b"\x00\xf0(\x8c"),
    ):
        body = body.replace(mark, bad)
    yield Bad("bad UTF-8", body, check=lambda shown: shown[0]["name"] == "a�b")
    body = json_request(name="QQQQ").encode().replace(b"QQQQ", b"a\xffb\\ud83d")
    yield Bad("bad UTF-8 in JSON", body, headers=JSON, check=lambda s: s[0]["name"] == "a�b�")


def shapes() -> Iterator[Bad]:
    """Requests that are empty, or none at all."""
    request = ExportTraceServiceRequest()
    request.resource_spans.add().scope_spans.add().spans.append(one())
    request.resource_spans.add()
    request.resource_spans.add().scope_spans.add()
    yield Bad("no resource, no scope", request.SerializeToString())
    yield Bad("zero spans", pack(), spans=0)
    yield Bad("an empty body", b"", spans=0)
    yield Bad("JSON that is no OTLP", b'{"hello": [1, {"a": null}]}', headers=JSON, spans=0)
    yield Bad("JSON of another shape", b"[1, 2]", 400, "body: expected object", JSON)
    yield Bad("resourceSpans that are a text", b'{"resourceSpans":"x"}', 400, "resourceSpans", JSON)
    good = pack(one())
    yield Bad("cut off", good[:-3], 400, "is not a protobuf")
    yield Bad("bytes after its end", good + b"\x00\x01\x02", 400, "is not a protobuf")
    yield Bad("a field of somebody else after its end", good + wire_field(99, b"hello"))
    yield Bad("JSON cut off", json_request().encode()[:-3], 400, "is not valid JSON", JSON)
    yield Bad("JSON with more after it", json_request().encode() + b"x", 400, "JSON", JSON)
    packed = gzip.compress(good)
    yield Bad("gzip cut off", packed[:-9], 400, "cut off", GZIP)
    yield Bad("gzip that is none", good, 400, "not valid gzip", GZIP)
    flipped = packed[:-6] + bytes((packed[-6] ^ 1,)) + packed[-5:]
    yield Bad("gzip with a wrong sum", flipped, 400, "not valid gzip", GZIP)


def table() -> list[Bad]:
    """Returns every row."""
    parts = (many_attributes(), times(), ids(), values(), texts(), shapes())
    return [row for part in parts for row in part]
