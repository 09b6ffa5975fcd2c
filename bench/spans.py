"""Believable span batches for measuring: ~2.4 KB a span, 25 attributes, 35 % model calls.

A batch is made once and stamped anew for each request: making spans in Python is slower than
Parley's receiving them, and the sender shares the two cores with the server.
"""

import json
import random
import time
import zlib
from collections.abc import Iterator
from typing import Any, Literal

from msgspec import Struct
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["PROFILES", "SPANS_PER_TRACE", "TURNS", "Batch", "Body", "Profile"]

SPANS_PER_TRACE = 10
TURNS = 5  # traces of one session in a batch, one turn each
TURN_NS = 20 * 10**9  # from the start of one turn to that of the next
STEP_NS = 10**8  # of a trace, one span after another below its root
MODEL_CALL_SHARE = 0.35
HISTORY_MESSAGES = 10
GZIP_LEVEL = 1
Words = dict[str, Any]  # a message as OpenTelemetry's conventions write it
WORDS = (
    "order refund parcel invoice address delivery customer account support window ticket "
    "travel booking seat price change yesterday morning payment card reason please thanks"
).split()


class Profile(Struct, frozen=True, kw_only=True):
    """A way of sending.

    late_root: only roots carry the session id, in a later request.
    unheard: no call sends words again that were said before, and each trace is a session: harder
    than any application, as no two calls share a message.
    """

    name: str
    encoding: Literal["protobuf", "json"] = "protobuf"
    is_gzip: bool = False
    late_root: bool = False
    unheard: bool = False

    @property
    def headers(self) -> dict[str, str]:
        """What every request of it says."""
        kind = "application/json" if self.encoding == "json" else "application/x-protobuf"
        return {"content-type": kind, **({"content-encoding": "gzip"} if self.is_gzip else {})}


PROFILES = {
    item.name: item
    for item in (
        Profile(name="protobuf"),
        Profile(name="gzip", is_gzip=True),
        Profile(name="json", encoding="json"),
        Profile(name="late-root", late_root=True),
        Profile(name="unheard", unheard=True),
    )
}


class Body(Struct, frozen=True):
    """One request, ready to send. session: a session that it holds."""

    data: bytes
    spans: int
    session: str


class Batch:
    """Some spans, with fresh ids and times in every body.

    Where the ids stand in the serialised bytes is looked up once; then they are overwritten there.
    """

    def __init__(self, profile: Profile, *, spans: int, seed: int) -> None:
        self._profile = profile
        self._random = random.Random(seed)
        self._spans = spans
        count = -(-spans // SPANS_PER_TRACE)
        self._traces = [self._random.randbytes(16) for _ in range(count)]
        self._ids = [self._random.randbytes(8) for _ in range(spans)]
        self._turns = 1 if profile.unheard else TURNS
        self._start = time.time_ns()
        self._starts = [self._start - self._ago(place) for place in range(spans)]
        self._ends = [
            start + self._random.randrange(10**7, STEP_NS)
            if place % SPANS_PER_TRACE
            else start + SPANS_PER_TRACE * STEP_NS
            for place, start in enumerate(self._starts)
        ]
        self._said: list[Words] = []  # in the session at hand, so far
        places = range(spans)
        if profile.late_root:
            parts = [[n for n in places if n % SPANS_PER_TRACE], list(places[::SPANS_PER_TRACE])]
        else:
            parts = [list(places)]
        self._attributes = self._values(list(places))
        self._requests = [Template(self, part) for part in parts]
        self.span_bytes = sum(len(item.data) for item in self._requests) / spans

    def bodies(self) -> Iterator[Body]:
        """Returns the requests of one batch, in the order to send them."""
        now = time.time_ns()
        fresh = {item: self._random.randbytes(len(item)) for item in [*self._traces, *self._ids]}
        stamps = {old: old - self._start + now for old in [*self._starts, *self._ends]}
        for request in self._requests:
            data = request.stamp(fresh, stamps)
            if self._profile.is_gzip:
                packer = zlib.compressobj(GZIP_LEVEL, wbits=31)
                data = packer.compress(data) + packer.flush()
            yield Body(data, request.spans, session_name(fresh[self._traces[0]]))

    def request(self, numbers: list[int]) -> ExportTraceServiceRequest:
        """Returns some of the spans as a request."""
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        for key, value in (("service.name", "bench"), ("deployment.environment.name", "load")):
            group.resource.attributes.add(key=key).value.string_value = value
        scope = group.scope_spans.add()
        scope.scope.name = "bench"
        for number in numbers:
            self._add(scope.spans.add(), number, self._attributes[number])
        return request

    def _ago(self, number: int) -> int:
        """Returns how long before the batch's time a span starts."""
        trace, place = divmod(number, SPANS_PER_TRACE)
        return (self._turns - 1 - trace % self._turns) * TURN_NS + (
            SPANS_PER_TRACE - place
        ) * STEP_NS

    def _session(self, trace: int) -> bytes:
        """Returns the id by whose name the session of a trace goes."""
        return self._traces[trace - trace % self._turns]

    def _values(self, numbers: list[int]) -> dict[int, dict[str, str | int]]:
        """Returns the attributes of spans: whole traces, told turn by turn."""
        values: dict[int, dict[str, str | int]] = {}
        for trace in sorted({number // SPANS_PER_TRACE for number in numbers}):
            if trace % self._turns == 0:
                self._said = []
            first = trace * SPANS_PER_TRACE
            steps = range(1, SPANS_PER_TRACE)
            calls = [n for n in steps if self._random.random() < MODEL_CALL_SHARE * 10 / 9]
            for place in range(SPANS_PER_TRACE):
                if place in calls:
                    value = self._call(is_first=place == calls[0], is_last=place == calls[-1])
                else:
                    value = self._step(place)
                if place == 0 or not self._profile.late_root:
                    value["session.id"] = session_name(self._session(trace))
                values[first + place] = value
        return values

    def _add(self, span: Span, number: int, values: dict[str, str | int]) -> None:
        trace, place = divmod(number, SPANS_PER_TRACE)
        span.trace_id = self._traces[trace]
        span.span_id = self._ids[number]
        if place:
            span.parent_span_id = self._ids[number - place]
        span.start_time_unix_nano = self._starts[number]
        span.end_time_unix_nano = self._ends[number]
        is_call = "gen_ai.request.model" in values
        span.name = "chat gpt-4o" if is_call else ("agent" if place == 0 else f"step {place}")
        for key, value in values.items():
            item = span.attributes.add(key=key).value
            if isinstance(value, int):
                item.int_value = value
            else:
                item.string_value = value

    def places(self) -> tuple[list[bytes], list[bytes], list[int]]:
        """Returns what `stamp` overwrites: trace ids, span ids, times."""
        return self._traces, self._ids, sorted({*self._starts, *self._ends})

    @property
    def is_json(self) -> bool:
        """Whether ids and times stand in the body as text."""
        return self._profile.encoding == "json"

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(WORDS, k=words))

    def _words(self, role: str) -> Words:
        return {"role": role, "parts": [{"type": "text", "content": self._text(23)}]}

    def _history(self, *, is_first: bool) -> list[Words]:
        """Returns what a call sends: the end of what was said, the turn's question included."""
        if self._profile.unheard:
            return [self._words(("user", "assistant")[i % 2]) for i in range(HISTORY_MESSAGES - 1)]
        if is_first:
            self._said.append(self._words("user"))
        return self._said[1 - HISTORY_MESSAGES :]

    def _answer(self, *, is_last: bool) -> Words:
        """Returns what a call answers: words, or as long as more calls follow, a call of a tool."""
        if is_last or self._profile.unheard:
            answer = self._words("assistant")
            self._said.append(answer)
            return answer
        call = {"type": "tool_call", "id": self._random.randbytes(6).hex(), "name": "look_up"}
        answer = {"role": "assistant", "parts": [{**call, "arguments": {"of": self._text(15)}}]}
        result = {"type": "tool_call_response", "id": call["id"], "result": self._text(18)}
        self._said += [answer, {"role": "tool", "parts": [result]}]
        return answer

    def _call(self, *, is_first: bool, is_last: bool) -> dict[str, str | int]:
        history = self._history(is_first=is_first)
        answer = [self._answer(is_last=is_last)]
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": "gpt-4o",
            "gen_ai.response.model": "gpt-4o-2024-08-06",
            "gen_ai.response.id": self._random.randbytes(12).hex(),
            "gen_ai.usage.input_tokens": self._random.randrange(100, 4000),
            "gen_ai.usage.output_tokens": self._random.randrange(10, 400),
            "gen_ai.input.messages": json.dumps(history),
            "gen_ai.output.messages": json.dumps(answer),
            **{f"app.detail.{i}": self._text(3) for i in range(14)},
        }

    def _step(self, place: int) -> dict[str, str | int]:
        kind = "invoke_agent" if place == 0 else "execute_tool"
        return {
            "gen_ai.operation.name": kind,
            "gen_ai.tool.name": "look_up",
            "input.value": self._text(52),
            "output.value": self._text(52),
            **{f"app.detail.{i}": self._text(4) for i in range(20)},
        }


class Template:
    """One serialised request, and where its ids and times stand."""

    def __init__(self, batch: Batch, numbers: list[int]) -> None:
        request = batch.request(numbers)
        self._is_json = batch.is_json
        self.spans = len(numbers)
        self.data = json_bytes(request) if batch.is_json else request.SerializeToString()
        traces, ids, times = batch.places()
        self._ids = [(item, find_all(self.data, self._id(item))) for item in [*traces, *ids]]
        names = [(item, find_all(self.data, session_name(item).encode())) for item in traces]
        self._names = [(item, places) for item, places in names if places]
        self._times = [(item, find_all(self.data, self._time(item))) for item in times]

    def _id(self, item: bytes) -> bytes:
        # As text with its quotes: a session's name holds the digits of its trace.
        return f'"{item.hex()}"'.encode() if self._is_json else item

    def _time(self, time_ns: int) -> bytes:
        # Eight bytes of a time are as good as unique in half a megabyte of words.
        return str(time_ns).encode() if self._is_json else time_ns.to_bytes(8, "little")

    def stamp(self, fresh: dict[bytes, bytes], stamps: dict[int, int]) -> bytes:
        """Returns the request with other ids and times."""
        data = bytearray(self.data)
        for item, places in self._ids:
            overwrite(data, places, self._id(fresh[item]))
        for item, places in self._names:
            overwrite(data, places, session_name(fresh[item]).encode())
        for time_ns, places in self._times:
            overwrite(data, places, self._time(stamps[time_ns]))
        return bytes(data)


def session_name(trace_id: bytes) -> str:
    """Returns the session of a trace."""
    return f"bench-{trace_id.hex()}"


def overwrite(data: bytearray, places: list[int], new: bytes) -> None:
    """Puts bytes of the same length at some places."""
    for place in places:
        data[place : place + len(new)] = new


def json_bytes(request: ExportTraceServiceRequest) -> bytes:
    """Returns a request as OTLP/JSON: ids in hex, 64-bit numbers as text."""
    group = request.resource_spans[0]
    spans = [
        {
            "traceId": span.trace_id.hex(),
            "spanId": span.span_id.hex(),
            **({"parentSpanId": span.parent_span_id.hex()} if span.parent_span_id else {}),
            "name": span.name,
            "startTimeUnixNano": str(span.start_time_unix_nano),
            "endTimeUnixNano": str(span.end_time_unix_nano),
            "attributes": json_attributes(span.attributes),
        }
        for span in group.scope_spans[0].spans
    ]
    scope = {"scope": {"name": "bench"}, "spans": spans}
    resource = {"attributes": json_attributes(group.resource.attributes)}
    return json.dumps({"resourceSpans": [{"resource": resource, "scopeSpans": [scope]}]}).encode()


def json_attributes(items: Any) -> list[dict[str, Any]]:
    """Returns attributes as OTLP/JSON."""
    return [
        {"key": item.key, "value": {"stringValue": item.value.string_value}}
        if item.value.HasField("string_value")
        else {"key": item.key, "value": {"intValue": str(item.value.int_value)}}
        for item in items
    ]


def find_all(body: bytes, wanted: bytes) -> list[int]:
    """Returns every place of some bytes."""
    places = []
    place = body.find(wanted)
    while place >= 0:
        places.append(place)
        place = body.find(wanted, place + len(wanted))
    return places
