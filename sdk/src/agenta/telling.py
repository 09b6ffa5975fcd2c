"""`ag.tracing`: what the application says about its spans, and how spans reach other services."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, MutableMapping
from types import TracebackType
from typing import Any
from urllib.parse import quote, urlencode

from opentelemetry import baggage, context, trace
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.context import Context
from opentelemetry.trace import Span
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from agenta import scope
from agenta.capture import capture
from agenta.scope import AGENT_ID, IN_BAGGAGE, SESSION_ID, USER_ID, Value, text_of
from agenta.starting import flush, redaction, server, tracer

__all__ = ["Caller", "Tracing"]

log = logging.getLogger("agenta")

TRACE = TraceContextTextMapPropagator()
BAGGAGE = W3CBaggagePropagator()
METRICS = "ag.metrics.unit."
Headers = Mapping[str, str] | Iterable[tuple[str | bytes, str | bytes]]


class Tracing:
    """The methods of `ag.tracing`. None of them raises because of a value that is given.

    `store_session`, `store_user`, `store_agent`, `store_refs`: for the current span and all that
    start later in this context. `store_meta`: for the current span; outside of any, for all that
    start later. `store_internals`, `store_metrics`: for the current span.
    """

    def store_session(self, session_id: object = None, *, span: Span | None = None) -> None:
        """Says to which session everything after this belongs."""
        self._say_id(SESSION_ID, session_id, span)

    def store_user(self, user_id: object = None, *, span: Span | None = None) -> None:
        """Says which user it is about."""
        self._say_id(USER_ID, user_id, span)

    def store_agent(self, agent_id: object = None, *, span: Span | None = None) -> None:
        """Says which agent acts."""
        self._say_id(AGENT_ID, agent_id, span)

    def store_refs(self, refs: Mapping[str, Any], *, span: Span | None = None) -> None:
        """Says what was used, such as `{"application": {"slug": "a"}, "environment.slug": "b"}`."""
        self._say({f"ag.refs.{name}": value for name, value in _flat(refs).items()}, span)

    def store_meta(self, meta: Mapping[str, Any], *, span: Span | None = None) -> None:
        """Adds metadata, shown and searched with the session."""
        values = {f"ag.meta.{name}": value for name, value in _flat(meta).items()}
        target = span or trace.get_current_span()
        if span is None and not target.get_span_context().is_valid:
            scope.say(values)
        _mark(target, values)

    def store_internals(self, attributes: Mapping[str, Any], *, span: Span | None = None) -> None:
        """Records values that are neither input nor output of the current step."""
        if not (target := self._target("store_internals", span)):
            return
        redact, is_strict = redaction()
        name = getattr(target, "name", "")
        values = {}
        for key, value in attributes.items():
            kept = value
            if redact is not None:
                try:
                    kept = redact(name, "internals", {key: value}).get(key)
                except Exception as error:  # the application goes on
                    log.warning("redact failed on %s: %s", key, type(error).__name__)
                    if is_strict:
                        continue
            values[f"ag.data.internals.{key}"] = kept if isinstance(kept, str) else capture(kept)
        _mark(target, values)

    def store_metrics(self, metrics: Mapping[str, Any], *, span: Span | None = None) -> None:
        """Records numbers: `{"tokens.prompt": 12, "tokens.completion": 7, "costs.total": 0.01}`."""
        if target := self._target("store_metrics", span):
            flat = _flat(metrics).items()
            _mark(target, {METRICS + name: value for name, value in flat if _is_number(value)})

    def get_current_span(self) -> Span:
        """Returns OpenTelemetry's current span."""
        return trace.get_current_span()

    def inject(self, headers: MutableMapping[str, str] | None = None) -> MutableMapping[str, str]:
        """Returns the headers that let another service continue this trace and session."""
        carried = headers if headers is not None else {}
        here = context.get_current()
        for name, value in scope.current_values().items():
            if name in IN_BAGGAGE:
                here = baggage.set_baggage(name, value, here)
        TRACE.inject(carried, here)
        BAGGAGE.inject(carried, here)
        return carried

    def extract(self, headers: Headers) -> Caller:
        """Returns `with …:` of the caller's trace and session, of a request's headers."""
        pairs = headers.items() if isinstance(headers, Mapping) else headers
        carrier = {_text(name).lower(): _text(value) for name, value in pairs}
        return Caller(BAGGAGE.extract(carrier, TRACE.extract(carrier)))

    def get_trace_url(self, trace_id: str | int | None = None) -> str:
        """Returns the page of a trace; without an id, of the current one, "" if there is none."""
        if trace_id is None:
            trace_id = trace.get_current_span().get_span_context().trace_id
        found = trace.format_trace_id(trace_id) if isinstance(trace_id, int) else trace_id
        if not found.strip("0"):
            return ""
        where = server()
        query = f"?{urlencode({'project': where.project})}" if where.project else ""
        return f"{where.host}/traces/{quote(found, safe='')}{query}"

    def get_session_url(self, session_id: object = None) -> str:
        """Returns the page of a session; without an id, of the current one, "" if there is none."""
        found = session_id if session_id is not None else scope.current_values().get(SESSION_ID)
        if found is None:
            return ""
        where = server()
        place = {"open": text_of(found), **({"project": where.project} if where.project else {})}
        return f"{where.host}/?{urlencode(place, quote_via=quote)}"

    def flush(self, timeout_s: float = 10.0) -> bool:
        """Waits until spans that ended before are sent or given up."""
        return flush(timeout_s)

    def start_span(self, name: str) -> Any:
        """Returns `with …:` of a span of the application's own."""
        return tracer().start_as_current_span(name)

    def _say_id(self, name: str, value: object, span: Span | None) -> None:
        if value is None or value == "":
            log.warning("%s is %r: nothing was stored", name, value)
            return
        self._say({name: text_of(value)}, span)

    def _say(self, values: Mapping[str, Value], span: Span | None) -> None:
        if span is None:
            _mark(trace.get_current_span(), values)
            scope.say(values)
        else:
            _mark(span, values)

    def _target(self, method: str, span: Span | None) -> Span | None:
        target = span or trace.get_current_span()
        if target.get_span_context().is_valid:
            return target
        log.warning("%s: there is no current span; nothing was stored", method)
        return None


class Caller:
    """Where a request comes from: `with` makes its trace and session the current ones."""

    def __init__(self, place: Context) -> None:
        self.context = place
        self._tokens: list[Any] = []

    def __enter__(self) -> Context:
        self._tokens.append(scope.Snapshot(self.context, scope.snapshot().scope).enter())
        return self.context

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        scope.Snapshot.leave(self._tokens.pop())


def _mark(span: Span, values: Mapping[str, Value]) -> None:
    if span.is_recording():
        for name, value in values.items():
            span.set_attribute(name, value)


def _flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, Value]:
    """Returns nested maps as dotted names, other values that are not plain as JSON."""
    flat: dict[str, Value] = {}
    for name, value in values.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping):
            flat.update(_flat(value, f"{key}."))
        elif isinstance(value, str):
            flat[key] = text_of(value)
        elif isinstance(value, bool | int | float):
            flat[key] = value
        elif value is not None:
            flat[key] = capture(value)
    return flat


def _is_number(value: Value) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
