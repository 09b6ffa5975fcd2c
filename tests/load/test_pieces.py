"""A request in pieces says what it said whole."""

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.load.pieces import PIECES, cut_envelope, fields_of
from parley.receive.envelope import make_envelope
from tests.storing import CORPUS, recorded, split_spans

CLIENTS = sorted(path.name for path in CORPUS.iterdir() if list(path.glob("*.meta.json")))


def request_of(envelope: bytes) -> bytes:
    (request,) = [content for tag, content in fields_of(envelope) if tag == 0x22]
    return request


def cut_to_the_end(envelope: bytes) -> list[bytes]:
    pieces = cut_envelope(envelope)
    return [last for piece in pieces for last in cut_to_the_end(piece)] if pieces else [envelope]


@pytest.mark.parametrize("client", CLIENTS)
def test_the_last_pieces_are_the_spans_one_by_one(client: str) -> None:
    for kind, request in recorded(client):
        if kind != "traces":
            continue
        envelope = make_envelope("p", request, received_at=1, source="s")
        pieces = cut_to_the_end(envelope)
        alone = [ExportTraceServiceRequest.FromString(body) for body in split_spans([request])]
        found = [ExportTraceServiceRequest.FromString(request_of(piece)) for piece in pieces]
        assert found == alone
        heads = {piece[: len(piece) - len(request_of(piece))][:15] for piece in pieces}
        assert heads == {envelope[:15]}


def test_pieces_are_few() -> None:
    request = max((body for _, body in recorded("openinference-langchain")), key=len)
    envelope = make_envelope("p", request, received_at=1, source="s")
    assert 2 <= len(cut_envelope(envelope)) <= PIECES
