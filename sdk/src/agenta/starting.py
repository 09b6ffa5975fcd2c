"""`init`: OpenTelemetry, set up once for the process."""

from __future__ import annotations

import atexit
import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from threading import RLock
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace import ProxyTracerProvider, TracerProvider

from agenta.libraries import instrument_libraries, wanted_libraries
from agenta.settings import Destination, destination
from agenta.threads import carry_into_threads

if TYPE_CHECKING:
    from opentelemetry.sdk.trace.export import SpanExporter

    from agenta.sender import Sender

__all__ = ["Redact", "flush", "init", "redaction", "server", "tracer"]

CLOSE_S = 3.0
EXPORT_TIMEOUT_S = 10
VERSION = "0.1.0"

log = logging.getLogger("agenta")

# (name of the function, "inputs" | "outputs" | "internals", value) -> what is recorded of it
Redact = Callable[[str, str, Any], Any]


@dataclass
class _Running:
    """What `init` started. One for the process, as is OpenTelemetry's provider."""

    destination: Destination
    provider: TracerProvider
    sender: Sender
    tracer: trace.Tracer
    libraries: set[str] = field(default_factory=set)
    redact: Redact | None = None
    redact_on_error: bool = True


_lock = RLock()
_running: list[_Running] = []


def init(
    host: str | None = None,
    api_key: str | None = None,
    *,
    project: str | None = None,
    service_name: str | None = None,
    instrument: bool | Iterable[str] = True,
    redact: Redact | None = None,
    redact_on_error: bool | None = None,
    exit_timeout_s: float | None = None,
) -> None:
    """Starts sending the application's spans to Parley.

    Called again, it changes what is given and keeps the rest: spans that ended before still go to
    where they were to. With a tracer provider in place it joins that one.

    Args:
        host: the server; else PARLEY_URL, AGENTA_HOST, else http://127.0.0.1:4318.
        api_key: else PARLEY_API_KEY, PARLEY_TOKEN, AGENTA_API_KEY.
        project: else PARLEY_PROJECT, else what belongs to the key.
        service_name: this program's name, if no tracer provider was configured; else
            OTEL_SERVICE_NAME.
        instrument: whether to trace the LLM libraries that are installed, or which of them.
        redact: what `@instrument` records passes through it: (function, field, value) -> value.
        redact_on_error: when `redact` fails, record nothing (True, the default) or the value.
        exit_timeout_s: how long the end of the process may wait for the server; 3 s.

    Raises:
        ValueError: the host is no address, or a library is not known.
    """
    names = wanted_libraries(instrument)
    with _lock:
        before = _running[0] if _running else None
        where = destination(host, api_key, project, before=before.destination if before else None)
        running = before or _start(where, service_name)
        if before and where != before.destination:
            before.destination = where
            before.sender.redirect(partial(_exporter, where), address=where.host)
        if redact is not None:
            running.redact = redact
        if redact_on_error is not None:
            running.redact_on_error = redact_on_error
        if exit_timeout_s is not None:
            running.sender.close_s = exit_timeout_s
        new = [name for name in names if name not in running.libraries]
        instrument_libraries(new, running.provider, named=not isinstance(instrument, bool))
        running.libraries.update(new)


def flush(timeout_s: float = 10.0) -> bool:
    """Waits until spans that ended before are sent or given up; False when time ran out first."""
    return _running[0].sender.flush(timeout_s) if _running else True


def tracer() -> trace.Tracer:
    """Returns the tracer of `@instrument`; before `init`, OpenTelemetry's own."""
    return _running[0].tracer if _running else trace.get_tracer("agenta", VERSION)


def server() -> Destination:
    """Returns the server that `init` was given, or would be."""
    return _running[0].destination if _running else destination(None, None, None)


def redaction() -> tuple[Redact | None, bool]:
    """Returns the application's redaction, and whether nothing is recorded when it fails."""
    if not _running:
        return None, True
    return _running[0].redact, _running[0].redact_on_error


def _start(where: Destination, service_name: str | None) -> _Running:
    from agenta.processor import Processor
    from agenta.sender import Sender

    carry_into_threads()
    sender = Sender(partial(_exporter, where), address=where.host, close_s=CLOSE_S)
    provider = _provider(service_name)
    provider.add_span_processor(Processor(sender))
    _close_at_exit(sender)
    running = _Running(where, provider, sender, provider.get_tracer("agenta", VERSION))
    _running.append(running)
    return running


def _provider(service_name: str | None) -> Any:
    """Returns the application's provider, or a new one that is made the application's."""
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider as NewProvider

    configured = trace.get_tracer_provider()
    if hasattr(configured, "add_span_processor"):
        return configured
    names = {"service.name": service_name} if service_name else {}
    told = {**names, "telemetry.distro.name": "parley-sdk", "telemetry.distro.version": VERSION}
    provider = NewProvider(resource=Resource.create(told), shutdown_on_exit=False)
    if isinstance(configured, ProxyTracerProvider):
        trace.set_tracer_provider(provider)
    else:
        kind = type(configured).__name__
        log.warning("%s takes no span processor; spans of its own do not reach Parley", kind)
    return provider


def _exporter(where: Destination) -> SpanExporter:
    from opentelemetry.exporter.otlp.proto.http import Compression
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return OTLPSpanExporter(
        endpoint=where.traces_url,
        headers=where.headers,
        timeout=EXPORT_TIMEOUT_S,
        compression=Compression.Gzip,
    )


def _close_at_exit(sender: Sender) -> None:
    """Has the process end with `close`; children of multiprocessing run no exit handlers."""
    atexit.register(sender.close)
    from multiprocessing import process, util

    if process.parent_process() is not None:
        util.Finalize(None, sender.close, exitpriority=0)
    util.register_after_fork(sender, lambda it: util.Finalize(None, it.close, exitpriority=0))
