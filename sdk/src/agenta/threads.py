"""Threads start where the thread was that started them, as asyncio's tasks do.

The standard library gives a new thread an empty context. `carry_into_threads` has `Thread.start`
and `ThreadPoolExecutor.submit` bring the current span and session along, and nothing else: no
other context variable changes its meaning. Work of a pool leaves nothing behind for the next.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock, Thread
from typing import Any, ParamSpec, TypeVar

from agenta.scope import Snapshot, snapshot

__all__ = ["carry_into_threads"]

P = ParamSpec("P")
R = TypeVar("R")

_lock = Lock()
_MARK = "_agenta_carries"


def carry_into_threads() -> None:
    """Changes the two classes for the whole process; once, however often it is called."""
    with _lock:
        if not hasattr(Thread.start, _MARK):
            Thread.start = _starting(Thread.start)  # type: ignore[method-assign, assignment]
        if not hasattr(ThreadPoolExecutor.submit, _MARK):
            submit = _submitting(ThreadPoolExecutor.submit)
            ThreadPoolExecutor.submit = submit  # type: ignore[method-assign]


def _within(place: Snapshot, work: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    tokens = place.enter()
    try:
        return work(*args, **kwargs)
    finally:
        Snapshot.leave(tokens)


def _starting(start: Callable[[Thread], None]) -> Callable[[Thread], None]:
    @functools.wraps(start)
    def carrying(thread: Thread) -> None:
        # Python 3.14 can be told which context a thread has: then that is what it gets.
        if getattr(thread, "_context", None) is not None or "run" in vars(thread):
            return start(thread)
        thread.run = functools.partial(_running, thread, snapshot())  # type: ignore[method-assign]
        try:
            return start(thread)
        except BaseException:
            vars(thread).pop("run", None)
            raise

    setattr(carrying, _MARK, True)
    return carrying


def _running(thread: Thread, place: Snapshot) -> None:
    vars(thread).pop("run", None)
    _within(place, thread.run)


def _submitting(submit: Callable[..., Future[Any]]) -> Callable[..., Future[Any]]:
    @functools.wraps(submit)
    def carrying(
        pool: ThreadPoolExecutor, work: Callable[..., Any], /, *args: Any, **kwargs: Any
    ) -> Future[Any]:
        return submit(pool, _within, snapshot(), work, *args, **kwargs)

    setattr(carrying, _MARK, True)
    return carrying
