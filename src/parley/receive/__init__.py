"""Receive: the edge where telemetry comes in.

Checks the request, inflates within a limit, makes canonical OTLP of protobuf or JSON, puts it in
an envelope with its project, and acknowledges once the journal has it on the disk. May import
access, journal and model. Refuses to know what spans mean, sessions, and how they are stored.
"""

from parley.receive.canonical import canonical_logs, canonical_traces
from parley.receive.counts import ReceiveCounts
from parley.receive.errors import (
    BadBody,
    Busy,
    ReceiveError,
    TooLarge,
    TooSlow,
    UnsupportedEncoding,
    UnsupportedType,
)
from parley.receive.intake import Intake
from parley.receive.json import JsonRequest, json_logs, json_traces
from parley.receive.limits import ReceiveLimits
from parley.receive.receiver import INGEST_PATHS, Receiver

__all__ = [
    "INGEST_PATHS",
    "BadBody",
    "Busy",
    "Intake",
    "JsonRequest",
    "ReceiveCounts",
    "ReceiveError",
    "ReceiveLimits",
    "Receiver",
    "TooLarge",
    "TooSlow",
    "UnsupportedEncoding",
    "UnsupportedType",
    "canonical_logs",
    "canonical_traces",
    "json_logs",
    "json_traces",
]
