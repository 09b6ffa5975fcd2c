"""A small body cannot cost much memory: what holds too many parts is refused before it is read."""

import json
import subprocess
import sys

import pytest

from parley.receive import ReceiveLimits, TooLarge
from parley.receive.weight import check_json, check_protobuf
from tests.receive.envelopes import field, in_request, request_of
from tests.serving import ROOT

LIMITS = ReceiveLimits(items=100, parts=1000)
SPAN = field(2, b"")
LONG_TAG = b"\x92\x80\x00"  # field 2 again, written longer than needed
GROUP = b"\x7b\x12\x00\x7c"  # a group of field 15 with a field 2 inside: no span


@pytest.mark.parametrize(
    ("body", "is_good"),
    [
        (field(1, field(2, SPAN * 97)), True),
        (field(1, field(2, SPAN * 99)), False),
        (field(1, field(2, (LONG_TAG + b"\x00") * 99)), False),
        (field(1, field(2, GROUP * 20)), True),
        (field(1, field(2, b"")) * 60, False),
        (field(1, b"") * 101, False),
        (in_request(field(9, b"") * 990), True),
        (in_request(field(9, b"") * 1000), False),
        (in_request(field(11, b"") * 1000), False),
        (in_request(field(11, field(3, b"") * 1000)), False),
        (in_request(field(13, field(4, b"") * 1000)), False),
        (in_request(field(5, b"\x4a\x00" * 5000)), True),
        (field(1, field(1, field(1, b"") * 1000)), False),
        (b"\x0a\x17" * 5000, True),  # no request: reading it tells
    ],
)
def test_parts_are_counted_where_they_are(body: bytes, is_good: bool) -> None:
    if is_good:
        check_protobuf("traces", body, LIMITS)
    else:
        with pytest.raises(TooLarge, match="holds more than"):
            check_protobuf("traces", body, LIMITS)


def test_logs_and_metrics_have_limits_too() -> None:
    for kind in ("logs", "metrics"):
        with pytest.raises(TooLarge):
            check_protobuf(kind, field(1, field(2, SPAN * 200)), LIMITS)


def test_braces_in_texts_do_not_count() -> None:
    body = json.dumps({"resourceSpans": [], "text": '{[\\"' * 5000}).encode()
    assert not check_json(body, LIMITS)
    assert check_json(b"[" + b"{}," * 200, LIMITS)
    with pytest.raises(TooLarge):
        check_json(b"[" + b"{}," * 1000, LIMITS)


def test_telemetry_of_ten_thousand_spans_is_let_through() -> None:
    body = request_of(*["x"] * 255, **{f"key{n}": "v" * 20 for n in range(30)}).SerializeToString()
    check_protobuf("traces", body * 40, ReceiveLimits())


PROGRAM = """
import resource, sys
from parley.receive import ReceiveLimits, TooLarge
from parley.receive.convert import Incoming, convert
from parley.receive.envelope import Stamps
from parley.receive.flight import InFlight
body = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
held = InFlight(1 << 30).hold("p")
try:
    convert(
        Incoming("traces", sys.argv[1], "", "p", "s", body), Stamps(), held, limits=ReceiveLimits()
    )
except TooLarge:
    pass
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""
PROTOBUF, JSON = "application/x-protobuf", "application/json"


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (PROTOBUF, field(1, field(2, SPAN * (4 << 20)))),
        (PROTOBUF, in_request(field(11, b"") * (4 << 20))),
        (JSON, b'{"resourceSpans":[{"scopeSpans":[{"spans":[' + b"{}," * (2 << 20) + b"{}]}]}]}"),
    ],
)
def test_eight_hostile_mebibytes_cost_little_memory(content_type: str, body: bytes) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, content_type],
        input=body,
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert int(done.stdout) < 60  # MiB; 200 to 890 when it is read first
