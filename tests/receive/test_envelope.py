"""Envelopes: what the database reads beside the request."""

from hypothesis import given
from hypothesis import strategies as st

from parley.receive.envelope import Stamps, make_envelope
from tests.receive.envelopes import Envelope

texts = st.text(max_size=200).filter(lambda text: "\x00" not in text)


@given(
    texts, st.binary(max_size=100), st.integers(0, 2**64 - 1), st.text(max_size=150), st.booleans()
)
def test_an_envelope_is_what_protobuf_reads(project, request, received_at, source, is_large):
    request = request * (400 if is_large else 1)
    data = make_envelope(project, request, received_at=received_at, source=source)
    found = Envelope.FromString(data)
    assert found.project_id == project
    assert found.request == request
    assert found.received_at == received_at
    assert found.source == source


def test_stamps_only_grow():
    stamps = Stamps()
    found = [stamps.next_ns() for _ in range(5000)]
    assert found == sorted(set(found))


def test_a_clock_that_goes_back_does_not_take_stamps_back(monkeypatch):
    stamps = Stamps()
    first = stamps.next_ns()
    monkeypatch.setattr("time.time_ns", lambda: 5)
    assert stamps.next_ns() == first + 1
