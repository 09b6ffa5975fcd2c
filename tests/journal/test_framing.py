"""Length-delimited framing: what is written is read, what is torn is not."""

import io

from google.protobuf.internal.decoder import _DecodeVarint
from hypothesis import given
from hypothesis import strategies as st

from parley.journal import read_envelopes, varint
from parley.journal.framing import read_frame


@given(st.integers(0, 2**63 - 1))
def test_a_varint_is_what_protobuf_reads(number):
    assert _DecodeVarint(varint(number), 0) == (number, len(varint(number)))


@given(st.lists(st.binary(min_size=1, max_size=300), max_size=20), st.data())
def test_a_torn_segment_gives_every_whole_message_before_the_tear(tmp_path_factory, messages, data):
    frames = [varint(len(message)) + message for message in messages]
    whole = b"".join(frames)
    cut = data.draw(st.integers(0, len(whole)))
    path = tmp_path_factory.mktemp("torn") / "segment"
    path.write_bytes(whole[:cut])
    expected, end = [], 0
    for frame, message in zip(frames, messages, strict=True):
        end += len(frame)
        if end <= cut:
            expected.append(message)
    assert list(read_envelopes(path)) == expected


def test_a_block_of_zeros_holds_no_message():
    assert read_frame(io.BytesIO(bytes(4096)), 4096) is None


def test_a_wild_length_allocates_nothing():
    wild = b"\xff\xff\xff\xff\x0f" + b"x" * 100
    assert read_frame(io.BytesIO(wild), len(wild)) is None


def test_a_length_of_more_than_five_bytes_is_no_frame():
    assert read_frame(io.BytesIO(b"\x80" * 20), 20) is None
