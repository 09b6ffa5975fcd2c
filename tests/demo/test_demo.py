"""The demo: what it shows, that it is well-formed, that it is repeatable."""

import contextlib
import re
import threading
import time
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTracePartialSuccess,
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Status

from parley.demo import DemoError, DemoTraffic, scripted_requests
from parley.demo.casting import cast_conversation
from parley.demo.play import Call, Play
from parley.demo.script import ScriptError, read_cast
from parley.demo.tokens import count_tokens
from parley.demo.wire import MAX_REQUEST_BYTES

NOW_NS = 1_795_363_200_000_000_000  # 2026-11-22T16:00:00Z
HOUR_NS = 3600 * 10**9
SESSION_KEYS = ("ag.session.id", "session.id", "gen_ai.conversation.id")
LANGUAGES = {
    "Japanese": r"[\u3041-\u30ff]",
    "Chinese": r"[\u4e00-\u9fff]",
    "Korean": r"[\uac00-\ud7af]",
    "Arabic": r"[\u0621-\u064a]",
    "Hebrew": r"[\u05d0-\u05ea]",
    "Hindi": r"[\u0905-\u0939]",
    "Thai": r"[\u0e01-\u0e2e]",
    "Russian": r"[\u0430-\u044f]",
    "Greek": r"[\u03b1-\u03c9]",
    "German": "ß",
    "Turkish": "ğ",
    "Polish": "ł",
    "Portuguese": "ã",
    "Spanish": "¿",
    "French": "ê",
    "Vietnamese": "ế",
}


class Sink(BaseHTTPRequestHandler):
    """An OTLP endpoint that keeps what it gets; answers 200 unless told otherwise."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.seen.append((time.time_ns(), self.path, dict(self.headers), body))
        status, content = self.server.answers.pop(0) if self.server.answers else (200, b"")
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def running_sink(*answers):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Sink)
    server.seen, server.answers = [], list(answers)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def bodies():
    return list(scripted_requests(now_ns=NOW_NS))


@pytest.fixture(scope="module")
def spans(bodies):
    return [span for body in bodies for span in spans_of(body)]


def spans_of(body):
    request = ExportTraceServiceRequest.FromString(body)
    return [
        span
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def read(span):
    return {
        item.key: getattr(item.value, item.value.WhichOneof("value")) for item in span.attributes
    }


@pytest.fixture(scope="module")
def sessions(spans):
    """Spans by session id; the id of a trace is that of any of its spans."""
    by_trace = defaultdict(list)
    for span in spans:
        by_trace[span.trace_id].append(span)
    found = defaultdict(list)
    for trace in by_trace.values():
        ids = {read(span).get(key) for span in trace for key in SESSION_KEYS} - {None}
        assert len(ids) == 1
        found[ids.pop()] += trace
    return found


@pytest.fixture(scope="module")
def played():
    cast = read_cast()
    return {
        script.id: list(
            Play(
                cast,
                cast_conversation(cast, script, 0, started_ns=NOW_NS, seed="1", whole=True),
            ).turns()
        )
        for script in cast.scripts
    }


def test_bodies_stay_below_the_limit_and_hold_spans(bodies):
    assert all(len(body) <= MAX_REQUEST_BYTES * 1.02 for body in bodies)
    assert all(spans_of(body) for body in bodies)


def test_the_same_moment_and_seed_give_the_same_bytes(bodies):
    assert list(scripted_requests(now_ns=NOW_NS)) == bodies
    assert next(scripted_requests(now_ns=NOW_NS, seed=8)) != bodies[0]


def test_a_later_push_brings_other_sessions(sessions):
    later = next(scripted_requests(now_ns=NOW_NS + HOUR_NS))
    ids = {read(span).get(key) for span in spans_of(later) for key in SESSION_KEYS} - {None}
    # Ids made of a date and an hour may meet; nearly all others must not.
    assert len(ids & set(sessions)) <= len(ids) / 20


def test_every_parent_is_in_its_trace_and_encloses_its_children(spans):
    by_id = {(span.trace_id, span.span_id): span for span in spans}
    assert len(by_id) == len(spans)
    for span in spans:
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= NOW_NS
        assert span.start_time_unix_nano > NOW_NS - 100 * HOUR_NS
        if span.parent_span_id:
            parent = by_id[span.trace_id, span.parent_span_id]
            assert parent.start_time_unix_nano <= span.start_time_unix_nano
            assert parent.end_time_unix_nano >= span.end_time_unix_nano


def test_there_are_hundreds_of_sessions_in_three_days_with_recent_ones(sessions):
    assert 300 <= len(sessions) <= 450
    newest = max(span.end_time_unix_nano for trace in sessions.values() for span in trace)
    assert newest > NOW_NS - HOUR_NS // 4


def test_more_than_forty_scripts_are_used_and_no_mark_is_left_unfilled(bodies):
    assert len(read_cast().scripts) >= 40
    assert not any(re.search(rb"@\{[a-z]+[:}]", body) for body in bodies)


def test_many_first_messages_differ(sessions):
    firsts = {
        min(trace, key=lambda span: span.start_time_unix_nano).SerializeToString()[-400:]
        for trace in sessions.values()
    }
    assert len(firsts) > 200


@pytest.mark.parametrize("language", LANGUAGES)
def test_users_write_in(language, played):
    said = " ".join(turn.user + turn.answer for turns in played.values() for turn in turns)
    assert re.search(LANGUAGES[language], said)


def test_every_dialect_environment_and_model_occurs(spans, bodies):
    keys = Counter(key for span in spans for key in read(span))
    for key in (
        "gen_ai.conversation.id",
        "session.id",
        "ag.session.id",
        "ag.metrics.unit.costs.total",
        "gen_ai.usage.cache_read.input_tokens",
        "gen_ai.usage.cache_creation.input_tokens",
        "gen_ai.usage.reasoning.output_tokens",
        "gen_ai.response.time_to_first_chunk",
        "llm.token_count.prompt_details.cache_read",
        "retrieval.documents.1.document.content",
        "gen_ai.tool.call.arguments",
        "tag.tags",
        "ag.meta.tags",
        "metadata",
    ):
        assert keys[key], key
    models = {read(span).get("gen_ai.request.model") for span in spans} | {
        read(span).get("llm.model_name") for span in spans
    }
    assert set(read_cast().models) <= models
    everything = b"".join(bodies)
    assert b"staging" in everything
    assert b"production" in everything


def test_answers_hold_tables_lists_and_code(played):
    answers = [turn.answer for turns in played.values() for turn in turns]
    for markdown in ("\n|---|", "\n1. ", "\n- ", "```sql", "```python", "```diff", "\n> "):
        assert sum(markdown in f"\n{answer}" for answer in answers) >= 1, markdown


def test_calls_resend_the_whole_history_and_count_it(played):
    turns = played["rotterdam-picks"]
    calls = [work for turn in turns for work in turn.work if isinstance(work, Call)]
    sizes = [len(call.history) for call in calls]
    assert sizes == sorted(sizes)
    inputs = [call.usage.input for call in calls if call.usage]
    assert inputs == sorted(inputs)
    assert any(call.usage.cached for call in calls if call.usage)


def test_failures_of_every_kind_occur(spans, played):
    failed = [span for span in spans if span.status.code == Status.STATUS_CODE_ERROR]
    kinds = {span.status.message.partition(":")[0] for span in failed}
    assert kinds >= {"openai.RateLimitError", "anthropic.InternalServerError", "UpstreamTimeout"}
    for span in failed:
        event = {item.key: item.value.string_value for item in span.events[0].attributes}
        assert span.events[0].name == "exception"
        assert event["exception.stacktrace"].startswith("Traceback")
        assert event["exception.message"]
    recovered = [
        turn
        for turns in played.values()
        for turn in turns
        if turn.answer and any(work.fault for work in turn.work)
    ]
    assert len(recovered) >= 4
    lost = [turn for turns in played.values() for turn in turns if turn.fault]
    assert len(lost) >= 5
    assert not any(turn.answer for turn in lost)


def test_long_short_repetitive_and_interrupted_sessions_occur(played):
    lengths = [len(turns) for turns in played.values()]
    assert max(lengths) >= 60
    assert sum(15 <= length <= 25 for length in lengths) >= 2
    words = [[turn.user for turn in turns] for turns in played.values()]
    assert any(said.count("yes") >= 5 for said in words)
    assert ["ok"] in words
    assert any(len(said[0]) > 3000 for said in words)
    gaps = [
        after.start_ns - before.end_ns
        for turns in played.values()
        for before, after in pairwise(turns)
    ]
    assert sum(gap > 20 * 60 * 10**9 for gap in gaps) >= 5


def test_traces_hold_a_turn_a_call_or_a_whole_conversation(spans):
    traces = defaultdict(list)
    for span in spans:
        traces[span.trace_id].append(span)
    assert any(len(trace) == 1 and trace[0].name == "ChatCompletion" for trace in traces.values())
    around = [t for t in traces.values() if any(s.name.startswith("websocket") for s in t)]
    assert max(sum(s.name == "invoke_agent reception" for s in trace) for trace in around) >= 3


@pytest.mark.parametrize(
    "form",
    [
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-.{17}",
        r"user_\d+_session_\d+",
        r"chat_\d{4}-\d\d-\d\d_[0-9a-f]{6}",
        r"tenant:marlow/thread\?\d+#1",
        r"\d+|[0-9a-f]{12}",
    ],
)
def test_session_ids_have_the_form(form, sessions):
    assert any(re.fullmatch(form, session_id) for session_id in sessions)


def test_dense_scripts_cost_more_tokens():
    assert count_tokens("abcd" * 10) == 10
    assert count_tokens("東京都庁舎前") == 4
    assert count_tokens("привет, мир") > count_tokens("hello, world") - 1


def test_a_script_that_names_an_unknown_tool_is_refused(monkeypatch):
    import parley.demo.script as script_module

    good = read_cast()
    broken = good.scripts[0].__class__(
        id="x", app="analyst", sessions=1, models=["gpt-9"], users=["u"], session="s"
    )
    with pytest.raises(ScriptError, match="gpt-9"):
        script_module._check(broken, good)


def test_history_is_pushed_through_the_front_door():
    with running_sink() as (server, url):
        traffic = DemoTraffic(url, token="secret", project="acme")
        sent = traffic.push_history()
        traffic.stop()
    assert sent == sum(len(spans_of(body)) for _, _, _, body in server.seen)
    _, path, headers, _ = server.seen[0]
    assert path == "/v1/traces"
    assert headers["Content-Type"] == "application/x-protobuf"
    assert headers["Authorization"] == "Bearer secret"
    assert headers["x-parley-project"] == "acme"


def test_a_busy_server_is_asked_again():
    with running_sink((429, b"")) as (server, url):
        traffic = DemoTraffic(url)
        traffic.push_history()
        traffic.stop()
    assert server.seen[0][3] == server.seen[1][3]
    assert server.seen[1][3] != server.seen[2][3]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ((401, b"no"), "--token"),
        ((404, b"what"), "is this a Parley server"),
        (
            (
                200,
                ExportTraceServiceResponse(
                    partial_success=ExportTracePartialSuccess(
                        rejected_spans=3, error_message="too old"
                    )
                ).SerializeToString(),
            ),
            "rejected 3 spans: too old",
        ),
    ],
)
def test_a_refusal_is_told(answer, says):
    with running_sink(answer) as (_, url):
        traffic = DemoTraffic(url)
        with pytest.raises(DemoError, match=says):
            traffic.push_history()
        traffic.stop()


def has_whole_trace(seen):
    """Whether a root arrived after its child, and others are on their way."""
    spans = [span for _, _, _, body in seen for span in spans_of(body)]
    parents = {span.parent_span_id for span in spans} - {b""}
    traces = {span.trace_id for span in spans}
    return len(traces) >= 4 and any(
        not span.parent_span_id and span.span_id in parents for span in spans
    )


def test_live_conversations_send_children_before_their_root_and_nothing_of_the_future(monkeypatch):
    monkeypatch.setattr("parley.demo.live.ROOT_DELAY_S", (0.8, 1.0))
    with running_sink() as (server, url):
        traffic = DemoTraffic(url, pace_seconds=0.05)
        traffic.start_live()
        deadline = time.monotonic() + 12
        while time.monotonic() < deadline and not has_whole_trace(list(server.seen)):
            time.sleep(0.1)
        started = time.monotonic()
        traffic.stop()
        assert time.monotonic() - started < 2
        assert traffic.error is None
        seen = list(server.seen)
    arrived = []
    for at_ns, _, _, body in seen:
        for span in spans_of(body):
            assert span.end_time_unix_nano <= at_ns
            arrived.append(span)
    roots = [span for span in arrived if not span.parent_span_id]
    assert roots
    assert len({span.trace_id for span in arrived}) >= 4
    place = {span.span_id: number for number, span in enumerate(arrived)}
    parents = [
        (place[span.span_id], place[span.parent_span_id])
        for span in arrived
        if span.parent_span_id in place
    ]
    assert parents
    assert all(child < parent for child, parent in parents)


def test_live_traffic_ends_with_a_reason_when_it_is_refused():
    with running_sink(*[(403, b"host")] * 3) as (_, url):
        traffic = DemoTraffic(url, pace_seconds=0.05)
        traffic.start_live()
        deadline = time.monotonic() + 8
        while not traffic.error and time.monotonic() < deadline:
            time.sleep(0.05)
        traffic.stop()
    assert "--allowed-host" in str(traffic.error)


def test_the_history_can_be_stopped_under_way():
    with running_sink() as (_, url):
        traffic = DemoTraffic(url)
        problems = []

        def push():
            try:
                traffic.push_history()
            except DemoError as error:
                problems.append(str(error))

        thread = threading.Thread(target=push)
        thread.start()
        time.sleep(0.1)
        traffic.stop()
        thread.join(5)
    assert problems == ["stopped while the history was on its way"]


def test_stop_returns_while_no_server_answers():
    traffic = DemoTraffic("http://127.0.0.1:9", pace_seconds=0.05)
    traffic.start_live()
    time.sleep(0.3)
    started = time.monotonic()
    traffic.stop()
    assert time.monotonic() - started < 2
