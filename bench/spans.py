"""Believable span batches for measuring: ~2.4 KB a span, 25 attributes, 35 % model calls.

A batch is made once and stamped anew for each request: making spans in Python is slower than
Parley's receiving them, and the sender shares the two cores with the server.
"""

import json
import random
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

__all__ = ["Batch"]

SPANS_PER_TRACE = 10
MODEL_CALL_SHARE = 0.35
HISTORY_MESSAGES = 10
WORDS = (
    "order refund parcel invoice address delivery customer account support window ticket "
    "travel booking seat price change yesterday morning payment card reason please thanks"
).split()


class Batch:
    """One request of `spans` spans with fresh ids and times on every call of `stamp`.

    Where the ids stand in the serialised bytes is looked up once; then they are overwritten there.
    """

    def __init__(self, *, spans: int, seed: int) -> None:
        self._random = random.Random(seed)
        self._spans = spans
        request = ExportTraceServiceRequest()
        group = request.resource_spans.add()
        for key, value in (("service.name", "bench"), ("deployment.environment.name", "load")):
            group.resource.attributes.add(key=key).value.string_value = value
        scope = group.scope_spans.add()
        scope.scope.name = "bench"
        self._traces = [self._random.randbytes(16) for _ in range(-(-spans // SPANS_PER_TRACE))]
        self._roots = [self._random.randbytes(8) for _ in self._traces]
        self._ids = [self._random.randbytes(8) for _ in range(spans)]
        self._sessions = [f"bench-{trace.hex()}" for trace in self._traces]
        self._start = time.time_ns()
        for number in range(spans):
            self._add(scope.spans.add(), number)
        self._body = request.SerializeToString()
        self.span_bytes = len(self._body) / spans
        # 8 random bytes are unique in a body of 500 kB.
        self._trace_places = [find_all(self._body, item) for item in self._traces]
        self._session_places = [find_all(self._body, item.encode()) for item in self._sessions]
        self._span_places = [find_all(self._body, item) for item in [*self._roots, *self._ids]]

    def _add(self, span: Span, number: int) -> None:
        trace = number // SPANS_PER_TRACE
        place = number % SPANS_PER_TRACE
        span.trace_id = self._traces[trace]
        span.span_id = self._roots[trace] if place == 0 else self._ids[number]
        if place:
            span.parent_span_id = self._roots[trace]
        span.start_time_unix_nano = self._start
        span.end_time_unix_nano = self._start + self._random.randrange(10**7, 10**9)
        is_call = place and self._random.random() < MODEL_CALL_SHARE * 10 / 9
        span.name = "chat gpt-4o" if is_call else ("agent" if place == 0 else f"step {place}")
        values = self._call() if is_call else self._step(place)
        values["session.id"] = self._sessions[trace]
        for key, value in values.items():
            item = span.attributes.add(key=key).value
            if isinstance(value, int):
                item.int_value = value
            else:
                item.string_value = value

    def _text(self, words: int) -> str:
        return " ".join(self._random.choices(WORDS, k=words))

    def _call(self) -> dict[str, str | int]:
        roles = ["user", "assistant"]
        history = [
            {"role": roles[i % 2], "parts": [{"type": "text", "content": self._text(23)}]}
            for i in range(HISTORY_MESSAGES - 1)
        ]
        answer = [{"role": "assistant", "parts": [{"type": "text", "content": self._text(23)}]}]
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

    def stamp(self) -> bytes:
        """Returns a body whose traces, spans and sessions were never sent before."""
        fresh = bytearray(self._body)
        for places, sessions in zip(self._trace_places, self._session_places, strict=True):
            new = self._random.randbytes(16)
            for place in places:
                fresh[place : place + 16] = new
            name = f"bench-{new.hex()}".encode()
            for place in sessions:
                fresh[place : place + len(name)] = name
        for places in self._span_places:
            new = self._random.randbytes(8)
            for place in places:
                fresh[place : place + 8] = new
        return bytes(fresh)


def find_all(body: bytes, wanted: bytes) -> list[int]:
    """Returns every place of some bytes."""
    places = []
    place = body.find(wanted)
    while place >= 0:
        places.append(place)
        place = body.find(wanted, place + len(wanted))
    return places
