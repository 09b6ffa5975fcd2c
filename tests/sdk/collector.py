"""An OTLP receiver on this machine that remembers what it was sent."""

import gzip
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.sdk.fake_openai import serving


@dataclass(frozen=True)
class Sent:
    """A span as it arrived."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, Any]
    error: str | None  # the status message of a failed one
    events: list[str]
    resource: dict[str, Any]

    @property
    def session(self) -> Any:
        return self.attributes.get("ag.session.id")


@dataclass
class Collector:
    """What arrived, and how to answer: `status` for every request, after `delay_s`."""

    url: str = ""
    status: int = 200
    delay_s: float = 0.0
    spans: list[Sent] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)  # headers
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, body: bytes, headers: dict[str, str]) -> None:
        """Remembers a request."""
        if headers.get("content-encoding") == "gzip":
            body = gzip.decompress(body)
        found = list(read_spans(body))
        with self.changed:
            self.requests.append(headers)
            self.spans += found
            self.changed.notify_all()

    def wait_for(self, count: int, seconds: float = 20.0) -> list[Sent]:
        """Returns the spans once there are so many."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while len(self.spans) < count and (left := deadline - time.monotonic()) > 0:
                self.changed.wait(left)
        assert len(self.spans) >= count, f"{len(self.spans)} of {count} spans arrived"
        return list(self.spans)


def read_spans(body: bytes) -> Iterator[Sent]:
    """Yields the spans of an export request."""
    for group in ExportTraceServiceRequest.FromString(body).resource_spans:
        resource = named(group.resource.attributes)
        for scope in group.scope_spans:
            for span in scope.spans:
                yield Sent(
                    name=span.name,
                    trace_id=span.trace_id.hex(),
                    span_id=span.span_id.hex(),
                    parent_id=span.parent_span_id.hex(),
                    attributes=named(span.attributes),
                    error=span.status.message if span.status.code == 2 else None,
                    events=[event.name for event in span.events],
                    resource=resource,
                )


def named(attributes: Any) -> dict[str, Any]:
    """Returns attributes as a dict of plain values."""
    return {item.key: getattr(item.value, item.value.WhichOneof("value")) for item in attributes}


@contextmanager
def collecting(**options: Any) -> Iterator[Collector]:
    """Serves a collector on a free port."""
    collector = Collector(**options)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            time.sleep(collector.delay_s)
            if collector.status == 200:
                headers = {name.lower(): value for name, value in self.headers.items()}
                collector.take(body, {**headers, ":path": self.path})
            self.send_response(collector.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Says nothing."""

    with serving(Handler) as collector.url:
        yield collector
