"""Independent questions asked at the same time: the engine answers several clients in parallel."""

import threading
from collections.abc import Callable
from typing import TypeVar

__all__ = ["at_once"]

A = TypeVar("A")
B = TypeVar("B")


def at_once(first: Callable[[], A], second: Callable[[], B]) -> tuple[A, B]:
    """Returns both answers; the second question is asked in a thread of its own.

    May be nested: no pool that could run out is behind it. Whichever fails, its error is raised
    after both have ended.
    """
    found: list[B] = []
    failed: list[BaseException] = []

    def work() -> None:
        try:
            found.append(second())
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=work, name="query")
    thread.start()
    try:
        answer = first()
    finally:
        thread.join()
    if failed:
        raise failed[0]
    return answer, found[0]
