"""One span as it would be sent: OTLP/JSON, and a command that sends it.

As https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding says. Attributes of bytes stand
as the text of their hex digits.
"""

import json
import math
import shlex
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from parley.model import Span

__all__ = ["Sender", "curl_of", "otlp_of"]

RAW_MAX = 100_000  # characters of a span that are shown raw
STATUS_CODES = {"ok": 1, "error": 2}


class Sender(Struct, frozen=True, kw_only=True):
    """Where a span is sent to, and as whom."""

    address: str
    project: str
    needs_token: bool


def otlp_of(span: Span) -> str:
    """Returns a request with this span alone, indented; "" when it is too long to show."""
    one: dict[str, Any] = {
        "traceId": span.trace_id,
        "spanId": span.span_id,
        "parentSpanId": span.parent_span_id,
        "traceState": span.trace_state,
        "flags": span.flags,
        "name": span.name,
        "kind": span.otel_kind,
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.end_ns),
        "attributes": _attributes(span.attributes),
        "droppedAttributesCount": span.dropped_attributes,
        "events": [
            _without_empty(
                {
                    "timeUnixNano": str(event.time_ns),
                    "name": event.name,
                    "attributes": _attributes(event.attributes),
                }
            )
            for event in span.events
        ],
        "droppedEventsCount": span.dropped_events,
        "links": [
            _without_empty(
                {
                    "traceId": link.trace_id,
                    "spanId": link.span_id,
                    "attributes": _attributes(link.attributes),
                }
            )
            for link in span.links
        ],
        "droppedLinksCount": span.dropped_links,
        "status": _without_empty(
            {"code": STATUS_CODES.get(span.status, 0), "message": span.status_message}
        ),
    }
    scope = _without_empty({"name": span.scope_name, "version": span.scope_version})
    request = {
        "resourceSpans": [
            {
                "resource": {"attributes": _attributes(span.resource)},
                "scopeSpans": [{"scope": scope, "spans": [_without_empty(one)]}],
            }
        ]
    }
    text = json.dumps(request, ensure_ascii=False, indent=2)
    return text if len(text) <= RAW_MAX else ""


def curl_of(raw: str, sender: Sender) -> str:
    """Returns a command for a shell that sends a request; the same span again changes nothing."""
    headers = ["content-type: application/json", f"x-parley-project: {sender.project}"]
    told = "".join(f" \\\n  -H {shlex.quote(header)}" for header in headers)
    if sender.needs_token:
        told += ' \\\n  -H "authorization: Bearer $PARLEY_TOKEN"'
    body = shlex.quote(json.dumps(json.loads(raw), ensure_ascii=False, separators=(",", ":")))
    return f"curl --fail {shlex.quote(sender.address + '/v1/traces')}{told} \\\n  -d {body}"


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in ("", 0, [], {})}


def _attributes(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [{"key": key, "value": _any_value(value)} for key, value in values.items()]


def _any_value(value: Any) -> dict[str, Any]:
    match value:
        case None:
            return {}
        case bool():
            return {"boolValue": value}
        case int():
            return {"intValue": str(value)}
        case float():
            return {"doubleValue": value if math.isfinite(value) else _not_finite(value)}
        case list():
            return {"arrayValue": {"values": [_any_value(item) for item in value]}}
        case dict():
            return {"kvlistValue": {"values": _attributes(value)}}
        case _:
            return {"stringValue": str(value)}


def _not_finite(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    return "Infinity" if value > 0 else "-Infinity"
