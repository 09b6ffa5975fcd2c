"""Sends batches as fast as they are taken, over a few connections."""

import http.client
import threading
import time
from urllib.parse import urlsplit

from msgspec import Struct

from bench.spans import Batch

__all__ = ["Sent", "send"]

BUSY_SECONDS = 0.2
BUSY = {429, 503}


class Sent(Struct):
    """What a run of senders did."""

    spans: int = 0
    requests: int = 0
    told_to_wait: int = 0
    bytes_sent: int = 0
    seconds: float = 0.0
    span_bytes: float = 0.0


def send(url: str, *, seconds: float, connections: int, spans: int, project: str) -> Sent:
    """Returns what was acknowledged in `seconds` by `connections` closed loops.

    Raises:
        RuntimeError: the server answered with something else than 200, 429 or 503.
    """
    total = Sent()
    lock = threading.Lock()
    failures: list[str] = []
    began = time.monotonic()

    def loop(seed: int) -> None:
        batch = Batch(spans=spans, seed=seed)
        own = Sent(span_bytes=batch.span_bytes)
        address = urlsplit(url)
        link = http.client.HTTPConnection(address.hostname or "", address.port, timeout=30)
        headers = {"content-type": "application/x-protobuf", "x-parley-project": project}
        while time.monotonic() - began < seconds and not failures:
            body = batch.stamp()
            link.request("POST", "/v1/traces", body, headers)
            answer = link.getresponse()
            text = answer.read()
            if answer.status == 200:
                own.requests += 1
                own.spans += spans
                own.bytes_sent += len(body)
            elif answer.status in BUSY:
                own.told_to_wait += 1
                time.sleep(BUSY_SECONDS)
            else:
                failures.append(f"{answer.status} {text[:200]!r}")
        link.close()
        with lock:
            for name in ("spans", "requests", "told_to_wait", "bytes_sent"):
                setattr(total, name, getattr(total, name) + getattr(own, name))
            total.span_bytes = own.span_bytes

    threads = [threading.Thread(target=loop, args=[time.time_ns() + i]) for i in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    total.seconds = time.monotonic() - began
    return total
