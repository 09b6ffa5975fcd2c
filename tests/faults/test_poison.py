"""Segments that are being loaded when the server dies, and segments that are wrong on the disk."""

import random
from pathlib import Path

from bench.faults import wait_until_it_loads

from tests.load.poison import append, good, open_journal
from tests.serving import Start
from tests.telemetry import chat, chat_attributes, make_span, pack

SPANS = 4000


def test_what_was_loading_at_two_deaths_is_tried_by_another_process(start: Start) -> None:
    server = start()
    attributes = chat_attributes("talk", [("user", "What?")], "That!")
    trace_id = random.Random(1).randbytes(16)
    body = pack(*[make_span(trace_id=trace_id, attributes=attributes) for _ in range(SPANS)])
    assert server.post("/v1/traces", body).status_code == 200
    first = wait_until_it_loads(server.data)
    server.kill()
    server = start()
    second = wait_until_it_loads(server.data)
    server.kill()
    assert first == second != 0
    server = start()
    assert server.post("/v1/traces", chat("other")).status_code == 200
    stats = server.wait_derived()
    assert stats["spans"] == SPANS + 1
    assert stats["quarantined"] == 0  # it was not its fault
    assert "parley_trials_total 1" in server.get("/metrics").text
    assert server.open_session("talk")["session"]["spans"] == SPANS
    assert "deaths=2" in server.log.read_text()
    assert server.stop() == 0
    assert not list((server.data / "journal").glob("trial-*"))


def test_segments_that_rot_cost_what_rotted_and_nothing_else(start: Start, tmp_path: Path) -> None:
    """Every kind of place: a length, a payload, a checksum, an end, a whole file of noise."""
    journal = open_journal(tmp_path / "data" / "journal")
    damage = {
        "length": lambda data, sums: (flip(data, 0), sums),
        "payload": lambda data, sums: (flip(data, len(data) // 2), sums),
        "checksum": lambda data, sums: (data, flip(sums, 16 * 2 + 13)),
        "offset": lambda data, sums: (data, flip(sums, 16 * 3)),
        "no-checksums": lambda data, sums: (data, b""),
        "torn": lambda data, sums: (data + b"\x99\x01torn", sums),
        "zeros": lambda data, sums: (data + bytes(5000), sums),
    }
    paths = {}
    for place, name in enumerate(damage):
        append(journal, [good("default", f"{name}-{n}", 10 * place + n) for n in range(5)])
        paths[name] = journal.sealed()[-1].path
    journal.close()
    for name, path in paths.items():
        sums_path = path.with_suffix(".crc")
        data, sums = damage[name](path.read_bytes(), sums_path.read_bytes())
        path.write_bytes(data)
        sums_path.write_bytes(sums)
    (tmp_path / "data" / "journal" / f"traces-{99:020d}.seg").write_bytes(
        random.Random(2).randbytes(3000)
    )
    server = start()
    stats = server.wait_derived()
    found = {
        item["session_id"] for item in server.get_json("/api/v1/sessions?limit=500")["sessions"]
    }
    expected = {f"{name}-{n}" for name in damage for n in range(5)}
    assert expected - found == {"length-0", "payload-2", "checksum-2"}
    assert found <= expected
    assert stats["quarantined"] >= 3  # noise has lengths in it, by chance
    assert 'parley_quarantined{cause="damaged"} 3' in server.get("/metrics").text
    assert server.get("/readyz").status_code == 200
    # The bytes of two of them are as they were received: put back, they are there.
    server.client.post(server.url + "/api/v1/quarantine/retry")
    server.wait_derived()
    shown = {
        item["session_id"] for item in server.get_json("/api/v1/sessions?limit=500")["sessions"]
    }
    assert {"length-0", "checksum-2"} <= shown
    server.stop()


def flip(data: bytes, place: int) -> bytes:
    """Returns the bytes with one bit the other way round."""
    changed = bytearray(data)
    changed[place] ^= 1
    return bytes(changed)
