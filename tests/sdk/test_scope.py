"""What is said about the session reaches every span that follows, and no other."""

import asyncio
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from wsgiref.simple_server import WSGIServer

import agenta as ag
import pytest
from opentelemetry import trace
from opentelemetry.trace import SpanKind

from tests.sdk.conftest import Spans

tracer = trace.get_tracer("tests")


def say_hello(name: str = "hello") -> None:
    """Makes a trace of two spans."""
    with tracer.start_as_current_span(name), tracer.start_as_current_span(f"{name} child"):
        pass


def sessions_by_name(spans: Spans) -> dict[str, object]:
    return {span.name: span.session for span in spans()}


def test_a_session_said_at_module_level_marks_every_span_of_all_later_traces(
    spans: Spans,
) -> None:
    say_hello("before")
    ag.tracing.store_session(session_id="conversation_123")
    say_hello("first")
    say_hello("second")
    assert sessions_by_name(spans) == {
        "before": None,
        "before child": None,
        "first": "conversation_123",
        "first child": "conversation_123",
        "second": "conversation_123",
        "second child": "conversation_123",
    }
    assert len({span.trace_id for span in spans()}) == 3


def test_a_session_said_inside_a_span_marks_it_and_what_follows(spans: Spans) -> None:
    with tracer.start_as_current_span("outer"):
        with tracer.start_as_current_span("inner"):
            ag.tracing.store_session("late")
        say_hello("sibling")
    say_hello("next trace")
    assert sessions_by_name(spans) == {
        "outer": None,
        "inner": "late",
        "sibling": "late",
        "sibling child": "late",
        "next trace": "late",
        "next trace child": "late",
    }


def test_the_last_session_said_is_the_one(spans: Spans) -> None:
    ag.tracing.store_session("one")
    say_hello("a")
    ag.tracing.store_session("two")
    say_hello("b")
    found = sessions_by_name(spans)
    assert (found["a"], found["b"]) == ("one", "two")


def test_a_block_is_one_session_and_ends(spans: Spans) -> None:
    ag.tracing.store_session("outside")
    with ag.session("outer", user_id="ann"):
        say_hello("a")
        with ag.session("inner"):
            say_hello("b")
        say_hello("c")
    say_hello("d")
    found = sessions_by_name(spans)
    assert [found[name] for name in "abcd"] == ["outer", "inner", "outer", "outside"]
    users = {span.name: span.attributes.get("ag.user.id") for span in spans()}
    assert [users[name] for name in "abcd"] == ["ann", "ann", "ann", None]


def test_a_block_ends_when_it_fails(spans: Spans) -> None:
    with pytest.raises(KeyError), ag.session("failing"):
        raise KeyError("x")
    say_hello("after")
    assert sessions_by_name(spans)["after"] is None


def test_a_block_without_an_id_makes_one(spans: Spans) -> None:
    with ag.session() as first:
        say_hello("a")
    with ag.session() as second:
        say_hello("b")
    found = sessions_by_name(spans)
    assert (found["a"], found["b"]) == (first, second)
    assert first != second


def test_tasks_carry_the_session_they_were_started_in_and_never_mix(spans: Spans) -> None:
    async def turn(number: int) -> None:
        async with ag.session(f"s{number}"):
            for step in range(3):
                await asyncio.sleep(0)
                with tracer.start_as_current_span(f"{number}.{step}"):
                    await asyncio.sleep(0.001)
                    say_hello(f"{number}.{step}.inner")

    async def leaking(number: int) -> None:
        ag.tracing.store_session(f"s{number}")  # for the rest of this task
        await asyncio.sleep(0.001)
        say_hello(f"{number}.leaked")

    async def everything() -> None:
        await asyncio.gather(*(turn(n) for n in range(50)), *(leaking(n) for n in range(50, 100)))
        say_hello("none.after")

    asyncio.run(everything())
    found = sessions_by_name(spans)
    assert len(found) == 50 * 9 + 50 * 2 + 2
    for name, session in found.items():
        number = name.split(".")[0]
        assert session == (None if number == "none" else f"s{number}"), name


def test_threads_carry_the_session_and_the_trace_they_were_started_in(spans: Spans) -> None:
    class Own(threading.Thread):
        def run(self) -> None:
            say_hello("own run")

    with ag.session("threads"), tracer.start_as_current_span("parent"):
        work = [
            threading.Thread(target=say_hello, args=("thread",)),
            threading.Timer(0, say_hello, args=("timer",)),
            Own(),
        ]
        for thread in work:
            thread.start()
    for thread in work:
        thread.join()
    found = spans()
    assert {span.session for span in found} == {"threads"}
    assert len(found) == 7
    assert len({span.trace_id for span in found}) == 1


def test_a_thread_can_still_be_started_once_only() -> None:
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    with pytest.raises(RuntimeError, match="once"):
        thread.start()
    assert "run" not in vars(thread)


def test_work_of_a_pool_carries_its_own_session_and_leaves_nothing_behind(spans: Spans) -> None:
    def leak(number: int) -> None:
        say_hello(f"{number}")
        ag.tracing.store_session(f"leaked {number}")
        say_hello(f"{number} leaked")

    with ThreadPoolExecutor(1) as pool:
        with ag.session("a"):
            pool.submit(leak, 1).result()
        pool.submit(leak, 2).result()
        with ag.session("b"):
            list(pool.map(leak, [3]))
    found = sessions_by_name(spans)
    assert (found["1"], found["2"], found["3"]) == ("a", None, "b")
    assert found["2 leaked"] == "leaked 2"


def test_executors_of_an_async_program_carry_the_session(spans: Spans) -> None:
    async def turn(number: int) -> None:
        with ag.session(f"s{number}"):
            await asyncio.get_running_loop().run_in_executor(None, say_hello, f"{number}.a")
            await asyncio.to_thread(say_hello, f"{number}.b")

    async def everything() -> None:
        await asyncio.gather(*(turn(number) for number in range(20)))

    asyncio.run(everything())
    found = sessions_by_name(spans)
    assert len(found) == 80
    assert all(session == f"s{name.split('.')[0]}" for name, session in found.items())


def test_a_server_that_reuses_one_context_does_not_mix_requests(spans: Spans) -> None:
    """As synchronous workers do: a request's span, and no context of its own."""

    def handle(number: int, session: str | None) -> None:
        with tracer.start_as_current_span(f"{number}", kind=SpanKind.SERVER):
            say_hello(f"{number} early")
            if session:
                ag.tracing.store_session(session)
            say_hello(f"{number} late")

    handle(1, "one")
    handle(2, None)
    handle(3, "three")
    found = sessions_by_name(spans)
    assert (found["1"], found["1 late"]) == ("one", "one")
    assert (found["2"], found["2 early"], found["2 late"]) == (None, None, None)
    assert (found["3 early"], found["3 late"]) == (None, "three")


def test_what_was_said_at_module_level_outlives_requests(spans: Spans) -> None:
    ag.tracing.store_session("module")
    with tracer.start_as_current_span("request", kind=SpanKind.SERVER):
        ag.tracing.store_session("request's own")
    with tracer.start_as_current_span("next", kind=SpanKind.SERVER):
        pass
    assert sessions_by_name(spans) == {"request": "request's own", "next": "module"}


def test_another_service_continues_trace_and_session(spans: Spans) -> None:
    with ag.session("för åäö", user_id="ann"), tracer.start_as_current_span("caller"):
        headers = dict(ag.tracing.inject({"x-other": "1"}))
    assert headers["x-other"] == "1"
    assert headers.keys() == {"x-other", "traceparent", "baggage"}

    def other_service() -> None:
        ag.tracing.store_session("of the process")
        raw = [(name.title().encode(), value.encode()) for name, value in headers.items()]
        with ag.tracing.extract(raw):
            say_hello("called")
            ag.tracing.store_session("chosen there")
            say_hello("chosen")
        say_hello("after")

    thread = threading.Thread(target=other_service)
    thread.start()
    thread.join()
    found = {span.name: span for span in spans()}
    assert found["called"].trace_id == found["caller"].trace_id
    assert found["called"].parent_id == found["caller"].span_id
    assert found["called"].session == "för åäö"
    assert found["called child"].attributes["ag.user.id"] == "ann"
    assert found["chosen"].session == "chosen there"
    assert found["after"].session == "of the process"


def test_what_was_said_in_a_span_that_ended_is_injected_too(spans: Spans) -> None:
    with tracer.start_as_current_span("a"):
        ag.tracing.store_session("kept")
    assert ag.tracing.inject()["baggage"] == "ag.session.id=kept"


@pytest.mark.parametrize("given", [uuid.UUID(int=7), 7, "a/b c\n", "日本語", "x" * 5000])
def test_ids_are_sent_as_they_are(spans: Spans, given: object) -> None:
    ag.tracing.store_session(session_id=given)
    say_hello("a")
    assert sessions_by_name(spans)["a"] == str(given)


def test_half_a_character_costs_nothing_but_itself(spans: Spans) -> None:
    ag.tracing.store_session("broken \ud83d")
    say_hello("a")
    assert sessions_by_name(spans)["a"] == "broken ?"


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_id_is_told_and_stores_nothing(
    spans: Spans, caplog: pytest.LogCaptureFixture, nothing: object
) -> None:
    ag.tracing.store_session("before")
    ag.tracing.store_session(nothing)
    say_hello("a")
    assert sessions_by_name(spans)["a"] == "before"
    assert "ag.session.id" in caplog.text


def test_users_agents_references_and_metadata_are_kept_like_the_session(spans: Spans) -> None:
    ag.tracing.store_user("ann")
    ag.tracing.store_agent("helper")
    ag.tracing.store_refs({"application": {"slug": "support"}, "environment.slug": "live"})
    ag.tracing.store_meta({"plan": "pro", "tags": ["a", "b"], "deep": {"er": 1}})
    with tracer.start_as_current_span("outer"):
        ag.tracing.store_meta({"only": "here"})
        ag.tracing.store_internals({"context": {"docs": [1, 2]}, "note": "text"})
        ag.tracing.store_metrics({"tokens": {"prompt": 3}, "costs.total": 0.5, "words": "x"})
        say_hello("inner")
    found = {span.name: span.attributes for span in spans()}
    everywhere = {
        "ag.user.id": "ann",
        "ag.agent.id": "helper",
        "ag.refs.application.slug": "support",
        "ag.refs.environment.slug": "live",
        "ag.meta.plan": "pro",
        "ag.meta.tags": '["a", "b"]',
        "ag.meta.deep.er": 1,
    }
    assert found["inner"] == everywhere
    assert found["outer"] == {
        **everywhere,
        "ag.meta.only": "here",
        "ag.data.internals.context": '{"docs": [1, 2]}',
        "ag.data.internals.note": "text",
        "ag.metrics.unit.tokens.prompt": 3,
        "ag.metrics.unit.costs.total": 0.5,
    }


def test_what_belongs_to_a_span_is_not_lost_silently(
    spans: Spans, caplog: pytest.LogCaptureFixture
) -> None:
    ag.tracing.store_internals({"a": 1})
    ag.tracing.store_metrics({"a": 1})
    say_hello("a")
    assert [span.attributes for span in spans()] == [{}, {}]
    assert "store_internals: there is no current span" in caplog.text
    assert "store_metrics: there is no current span" in caplog.text


def test_a_span_can_be_named(spans: Spans) -> None:
    span = tracer.start_span("named")
    ag.tracing.store_session("its own", span=span)
    span.end()
    say_hello("other")
    found = sessions_by_name(spans)
    assert (found["named"], found["other"]) == ("its own", None)


def test_addresses_of_pages(started: object, spans: Spans) -> None:
    assert ag.tracing.get_trace_url() == ""
    assert ag.tracing.get_session_url() == ""
    with ag.session("a b/ü"), tracer.start_as_current_span("a") as span:
        trace_id = f"{span.get_span_context().trace_id:032x}"
        assert ag.tracing.get_trace_url().endswith(f"/traces/{trace_id}")
        assert ag.tracing.get_session_url().endswith("/?open=a%20b%2F%C3%BC")
    assert ag.tracing.get_trace_url("abc").endswith("/traces/abc")


def test_threads_of_a_synchronous_server_do_not_mix(spans: Spans) -> None:
    import socketserver
    import urllib.request
    from wsgiref.simple_server import WSGIRequestHandler, make_server

    class Threaded(socketserver.ThreadingMixIn, WSGIServer):
        daemon_threads = True

    class Quiet(WSGIRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

    def app(environ: dict[str, str], start_response: object) -> list[bytes]:
        name = environ["PATH_INFO"].strip("/")
        say_hello(f"{name}.before")
        if not name.startswith("none"):
            ag.tracing.store_session(name)
        say_hello(f"{name}.after")
        start_response("200 OK", [])  # type: ignore[operator]
        return [b"ok"]

    with make_server("127.0.0.1", 0, app, Threaded, Quiet) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()

        def ask(name: str) -> None:
            urllib.request.urlopen(f"http://127.0.0.1:{server.server_port}/{name}").read()

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(ask, [f"{'none' if n % 2 else 's'}{n}" for n in range(60)]))
        server.shutdown()
    found = sessions_by_name(spans)
    assert len(found) == 60 * 4
    for name, session in found.items():
        request, _, moment = name.partition(".")
        wanted = None if request.startswith("none") or moment.startswith("before") else request
        assert session == wanted, name
