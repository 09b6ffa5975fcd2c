"""SIGKILL while appending: everything acknowledged is there, once, in order."""

import os
import signal
import subprocess
import sys

import pytest

from parley.journal import Journal, read_envelopes

CHILD = """
import asyncio, sys
from pathlib import Path
from parley.journal import Journal

journal = Journal(Path(sys.argv[1]), quota_bytes=1 << 30, keep_seconds=600, keep_bytes=1 << 30)
journal.open()

async def client(name):
    number = 0
    while True:
        number += 1
        envelope = b"%d:%d:" % (name, number) + bytes([name]) * (37 * name + number % 5000)
        await journal.append("traces" if name % 2 else "logs", envelope)
        sys.stdout.write(f"{name}:{number}\\n")
        sys.stdout.flush()

async def main():
    await asyncio.gather(*(client(name) for name in range(1, 9)))

asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledged_before_kill", [1, 300, 1500])
def test_every_acknowledged_append_survives_kill_9(tmp_path, acknowledged_before_kill):
    command = [sys.executable, "-c", CHILD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
        acknowledged = [child.stdout.readline().strip() for _ in range(acknowledged_before_kill)]
        os.kill(child.pid, signal.SIGKILL)
        acknowledged += [line.strip() for line in child.stdout if line.endswith("\n")]

    journal = Journal(tmp_path, quota_bytes=1 << 30, keep_seconds=600, keep_bytes=1 << 30)
    journal.open()
    found = []
    for segment in journal.sealed():
        for envelope in read_envelopes(segment.path):
            name, number, filling = envelope.split(b":", 2)
            assert filling == bytes([int(name)]) * (37 * int(name) + int(number) % 5000)
            found.append(f"{int(name)}:{int(number)}")
    assert not journal.quarantined()
    journal.close()
    assert set(acknowledged) <= set(found)
    assert len(found) == len(set(found))
    for name in range(1, 9):
        numbers = [int(item.split(":")[1]) for item in found if item.startswith(f"{name}:")]
        assert numbers == list(range(1, len(numbers) + 1))
