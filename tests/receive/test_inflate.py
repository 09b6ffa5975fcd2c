"""Content encodings: undone, limited, refused."""

import gzip
import time
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from parley.receive import BadBody, TooLarge, UnsupportedEncoding
from parley.receive.inflate import check_encoding, inflate

TEXT = b"telemetry " * 1000


def raw_deflate(data):
    engine = zlib.compressobj(wbits=-15)
    return engine.compress(data) + engine.flush()


PACKERS = {
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "deflate": zlib.compress,
    "raw": raw_deflate,
    "zstd": zstd.compress,
}
EACH = pytest.mark.parametrize("packer", PACKERS)


def name_of(packer):
    return "deflate" if packer == "raw" else packer


@EACH
def test_each_encoding_is_undone(packer):
    packed = PACKERS[packer](TEXT)
    assert inflate(packed, name_of(packer), limit_bytes=len(TEXT)) == TEXT


@EACH
def test_one_byte_over_the_limit_is_too_large(packer):
    with pytest.raises(TooLarge, match="limit of 9999 bytes"):
        inflate(PACKERS[packer](TEXT), name_of(packer), limit_bytes=len(TEXT) - 1)


@EACH
def test_a_bomb_stops_at_the_limit(packer):
    bomb = PACKERS[packer](bytes(300 << 20))
    assert len(bomb) < 1 << 20
    start = time.perf_counter()
    with pytest.raises(TooLarge):
        inflate(bomb, name_of(packer), limit_bytes=1 << 20)
    assert time.perf_counter() - start < 1


@EACH
def test_a_cut_off_body_is_refused(packer):
    packed = PACKERS[packer](TEXT)
    for end in (1, len(packed) // 2, len(packed) - 1):
        with pytest.raises(BadBody):
            inflate(packed[:end], name_of(packer), limit_bytes=1 << 20)


@EACH
def test_what_is_not_compressed_is_refused(packer):
    with pytest.raises(BadBody, match=r"not valid|cut off"):
        inflate(b"\xff\xff plain text", name_of(packer), limit_bytes=1 << 20)


@pytest.mark.parametrize("packer", ["gzip", "zstd"])
def test_members_one_after_another_are_one_body(packer):
    packed = PACKERS[packer](b"one ") + PACKERS[packer](b"two")
    assert inflate(packed, packer, limit_bytes=100) == b"one two"


def test_thousands_of_empty_members_are_refused():
    with pytest.raises(BadBody, match="more than 16 members"):
        inflate(gzip.compress(b"") * 10_000, "gzip", limit_bytes=100)


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "zstd"]))
def test_random_bytes_never_crash(body, encoding):
    try:
        inflate(body, encoding, limit_bytes=1000)
    except (BadBody, TooLarge):
        return


@pytest.mark.parametrize("name", ["br", "gzip, gzip", "compress", "x"])
def test_unknown_encodings_are_refused(name):
    with pytest.raises(UnsupportedEncoding, match="expected gzip, deflate or zstd"):
        check_encoding(name)


@pytest.mark.parametrize(
    ("name", "expected"), [("", ""), ("identity", ""), (" GZIP ", "gzip"), ("zstd", "zstd")]
)
def test_names_are_read_without_case(name, expected):
    assert check_encoding(name) == expected
