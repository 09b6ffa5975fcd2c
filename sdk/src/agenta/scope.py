"""What is true of everything that follows: session, user, agent, references.

Kept in a context variable of our own, so that it outlives the span in which it was said, and in
OpenTelemetry's baggage, so that it reaches other services. asyncio copies both into tasks,
threads.py into threads.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar, Token
from types import TracebackType
from typing import NamedTuple
from uuid import uuid4

from opentelemetry import baggage, context, trace
from opentelemetry.context import Context

__all__ = [
    "AGENT_ID",
    "SESSION_ID",
    "USER_ID",
    "Scope",
    "Snapshot",
    "Value",
    "current_values",
    "forget_trace",
    "say",
    "session",
    "snapshot",
    "values_for",
]

SESSION_ID = "ag.session.id"
USER_ID = "ag.user.id"
AGENT_ID = "ag.agent.id"
IN_BAGGAGE = frozenset({SESSION_ID, USER_ID, AGENT_ID})
PREFIX = "ag."

Value = str | bool | int | float
NOTHING: Mapping[str, Value] = {}


class Scope(NamedTuple):
    """What was said, and what the baggage was before and after it."""

    values: Mapping[str, Value]
    replaced: Mapping[str, object]
    written: Mapping[str, object]
    trace_id: int  # in which it was said; 0 outside of any
    outside: Scope | None  # what was said before that trace


_scope: ContextVar[Scope | None] = ContextVar("agenta_scope", default=None)


def say(values: Mapping[str, Value]) -> None:
    """Makes values part of every span that starts from here on in this context."""
    _scope.set(_with(values))
    context.attach(_baggage_with(values))


def current_values() -> Mapping[str, Value]:
    """Returns what a span would be given that started now."""
    return values_for(None)


def values_for(parent: Context | None) -> Mapping[str, Value]:
    """Returns what a span is given that starts in this context.

    Baggage that neither is ours nor was there before us came later, with a request, and wins.
    """
    scope = _scope.get()
    entries = baggage.get_all(parent)
    if not entries:
        return scope.values if scope else NOTHING
    if scope is not None and entries == scope.written:
        return scope.values  # nearly always; the rest costs some microseconds
    told = _ours(entries)
    if scope is None:
        return told
    if not told or told in (scope.written, scope.replaced):
        return scope.values
    return {**scope.values, **told}


def forget_trace(trace_id: int) -> None:
    """Drops what an earlier request said in its own trace: a new one, `trace_id`, starts here.

    Servers that handle requests one after the other in one context would mix them up otherwise.
    """
    scope = _scope.get()
    if scope is not None and scope.trace_id not in (0, trace_id):
        _scope.set(scope.outside)


class Snapshot(NamedTuple):
    """The place that work was started from, to be gone back to in another thread."""

    context: Context
    scope: Scope | None

    def enter(self) -> tuple[Token[Scope | None], Token[Context]]:
        """Makes this the place; returns what `leave` needs."""
        return _scope.set(self.scope), context.attach(self.context)

    @staticmethod
    def leave(tokens: tuple[Token[Scope | None], Token[Context]]) -> None:
        """Goes back to where it was before `enter`; what was said in between is forgotten."""
        _scope.reset(tokens[0])
        context.detach(tokens[1])


def snapshot() -> Snapshot:
    """Returns the place where this is called."""
    return Snapshot(context.get_current(), _scope.get())


class session:  # noqa: N801 - reads as `with ag.session("id"):`
    """`with session("id"):` marks the spans that start within. Works with `async with` too.

    Without an id it makes one. Gives the id.
    """

    def __init__(self, session_id: object = None, *, user_id: object = None) -> None:
        self.session_id = text_of(session_id) if session_id is not None else uuid4().hex
        self._values: dict[str, Value] = {SESSION_ID: self.session_id} if self.session_id else {}
        if user_id is not None:
            self._values[USER_ID] = text_of(user_id)
        self._entered: list[tuple[Token[Scope | None], Token[Context]]] = []

    def __enter__(self) -> str:
        inside = Snapshot(_baggage_with(self._values), _with(self._values))
        self._entered.append(inside.enter())
        return self.session_id

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        # Left in another context than entered, a generator that is collected has nothing to undo.
        with suppress(ValueError):
            Snapshot.leave(self._entered.pop())

    async def __aenter__(self) -> str:
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        self.__exit__(kind, error, trace_back)


def text_of(value: object) -> str:
    """Returns a value as text that can be sent: half a character would cost its whole batch."""
    return str(value).encode("utf-8", "replace").decode()


def _with(values: Mapping[str, Value]) -> Scope:
    before = _scope.get()
    replaced = _ours(baggage.get_all())
    carried = {name: value for name, value in values.items() if name in IN_BAGGAGE}
    trace_id = trace.get_current_span().get_span_context().trace_id
    if before is None or before.trace_id == 0:
        outside = before if trace_id else None
    else:
        outside = before.outside
    return Scope(
        values={**values_for(None), **values},
        replaced=replaced,
        written={**replaced, **carried},
        trace_id=trace_id,
        outside=outside,
    )


def _baggage_with(values: Mapping[str, Value]) -> Context:
    found = context.get_current()
    for name, value in values.items():
        if name in IN_BAGGAGE:
            found = baggage.set_baggage(name, value, found)
    return found


def _ours(entries: Mapping[str, object]) -> Mapping[str, Value]:
    return {name: text_of(value) for name, value in entries.items() if name.startswith(PREFIX)}
