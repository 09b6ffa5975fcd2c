"""One call of an instrumented function as a span."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from contextvars import Token
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from opentelemetry import context, trace
from opentelemetry.context import Context
from opentelemetry.trace import Span, Status, StatusCode

from agenta.capture import VALUE_CHARACTERS_MAX, capture, is_opaque
from agenta.starting import redaction, tracer

__all__ = ["Call", "Recording"]

PARTS_MAX = 10_000
LLM_KINDS = frozenset({"llm", "chat", "completion", "embedding", "query", "rerank"})
USAGE = {"prompt_tokens": "prompt", "completion_tokens": "completion", "total_tokens": "total"}
MESSAGE_CHARACTERS = 500

log = logging.getLogger("agenta")
_told: set[str] = set()


@dataclass(frozen=True)
class Recording:
    """What is recorded of a function's calls."""

    kind: str
    name: str | None
    inputs: bool | frozenset[str]  # not recorded: True for none of it, or these
    outputs: bool | frozenset[str]
    redact: Callable[[str, str, Any], Any] | None
    redact_on_error: bool
    stream_output: Callable[[list[Any]], Any] | None

    def of(self, function: Callable[..., Any]) -> Callable[[tuple[Any, ...], dict[str, Any]], Call]:
        """Returns what begins the recording of a call, given its arguments."""
        name = self.name or str(getattr(function, "__name__", type(function).__name__))
        positional = _positional(function)

        def begin(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Call:
            call = Call(self, name)
            if self.inputs is not True and call.is_recording:
                call.record("inputs", _named(positional, args, kwargs))
            return call

        return begin

    def kept(self, name: str, field: str, value: Any) -> tuple[bool, Any]:
        """Returns whether to record, and what is left of the value."""
        ignored = self.inputs if field == "inputs" else self.outputs
        if ignored is True:
            return False, None
        if ignored and isinstance(value, Mapping):
            value = {key: item for key, item in value.items() if key not in ignored}
        redact, is_strict = self.redact, self.redact_on_error
        if redact is None:
            redact, is_strict = redaction()
        if redact is None:
            return True, value
        try:
            return True, redact(name, field, value)
        except Exception as error:  # the application goes on
            _tell_once(f"redact of {name}", error)
            return not is_strict, value


class Call:
    """A span that is the current one within `with`, as often as it is entered.

    What code within attaches to the context is there when it is entered again.
    """

    __slots__ = ("_inside", "_parts", "_recording", "_size", "_token", "name", "span")

    def __init__(self, recording: Recording, name: str) -> None:
        self._recording = recording
        self.name = name
        is_first = not trace.get_current_span().get_span_context().is_valid
        kind = recording.kind or ("workflow" if is_first else "task")
        self.span: Span = tracer().start_span(name, attributes={"ag.type.span": kind})
        self._inside: Context = trace.set_span_in_context(self.span)
        self._token: Token[Context] | None = None
        self._parts: list[Any] = []
        self._size = 0

    @property
    def is_recording(self) -> bool:
        """Whether anybody wants to know."""
        return self.span.is_recording()

    def __enter__(self) -> None:
        self._token = context.attach(self._inside)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace_back: TracebackType | None,
    ) -> None:
        self._inside = context.get_current()
        if self._token is not None:
            context.detach(self._token)

    def record(self, field: str, value: Any) -> None:
        """Sets `inputs` or `outputs`."""
        try:
            is_kept, left = self._recording.kept(self.name, field, value)
            if is_kept and not is_opaque(left):
                self.span.set_attribute(f"ag.data.{field}", capture(left))
        except Exception as error:  # the application goes on
            _tell_once(f"{field} of {self.name}", error)

    def collect(self, item: Any) -> None:
        """Remembers what a generator yielded, up to the size of one value."""
        if self._size < VALUE_CHARACTERS_MAX and len(self._parts) < PARTS_MAX:
            self._parts.append(item)
            self._size += len(item) if isinstance(item, str) else 1

    def finish_stream(self, returned: Any) -> None:
        """Ends the span of a generator; what it yielded is its output, else what it returned."""
        if not self.is_recording or not self._parts:
            return self.finish(returned)
        try:
            self.finish(self._streamed())
        except Exception as error:  # the application goes on
            _tell_once(f"stream_output of {self.name}", error)
            self.finish(None)

    def _streamed(self) -> Any:
        if self._recording.stream_output is not None:
            return self._recording.stream_output(self._parts)
        if all(isinstance(part, str) for part in self._parts):
            return "".join(self._parts)
        return self._parts

    def finish(self, result: Any) -> None:
        """Ends the span of a call that returned."""
        if self.is_recording:
            if result is not None:
                self.record("outputs", result)
            if self._recording.kind in LLM_KINDS and isinstance(result, Mapping):
                self._record_usage(result)
        self.span.end()

    def fail(self, error: BaseException) -> None:
        """Ends the span of a call that raised, with what it had yielded before; once."""
        if self.is_recording:
            if self._parts:
                self.record("outputs", self._streamed())
            said = f"{type(error).__name__}: {_words(error)}".removesuffix(": ")
            self.span.set_status(Status(StatusCode.ERROR, said[:MESSAGE_CHARACTERS]))
            try:
                self.span.record_exception(error)
            except Exception as problem:  # an error whose own words fail
                _tell_once(f"the error of {self.name}", problem)
        self.span.end()

    def _record_usage(self, result: Mapping[Any, Any]) -> None:
        usage = result.get("usage")
        if isinstance(usage, Mapping):
            for theirs, ours in USAGE.items():
                if isinstance(usage.get(theirs), int | float):
                    self.span.set_attribute(f"ag.metrics.unit.tokens.{ours}", usage[theirs])
        if isinstance(result.get("cost"), int | float):
            self.span.set_attribute("ag.metrics.unit.costs.total", result["cost"])


def _positional(function: Callable[..., Any]) -> list[str]:
    """Returns the names of arguments that may be given by place, "" for those not recorded."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return []
    kinds = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    names = [item.name for item in parameters if item.kind in kinds]
    return ["", *names[1:]] if names and names[0] in ("self", "cls") else names


def _named(positional: list[str], args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
    named = {name: value for name, value in zip(positional, args, strict=False) if name}
    if len(args) > len(positional):
        named["args"] = list(args[len(positional) :])
    return {**named, **kwargs} if kwargs else named


def _words(error: BaseException) -> str:
    try:
        return str(error).encode("utf-8", "replace").decode()
    except Exception:  # an error whose own words fail
        return ""


def _tell_once(what: str, error: Exception) -> None:
    """Logs what could not be recorded; the values are nobody's business in a log."""
    if what not in _told:
        _told.add(what)
        log.warning("could not record the %s: %s", what, type(error).__name__)
