"""After a crash: whole envelopes stay, torn tails go, flipped bits are named."""

import asyncio
import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parley.journal import Journal, read_envelopes, varint

ENVELOPES = [b"\x0a" + bytes([n]) * (20 + n) for n in range(1, 12)]


def new_journal(folder):
    journal = Journal(folder, quota_bytes=1 << 30, keep_seconds=600, keep_bytes=1 << 30)
    journal.open()
    return journal


def write(folder, envelopes):
    """Returns the path of one segment that holds the envelopes."""
    journal = new_journal(folder)

    async def append_all():
        for envelope in envelopes:
            await journal.append("traces", envelope)

    asyncio.run(append_all())
    (segment,) = journal.sealed()
    journal.close()
    return segment.path


def reopened(folder):
    """Returns (envelopes, number in quarantine, bytes waiting) after recovery."""
    journal = new_journal(folder)
    segments = journal.sealed()
    found = [envelope for segment in segments for envelope in read_envelopes(segment.path)]
    assert journal.bytes_waiting() == sum(segment.path.stat().st_size for segment in segments)
    quarantined = len(journal.quarantined())
    journal.close()
    return found, quarantined


def test_what_was_written_is_there_after_reopening(tmp_path):
    write(tmp_path, ENVELOPES)
    assert reopened(tmp_path) == (ENVELOPES, 0)


@given(tail=st.binary(min_size=1, max_size=64))
@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_an_incomplete_tail_is_cut_whatever_it_holds(tmp_path_factory, tail):
    folder = tmp_path_factory.mktemp("journal")
    path = write(folder, ENVELOPES)
    with path.open("ab") as file:
        file.write(varint(len(tail) + 1) + tail)
    assert reopened(folder) == (ENVELOPES, 0)


def test_a_whole_envelope_without_a_checksum_is_kept(tmp_path):
    """A power cut may take the sidecar's last lines: they are not synced with each commit."""
    path = write(tmp_path, ENVELOPES)
    sidecar = path.with_suffix(".crc")
    sidecar.write_bytes(sidecar.read_bytes()[: 16 * 3 + 5])
    assert reopened(tmp_path) == (ENVELOPES, 0)
    sidecar.unlink(missing_ok=True)
    assert reopened(tmp_path) == (ENVELOPES, 0)


def test_zeros_behind_the_last_envelope_are_cut(tmp_path):
    path = write(tmp_path, ENVELOPES)
    with path.open("ab") as file:
        file.write(bytes(8192))
    assert reopened(tmp_path) == (ENVELOPES, 0)


@pytest.mark.parametrize("seed", range(12))
def test_a_flipped_bit_costs_its_own_envelope_only(tmp_path, seed):
    path = write(tmp_path, ENVELOPES)
    data = bytearray(path.read_bytes())
    place = random.Random(seed).randrange(len(data))
    data[place] ^= 1 << (seed % 8)
    path.write_bytes(data)
    found, quarantined = reopened(tmp_path)
    lost = [envelope for envelope in ENVELOPES if envelope not in found]
    assert len(lost) == 1
    assert found == [envelope for envelope in ENVELOPES if envelope != lost[0]]
    assert quarantined == 1
    (reason,) = (tmp_path / "quarantine").glob("*.reason.txt")
    assert "checksum mismatch" in reason.read_text()
    assert reopened(tmp_path) == (found, 1)


def test_a_flipped_bit_and_a_torn_tail_together(tmp_path):
    path = write(tmp_path, ENVELOPES)
    data = bytearray(path.read_bytes())
    data[0] ^= 64  # the length of the first envelope: framing alone would lose all of them
    path.write_bytes(data + b"\x30torn")
    assert reopened(tmp_path) == (ENVELOPES[1:], 1)


def test_a_segment_cut_in_the_middle_gives_what_is_whole(tmp_path):
    path = write(tmp_path, ENVELOPES)
    with path.open("r+b") as file:
        file.truncate(60)
    found, quarantined = reopened(tmp_path)
    assert found == ENVELOPES[: len(found)]
    assert len(found) == 2
    assert quarantined == 0


def test_leftovers_without_data_are_removed(tmp_path):
    new_journal(tmp_path).close()
    (tmp_path / f"traces-{7:020d}.seg").touch()
    (tmp_path / f"traces-{7:020d}.crc").touch()
    (tmp_path / f"logs-{8:020d}.crc").touch()
    (tmp_path / f"logs-{8:020d}.tmp").write_bytes(b"half a rewrite")
    assert reopened(tmp_path) == ([], 0)
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["loading"]


def test_an_old_sequence_is_never_used_again(tmp_path):
    path = write(tmp_path, ENVELOPES)
    journal = new_journal(tmp_path)
    for segment in journal.sealed():
        journal.mark_loaded(segment)
    journal.close()
    assert write(tmp_path, ENVELOPES[:1]).name > path.name
