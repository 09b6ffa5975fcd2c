"""What bad input becomes: stored, readable, noted; never a blocked segment."""

from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from parley.derive.deriver import understand_again
from parley.model import to_iso
from parley.query import open_session, read_spans, read_trace
from parley.receive import canonical_traces
from tests.storing import Loading

START = 1_790_000_000_000_000_000
TRACE = bytes(range(16))


def request_of(*spans: dict[str, Any]) -> bytes:
    request = ExportTraceServiceRequest()
    scope = request.resource_spans.add().scope_spans.add()
    for place, given in enumerate(spans):
        span = scope.spans.add(
            trace_id=given.get("trace_id", TRACE),
            span_id=given.get("span_id", bytes([place + 1] * 8)),
            parent_span_id=given.get("parent_span_id", b""),
            name=given.get("name", "chat"),
            start_time_unix_nano=given.get("start", START + place),
            end_time_unix_nano=given.get("end", START + 10**9),
        )
        for key, value in given.get("attributes", {}).items():
            span.attributes.add(key=key).value.string_value = value
    return canonical_traces(request.SerializeToString())[0]


def stored(loading: Loading) -> list[tuple[Any, ...]]:
    return loading.store._engine.query(
        "SELECT hex(trace_id), hex(span_id), notes, own_session, session_id, own_source "
        "FROM spans FINAL WHERE project_id = {p:String} ORDER BY start_time_unix_nano",
        {"p": loading.project_id},
    )


@pytest.mark.parametrize("trace_id", [b"", bytes(16), b"12345678", b"1" * 32, b"x" * 100])
def test_a_bad_trace_id_gets_a_derived_one_and_a_note(trace_id: bytes, loading: Loading) -> None:
    body = request_of({"trace_id": trace_id}, {})
    loading.load([body])
    loading.load([body])  # sent again, it meets itself
    rows = stored(loading)
    assert len(rows) == 2
    assert "trace id" in rows[0][2][0]
    assert rows[0][0] not in ("0" * 32, TRACE.hex().upper())
    assert rows[1][2] == []


@pytest.mark.parametrize("span_id", [b"", bytes(8), b"123", b"1" * 16])
def test_a_bad_span_id_gets_a_derived_one_and_a_note(span_id: bytes, loading: Loading) -> None:
    loading.load([request_of({"span_id": span_id, "name": "a"}, {"span_id": span_id, "name": "b"})])
    rows = stored(loading)
    assert len(rows) == 2
    assert all("span id" in row[2][0] for row in rows)


@pytest.mark.parametrize(
    "session_id",
    [
        "a/b", "x/transcript", "it's \"quoted\"", "emoji 🌸👩‍👩‍👧‍👦", "line\nbreak\ttab", "%2F", ".", "..",
        " ", "s" * 10_000, "日本語", "‫שלום‬", "a\\b", "{x:String}", "'; DROP TABLE spans; --",
    ],
)  # fmt: skip
def test_any_text_is_a_session_id(session_id: str, loading: Loading) -> None:
    loading.load([request_of({"attributes": {"session.id": session_id, "input.value": "Hi"}})])
    loading.derive()
    detail = open_session(loading.store, loading.project_id, session_id)
    assert detail is not None
    assert detail.session.session_id == session_id
    assert detail.turns[0].input == "Hi"


@pytest.mark.parametrize("value", ["", "[Scrubbed due to 'session']"])
def test_an_empty_or_scrubbed_id_is_none(value: str, loading: Loading) -> None:
    loading.load([request_of({"attributes": {"session.id": value, "thread_id": "real"}})])
    assert stored(loading)[0][3:] == ("real", "real", "thread_id")


def test_one_layer_of_json_quotes_is_taken_off(loading: Loading) -> None:
    loading.load([request_of({"attributes": {"session.id": '"quoted \\"id\\""'}})])
    assert stored(loading)[0][3] == 'quoted "id"'


def test_two_ids_in_one_trace_make_one_session_and_keep_the_other(loading: Loading) -> None:
    loading.load(
        [
            request_of(
                {"attributes": {"gen_ai.conversation.id": "inner"}},
                {"attributes": {"session.id": "outer"}, "span_id": b"r" * 8},
            )
        ]
    )
    loading.derive()
    assert open_session(loading.store, loading.project_id, "inner") is None
    detail = open_session(loading.store, loading.project_id, "outer")
    assert detail is not None
    assert detail.session.session_source == "session.id"
    assert {name for turn in detail.turns for name in turn.conversation_ids} == {"inner"}


def test_a_projects_own_key_comes_before_all_others(loading: Loading) -> None:
    columns = ["project_id", "rank", "key", "version", "is_deleted"]
    loading.store.write("session_keys", columns, [[loading.project_id, 1, "acme.chat", 1, 0]])
    loading.load([request_of({"attributes": {"ag.session.id": "theirs", "acme.chat": "ours"}})])
    assert stored(loading)[0][3:] == ("ours", "ours", "acme.chat")


@pytest.mark.parametrize("start", [0, 1, 7_258_118_400_000_000_000, 2**63, 2**64 - 1])
def test_a_time_far_off_is_shown_as_received(start: int, loading: Loading) -> None:
    loading.load([request_of({"start": start, "end": start, "attributes": {"session.id": "s"}})])
    loading.derive()
    detail = open_session(loading.store, loading.project_id, "s")
    assert detail is not None
    assert detail.session.started_at[:19] == to_iso(loading.clock)[:19]
    trees = read_spans(loading.store, loading.project_id, "s")
    assert trees is not None
    assert trees.traces[0].spans[0].notes == ["start time outside 2000 to 2100"]


def test_an_end_before_the_start_is_kept_and_noted(loading: Loading) -> None:
    loading.load([request_of({"end": START - 10**9, "attributes": {"session.id": "s"}})])
    loading.derive()
    detail = open_session(loading.store, loading.project_id, "s")
    assert detail is not None
    assert detail.turns[0].latency_ms == 0
    assert stored(loading)[0][2] == ["ends before it starts"]


def test_spans_over_200_months_in_one_request_are_stored_and_read_again(loading: Loading) -> None:
    month = 2_629_800 * 10**9
    spans = [
        {
            "start": 10**18 + place * month,
            "end": 10**18 + place * month,
            "span_id": place.to_bytes(8, "big"),
        }
        for place in range(1, 201)
    ]
    loading.load([request_of(*spans)])
    assert len(stored(loading)) == 200
    understand_again(loading.store, loading.project_id)
    assert len(stored(loading)) == 200


def test_bad_utf8_and_nul_are_stored_readable(loading: Loading) -> None:
    body = request_of({"name": "QQQQ", "attributes": {"session.id": "RRRR", "k": "SSSS"}})
    for mark, raw in (
        (b"QQQQ", b"a\xff\xfeb"),
        (b"RRRR", b"s\xc3(\x00"),
        (b"SSSS", b"\x00\xf0\x28\x8c"),
    ):
        body = body.replace(mark, raw)
    loading.load([body])
    loading.derive()
    found = loading.result()
    assert len(found) == 1
    trees = read_spans(loading.store, loading.project_id, next(iter(found)))
    assert trees is not None
    assert trees.traces[0].spans[0].name == "a�b"


@pytest.mark.parametrize("ending", [b"\x00", b"\x00\x00\x00", b" "])
def test_ids_may_end_in_zero_bytes(ending: bytes, loading: Loading) -> None:
    trace_id = TRACE[: -len(ending)] + ending
    span = {"trace_id": trace_id, "span_id": b"s" * (8 - len(ending)) + ending}
    loading.load([request_of({**span, "attributes": {"input.value": "Hi"}})])
    late = {"trace_id": trace_id, "attributes": {"session.id": "s"}}
    loading.derive()
    loading.load([request_of(late)])
    loading.derive()
    detail = open_session(loading.store, loading.project_id, "s")
    assert detail is not None
    assert detail.session.spans == 2
    assert read_trace(loading.store, loading.project_id, trace_id.hex()) is not None


def test_parents_in_a_circle_and_missing_parents_are_shown(loading: Loading) -> None:
    one, two, three = b"1" * 8, b"2" * 8, b"3" * 8
    loading.load(
        [
            request_of(
                {"span_id": one, "parent_span_id": two, "attributes": {"session.id": "s"}},
                {"span_id": two, "parent_span_id": one},
                {"span_id": three, "parent_span_id": b"missing!"},
            )
        ]
    )
    loading.derive()
    trees = read_spans(loading.store, loading.project_id, "s")
    assert trees is not None
    assert {span.span_id for span in trees.traces[0].spans} == {one.hex(), two.hex(), three.hex()}
