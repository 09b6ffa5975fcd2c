"""From played turns to OTLP spans: ids, parents, times, status; the dialect gives the rest."""

from collections.abc import Iterator

from opentelemetry.proto.trace.v1.trace_pb2 import ResourceSpans, Span, Status

from parley.demo.casting import Conversation, seeded
from parley.demo.dialects import Sheet, pick_dialect
from parley.demo.play import Call, Fault, Retrieval, ToolRun, TurnPlay, Work
from parley.demo.script import App
from parley.demo.wire import attributes, wrap_spans

__all__ = ["SpanWriter", "write_all"]


class SpanWriter:
    """Writes the spans of one conversation, turn by turn, children before their parent."""

    def __init__(self, app: App, conversation: Conversation, *, seed: str) -> None:
        self._dialect = pick_dialect(app, conversation)
        self._shape = conversation.script.trace
        self._ids = seeded(seed, conversation.script.id, conversation.started_ns, "ids")
        self._trace_id = self._new_id(16)
        self._session_span_id = self._new_id(8)

    def turn(self, turn: TurnPlay) -> list[Span]:
        """Returns the spans of a turn in order of their ends, as they would be exported."""
        if self._shape == "call":
            # Bare instrumentation of the provider sees calls only, each a trace of its own.
            return [
                self._span(self._sheet(work), work, trace_id=self._new_id(16))
                for work in turn.work
                if isinstance(work, Call)
            ]
        parent_id = b""
        if self._shape == "session":
            parent_id = self._session_span_id
        else:
            self._trace_id = self._new_id(16)
        root = self._span(
            self._dialect.turn(turn), turn, trace_id=self._trace_id, parent_id=parent_id
        )
        children = [
            self._span(self._sheet(work), work, trace_id=self._trace_id, parent_id=root.span_id)
            for work in turn.work
        ]
        return [*sorted(children, key=lambda span: span.end_time_unix_nano), root]

    def close(self, *, started_ns: int, ended_ns: int) -> list[Span]:
        """Returns what is exported when the conversation is over: the span around it, if any."""
        if self._shape != "session":
            return []
        around = Work(start_ns=started_ns, end_ns=ended_ns)
        span = self._span(self._dialect.session(), around, trace_id=self._trace_id)
        span.span_id = self._session_span_id
        return [span]

    def wrap(self, spans: list[Span]) -> ResourceSpans:
        """Returns the spans inside the resource and scope of their application."""
        return wrap_spans(spans, resource=self._dialect.resource(), scope=self._dialect.scope)

    def _sheet(self, work: Work) -> Sheet:
        match work:
            case Call():
                return self._dialect.call(work)
            case ToolRun():
                return self._dialect.tool(work)
            case Retrieval():
                return self._dialect.retrieval(work)
        raise TypeError(f"nothing writes {type(work).__name__}")

    def _span(self, sheet: Sheet, work: Work, *, trace_id: bytes, parent_id: bytes = b"") -> Span:
        span = Span(
            trace_id=trace_id,
            span_id=self._new_id(8),
            parent_span_id=parent_id,
            name=sheet.name,
            kind=sheet.kind,
            start_time_unix_nano=work.start_ns,
            end_time_unix_nano=work.end_ns,
            attributes=attributes(sheet.attributes),
        )
        if work.fault:
            span.status.code = Status.STATUS_CODE_ERROR
            span.status.message = f"{work.fault.type}: {work.fault.message}"
            span.events.append(_exception(work.fault, work.end_ns))
        elif self._dialect.says_ok:
            span.status.code = Status.STATUS_CODE_OK
        return span

    def _new_id(self, size: int) -> bytes:
        return self._ids.randbytes(size)


def _exception(fault: Fault, time_ns: int) -> Span.Event:
    values = {
        "exception.type": fault.type,
        "exception.message": fault.message,
        "exception.stacktrace": fault.stack,
        "exception.escaped": "False",
    }
    return Span.Event(name="exception", time_unix_nano=time_ns, attributes=attributes(dict(values)))


def write_all(writer: SpanWriter, turns: Iterator[TurnPlay]) -> list[Span]:
    """Returns every span of a conversation that is over."""
    spans: list[Span] = []
    started_ns = ended_ns = 0
    for turn in turns:
        started_ns = started_ns or turn.start_ns
        ended_ns = turn.end_ns
        spans += writer.turn(turn)
    return spans + writer.close(started_ns=started_ns, ended_ns=ended_ns + 1_000_000)
