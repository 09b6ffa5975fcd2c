"""Every number of /metrics, under conventional names: a part of the server, which counts nothing.

Knows the rooms that count.
"""

import resource
from collections import Counter
from pathlib import Path
from typing import Any

from msgspec import Struct

from parley import __version__
from parley.api import Metric, Sample
from parley.derive import Deriver
from parley.journal import CAUSES, Journal
from parley.load import Loader
from parley.prompts import Places
from parley.query import list_projects, read_lag_ms
from parley.receive import Intake, ReceiveCounts
from parley.receive.connections import ConnectionCounts
from parley.store import Store

__all__ = ["Measured", "read_metrics"]


class Measured(Struct, frozen=True, kw_only=True):
    """What is counted. `started`: Unix time."""

    store: Store
    journal: Journal
    intake: Intake
    places: Places
    connections: ConnectionCounts
    loader: Loader
    deriver: Deriver
    started: float


def read_metrics(of: Measured) -> list[Metric]:
    """Returns every metric as it is now."""
    lag = [
        Sample(read_lag_ms(of.store, name) / 1000, {"project": name})
        for name in list_projects(of.store)
    ]
    return [
        *receiving(of.intake.counts),
        gauge("in_flight_bytes", "Being received.", of.intake.in_flight.bytes),
        counter(
            "limited_connections",
            "Connections closed at the limit, by which.",
            [
                Sample(of.connections.evicted, {"which": "idle"}),
                Sample(of.connections.refused, {"which": "new"}),
            ],
        ),
        gauge(
            "chat_runs",
            "Chat runs at work, and waiting for their turn.",
            [
                Sample(of.places.running, {"state": "running"}),
                Sample(of.places.waiting, {"state": "waiting"}),
            ],
        ),
        gauge("journal_bytes", "Accepted and not yet loaded.", of.journal.bytes_waiting()),
        gauge("quarantined", "Envelopes set aside, by cause.", quarantined(of.journal)),
        counter("loaded_bytes", "Journal bytes loaded.", of.loader.loaded_bytes),
        counter("trials", "Segments tried by a process of their own.", of.loader.trials),
        counter("derived_traces", "Traces derived.", of.deriver.derived_traces),
        counter("failed_traces", "Traces not derived; the log says why.", of.deriver.failed_traces),
        gauge("derivation_lag_seconds", "Age of the oldest underived span.", lag),
        *process_numbers(of.started),
    ]


Samples = float | list[Sample]


def counter(name: str, text: str, samples: Samples) -> Metric:
    """Returns a number that only grows while the process lives."""
    return metric(f"parley_{name}_total", "counter", text, samples)


def gauge(name: str, text: str, samples: Samples) -> Metric:
    """Returns a number that comes and goes."""
    return metric(f"parley_{name}", "gauge", text, samples)


def metric(name: str, kind: str, text: str, samples: Samples) -> Metric:
    """Returns a family of one number or of several."""
    several = samples if isinstance(samples, list) else [Sample(samples)]
    return Metric(name=name, kind=kind, help=text, samples=several)


def receiving(counts: ReceiveCounts) -> list[Metric]:
    """Returns what came in since the start."""
    return [
        counter("accepted_spans", "Spans acknowledged.", counts.accepted_spans),
        counter("accepted_logs", "Log records acknowledged.", counts.accepted_logs),
        counter("accepted_bytes", "Canonical bytes journaled.", counts.accepted_bytes),
        counter(
            "rejected",
            "Spans, records and points rejected in partial_success.",
            by_label("reason", counts.rejected),
        ),
        counter("refused_requests", "Whole requests refused.", by_label("reason", counts.refused)),
        counter("ingest_requests", "Requests by status.", by_label("status", counts.requests)),
        counter("ingest_rpcs", "gRPC requests by status.", by_label("code", counts.rpcs)),
    ]


def quarantined(journal: Journal) -> list[Sample]:
    """Returns how many envelopes are in quarantine for each cause."""
    found = Counter(entry.cause for entry in journal.quarantined())
    return [Sample(found[cause], {"cause": cause}) for cause in CAUSES]


def process_numbers(started: float) -> list[Metric]:
    """Returns what Prometheus shows of any process, under its conventional names."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    cpu_seconds = usage.ru_utime + usage.ru_stime
    return [
        gauge("build_info", "Version.", [Sample(1, {"version": __version__})]),
        metric("process_start_time_seconds", "gauge", "Start, Unix time.", started),
        metric("process_cpu_seconds_total", "counter", "CPU used.", cpu_seconds),
        metric("process_resident_memory_bytes", "gauge", "Memory.", resident_bytes()),
    ]


def by_label(label: str, counts: dict[Any, int]) -> list[Sample]:
    """Returns one sample per key. The copy is taken at once: the event loop keeps counting."""
    return [Sample(count, {label: str(key)}) for key, count in dict(counts).items()]


def resident_bytes() -> int:
    """Returns the memory of this process now; its peak where /proc is missing."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    return pages * resource.getpagesize()
