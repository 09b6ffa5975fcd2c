"""`@instrument`: a function's calls as spans, with what went in and what came out.

The function behaves as it did: its result, its exceptions, what is sent into and thrown at a
generator, cancellation, `inspect`'s view of it. What goes wrong in recording is logged once.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Iterable
from typing import Any, TypeVar, overload

from agenta.recording import Call, Recording

__all__ = ["instrument"]

PLAIN = (str, dict, list, int, float, tuple)  # what is returned nearly always

F = TypeVar("F", bound=Callable[..., Any])
Redact = Callable[[str, str, Any], Any]


@overload
def instrument(type: F) -> F: ...
@overload
def instrument(
    type: str | None = None,
    *,
    spankind: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    ignore_inputs: bool | Iterable[str] | None = None,
    ignore_outputs: bool | Iterable[str] | None = None,
    redact: Redact | None = None,
    redact_on_error: bool = True,
    stream_output: Callable[[list[Any]], Any] | None = None,
) -> Callable[[F], F]: ...
def instrument(
    type: str | Callable[..., Any] | None = None,  # noqa: A002 - the original's name
    *,
    spankind: str | None = None,
    kind: str | None = None,
    name: str | None = None,
    ignore_inputs: bool | Iterable[str] | None = None,
    ignore_outputs: bool | Iterable[str] | None = None,
    redact: Redact | None = None,
    redact_on_error: bool = True,
    stream_output: Callable[[list[Any]], Any] | None = None,
) -> Any:
    """Makes each call of the function a span. Works with and without parentheses.

    Args:
        type: task (default; the first span of a trace is a workflow), workflow, agent, chain,
            tool, llm, chat, completion, embedding, query, rerank.
        spankind: the same, and wins.
        kind: the same.
        name: the span's; else the function's.
        ignore_inputs: True for none, or names of arguments that are not recorded.
        ignore_outputs: True for none, or keys of a returned map that are not recorded.
        redact: what is recorded passes through it, instead of through the one given to `init`.
        redact_on_error: when `redact` fails, record nothing (True) or the value.
        stream_output: makes the recorded output of what a generator yielded; else text is joined.
    """
    if callable(type):
        return instrument()(type)
    recording = Recording(
        kind=(spankind or kind or type or "").lower(),
        name=name,
        inputs=_choice(ignore_inputs),
        outputs=_choice(ignore_outputs),
        redact=redact,
        redact_on_error=redact_on_error,
        stream_output=stream_output,
    )

    def decorate(function: Any) -> Any:
        if isinstance(function, staticmethod | classmethod):
            return function.__class__(_wrapped(function.__func__, recording))
        return _wrapped(function, recording)

    return decorate


def _choice(ignore: bool | Iterable[str] | None) -> bool | frozenset[str]:
    """Returns False to record everything, True nothing, or the names to leave out."""
    if ignore is None or isinstance(ignore, bool):
        return bool(ignore)
    return frozenset([ignore] if isinstance(ignore, str) else ignore)


def _wrapped(function: Callable[..., Any], recording: Recording) -> Callable[..., Any]:
    recorded = recording.of(function)
    if inspect.isasyncgenfunction(function):
        return _async_generator(function, recorded)
    if inspect.isgeneratorfunction(function):
        return _generator(function, recorded)
    if inspect.iscoroutinefunction(function):
        return _coroutine(function, recorded)
    return _plain(function, recorded)


Begin = Callable[[tuple[Any, ...], dict[str, Any]], Call]


def _plain(function: Callable[..., Any], begin: Begin) -> Callable[..., Any]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        call = begin(args, kwargs)
        try:
            with call:
                result = function(*args, **kwargs)
        except BaseException as error:
            call.fail(error)
            raise
        if result is None or isinstance(result, PLAIN):
            call.finish(result)
            return result
        if inspect.isgenerator(result):
            return _generator(lambda: result, lambda *_: call)()
        if inspect.isasyncgen(result):
            return _async_generator(lambda: result, lambda *_: call)()
        if inspect.iscoroutine(result):
            return _awaiting(result, call)
        call.finish(result)
        return result

    return wrapper


def _coroutine(
    function: Callable[..., Awaitable[Any]], begin: Begin
) -> Callable[..., Awaitable[Any]]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        work = function(*args, **kwargs)
        return await _awaiting(work, begin(args, kwargs))

    return wrapper


async def _awaiting(work: Awaitable[Any], call: Call) -> Any:
    try:
        with call:
            result = await work
    except BaseException as error:
        call.fail(error)
        raise
    call.finish(result)
    return result


# Of a generator the span is the current one only while the generator's own code runs.


def _generator(
    function: Callable[..., Generator[Any, Any, Any]], begin: Begin
) -> Callable[..., Generator[Any, Any, Any]]:
    @functools.wraps(function)
    def wrapper(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
        steps = function(*args, **kwargs)
        call = begin(args, kwargs)
        step: Callable[[], Any] = functools.partial(next, steps)
        try:
            while True:
                try:
                    with call:
                        item = step()
                except StopIteration as stop:
                    call.finish_stream(stop.value)
                    return stop.value
                call.collect(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with call:
                        steps.close()
                    call.finish_stream(None)
                    raise
                except BaseException as thrown:  # handed on to the function
                    step = functools.partial(steps.throw, thrown)
                else:
                    step = functools.partial(steps.send, sent)
        except BaseException as error:
            call.fail(error)
            raise

    return wrapper


def _async_generator(
    function: Callable[..., AsyncGenerator[Any, Any]], begin: Begin
) -> Callable[..., AsyncGenerator[Any, Any]]:
    @functools.wraps(function)
    async def wrapper(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
        steps = function(*args, **kwargs)
        call = begin(args, kwargs)
        step: Callable[[], Awaitable[Any]] = steps.__anext__
        try:
            while True:
                try:
                    with call:
                        item = await step()
                except StopAsyncIteration:
                    call.finish_stream(None)
                    return
                call.collect(item)
                try:
                    sent = yield item
                except GeneratorExit:
                    with call:
                        await steps.aclose()
                    call.finish_stream(None)
                    raise
                except BaseException as thrown:  # handed on to the function
                    step = functools.partial(steps.athrow, thrown)
                else:
                    step = functools.partial(steps.asend, sent)
        except BaseException as error:
            call.fail(error)
            raise

    return wrapper
