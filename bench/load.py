"""Sends batches over a few connections: as fast as they are taken, or at a rate."""

import http.client
import threading
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

from msgspec import Struct

from bench.spans import Batch, Body, Profile

__all__ = ["Sending", "Sent", "prepare", "send"]

BUSY_SECONDS = 0.2
BUSY = {429, 503}


class Sending(Struct, frozen=True, kw_only=True):
    """How to send. rate: spans a second over all connections, 0 for as fast as they are taken."""

    profile: Profile
    seconds: float
    connections: int = 4
    spans: int = 200  # of a batch
    rate: float = 0
    path: str = "/v1/traces"
    headers: dict[str, str] = {}


class Sent(Struct):
    """What a run of senders did. late: paced batches that could not be sent in their time."""

    spans: int = 0
    requests: int = 0
    told_to_wait: int = 0
    late: int = 0
    bytes_sent: int = 0
    seconds: float = 0.0

    def add(self, other: "Sent") -> None:
        """Adds what another sender did at the same time."""
        for name in ("spans", "requests", "told_to_wait", "late", "bytes_sent"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def endless(profile: Profile, *, spans: int, seed: int) -> Iterator[Body]:
    """Returns bodies without end, each made when it is asked for."""
    batch = Batch(profile, spans=spans, seed=seed)
    while True:
        yield from batch.bodies()


def prepare(sending: Sending, *, spans: int) -> list[list[Body]]:
    """Returns bodies made beforehand for each connection, `spans` spans together."""
    prepared: list[list[Body]] = []
    for place in range(sending.connections):
        batch = Batch(sending.profile, spans=sending.spans, seed=time.time_ns() + place)
        rounds = -(-spans // (sending.connections * sending.spans))
        prepared.append([body for _ in range(rounds) for body in batch.bodies()])
    return prepared


def send(
    url: str,
    sending: Sending,
    prepared: list[list[Body]] | None = None,
    *,
    acknowledged: Callable[[Body], None] = lambda body: None,
) -> Sent:
    """Returns what was acknowledged, after `seconds` or when what was prepared is sent.

    Raises:
        RuntimeError: the server answered with something else than 200, 429 or 503.
    """
    total = Sent()
    lock = threading.Lock()
    failures: list[str] = []
    began = time.monotonic()

    def loop(place: int) -> None:
        bodies: Iterator[Body]
        if prepared is not None:
            bodies = iter(prepared[place])
        else:
            bodies = endless(sending.profile, spans=sending.spans, seed=time.time_ns() + place)
        own = send_bodies(url, sending, bodies, began, failures, acknowledged)
        with lock:
            total.add(own)

    threads = [threading.Thread(target=loop, args=[place]) for place in range(sending.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    total.seconds = time.monotonic() - began
    return total


def send_bodies(
    url: str,
    sending: Sending,
    bodies: Iterator[Body],
    began: float,
    failures: list[str],
    acknowledged: Callable[[Body], None],
) -> Sent:
    """Returns what one connection sent until the time is over, the bodies are, or one fails."""
    own = Sent()
    address = urlsplit(url)
    link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
    headers = {**sending.profile.headers, **sending.headers}
    due = began
    for body in bodies:
        if time.monotonic() - began >= sending.seconds or failures:
            break
        if sending.rate:
            wait = due - time.monotonic()
            own.late += wait < -BUSY_SECONDS
            time.sleep(max(wait, 0))
            due += body.spans * sending.connections / sending.rate
        while True:
            link.request("POST", sending.path, body.data, headers)
            answer = link.getresponse()
            text = answer.read()
            if answer.status not in BUSY or time.monotonic() - began >= sending.seconds:
                break
            own.told_to_wait += 1
            time.sleep(BUSY_SECONDS)
        if answer.status == 200:
            own.requests += 1
            own.spans += body.spans
            own.bytes_sent += len(body.data)
            acknowledged(body)
        elif answer.status not in BUSY:
            failures.append(f"{answer.status} {text[:200]!r}")
    link.close()
    return own
