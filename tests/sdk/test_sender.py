"""A server that is slow, away or refuses costs the application nothing; what can arrive does."""

import time
from typing import Any

import pytest

from tests.sdk.collector import Collector, collecting
from tests.sdk.conftest import RunApp

NOWHERE = "http://127.0.0.1:9"  # the port of "discard": nobody listens
SPANS = """
    import agenta as ag, time
    from opentelemetry import trace
    ag.init(exit_timeout_s=60)  # the machine may be busy; where the time matters, it is set again
    tracer = trace.get_tracer("app")
    def make(count, **attributes):
        for number in range(count):
            with tracer.start_as_current_span(f"span {number}", attributes=attributes):
                pass
"""


def test_what_ended_before_the_program_arrives_at_its_end(
    run_app: RunApp, collector: Collector
) -> None:
    done = run_app(SPANS + "    make(1500)\n", AGENTA_HOST=collector.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(collector.spans) == 1500
    assert collector.requests[0][":path"] == "/api/otlp/v1/traces"


def test_spans_arrive_while_the_program_runs(run_app: RunApp, collector: Collector) -> None:
    code = f"""
    make(1)
    import urllib.request
    time.sleep(3)
    urllib.request.urlopen(urllib.request.Request("{collector.url}/mark", b"", method="POST"))
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url)
    assert done.returncode == 0
    paths = [request[":path"] for request in collector.requests]
    assert paths == ["/api/otlp/v1/traces", "/mark"]


def test_a_missing_server_is_told_once_and_neither_slows_nor_breaks(run_app: RunApp) -> None:
    code = """
    ag.init(exit_timeout_s=3)
    started = time.perf_counter()
    make(20_000)
    print(time.perf_counter() - started)
    time.sleep(4)
    make(100)
    print(time.perf_counter())
    """
    started = time.monotonic()
    done = run_app(SPANS + code, AGENTA_HOST=NOWHERE)
    assert done.returncode == 0
    assert time.monotonic() - started < 40
    told, lost = done.stderr.splitlines()
    assert told.startswith(f"Telemetry does not reach {NOWHERE}: [Errno")
    assert lost == f"20100 spans were not delivered to {NOWHERE}"


def test_the_end_of_a_program_waits_no_longer_than_it_may(run_app: RunApp) -> None:
    code = """
    ag.init(exit_timeout_s=0.4)
    make(10)
    started = time.perf_counter()
    import atexit
    ag.flush(0.1)
    from agenta.starting import _running
    _running[0].sender.close()
    print(time.perf_counter() - started)
    """
    with collecting(delay_s=30) as silent:
        done = run_app(SPANS + code, AGENTA_HOST=silent.url)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 1.5
    assert "10 spans were not delivered" in done.stderr


def test_a_server_that_refuses_is_told_by_its_status(run_app: RunApp, collector: Collector) -> None:
    collector.status = 401
    done = run_app(SPANS + "    make(3)\n", AGENTA_HOST=collector.url)
    told, lost = done.stderr.splitlines()
    assert "401" in told
    assert lost.startswith("3 spans were not delivered")


def test_a_server_that_comes_back_is_told_with_what_was_lost(
    run_app: RunApp, collector: Collector
) -> None:
    code = f"""
    make(2)
    ag.flush(60)
    ag.init(host="{collector.url}")
    make(3)
    assert ag.flush(30)
    """
    done = run_app(SPANS + code, seconds=90, AGENTA_HOST=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert len(collector.spans) == 3
    assert done.stderr.count("does not reach") == 1


def test_memory_is_bounded_while_the_server_is_away(run_app: RunApp) -> None:
    code = """
    import resource
    ag.init(exit_timeout_s=0.1)
    make(50)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    text = "x" * 1_000_000
    for number in range(600):
        make(1, text=text + str(number))
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
    """
    done = run_app(SPANS + code, AGENTA_HOST=NOWHERE)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 300, "MB"


def test_large_values_are_sent_in_requests_of_bounded_size(
    run_app: RunApp, collector: Collector
) -> None:
    code = """
    for number in range(30):
        make(1, text=str(number) + "x" * 1_500_000)
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(collector.spans) == 30
    assert len(collector.requests) >= 3


def test_a_span_that_cannot_be_encoded_costs_no_other(
    run_app: RunApp, collector: Collector
) -> None:
    code = r"""
    make(20)
    make(1, text="half \ud83d a character", other="kept")
    tracer.start_span("a name with half \ud83d a character").end()
    make(20)
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url)
    assert done.returncode == 0
    assert len(collector.spans) == 41
    assert [s.attributes for s in collector.spans if s.attributes] == [{"other": "kept"}]
    odd, lost = done.stderr.splitlines()
    assert odd.startswith("Something that cannot be sent is left out")
    assert lost.startswith("1 spans were not delivered")


FORKS = """
    import os
    make(2)
    child = os.fork()
    make(3)
    if child == 0:
        import sys
        sys.exit(0)
    os.waitpid(child, 0)
"""


def test_a_forked_child_sends_what_is_its_own_and_the_parent_too(
    run_app: RunApp, collector: Collector
) -> None:
    # Python 3.12 warns of every fork beside a thread; the child uses nothing of it.
    done = run_app(SPANS + FORKS, AGENTA_HOST=collector.url, PYTHONWARNINGS="ignore")
    assert (done.returncode, done.stderr) == (0, "")
    assert len(collector.spans) == 2 + 3 + 3
    assert len({span.span_id for span in collector.spans}) == 8


def test_a_child_forked_while_the_parent_sends_does_not_hang(
    run_app: RunApp, collector: Collector
) -> None:
    code = """
    import os, sys
    for _ in range(10):
        make(600)
        if (child := os.fork()) == 0:
            make(1, who="child")
            sys.exit(0)
        os.waitpid(child, 0)
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url, PYTHONWARNINGS="ignore")
    assert (done.returncode, done.stderr) == (0, "")
    assert sum("who" in span.attributes for span in collector.spans) == 10
    assert len(collector.spans) == 6010


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_of_multiprocessing_send_theirs(
    run_app: RunApp, collector: Collector, method: str
) -> None:
    code = f"""
    import multiprocessing
    def work(number):
        make(1, who="child")
        return number
    if __name__ == "__main__":
        make(1)
        with multiprocessing.get_context("{method}").Pool(2) as pool:
            assert pool.map(work, range(4)) == [0, 1, 2, 3]
            pool.close()
            pool.join()
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url, PYTHONWARNINGS="ignore")
    assert (done.returncode, done.stderr) == (0, "")
    assert sum("who" in span.attributes for span in collector.spans) == 4
    assert len(collector.spans) == 5


def test_spans_that_end_at_the_very_end_are_sent(run_app: RunApp, collector: Collector) -> None:
    code = """
    import atexit
    import agenta as ag
    from opentelemetry import trace
    atexit.register(lambda: trace.get_tracer("app").start_span("late").end())
    ag.init()
    trace.get_tracer("app").start_span("early").end()
    """
    # Handlers run in reverse: `late` ends after the SDK's own, and is the price of a bounded end.
    done = run_app(code, AGENTA_HOST=collector.url)
    assert done.returncode == 0, done.stderr
    assert [span.name for span in collector.spans] == ["early"]
    done = run_app(
        """
        import agenta as ag, atexit
        from opentelemetry import trace
        ag.init()
        atexit.register(lambda: trace.get_tracer("app").start_span("late").end())
        """,
        AGENTA_HOST=collector.url,
    )
    assert done.returncode == 0, done.stderr
    assert collector.spans[-1].name == "late"


def test_the_sdks_own_requests_become_no_spans(run_app: RunApp, collector: Collector) -> None:
    """Else every export would cause the next."""
    code = """
    import requests
    from opentelemetry import context
    from opentelemetry.context import _SUPPRESS_INSTRUMENTATION_KEY as KEY
    seen = []
    send = requests.Session.request
    def watched(self, *args, **kwargs):
        seen.append(context.get_value(KEY))
        return send(self, *args, **kwargs)
    requests.Session.request = watched
    make(1)
    ag.flush()
    print(seen)
    """
    done = run_app(SPANS + code, AGENTA_HOST=collector.url)
    assert done.stdout == "[True]\n", done.stderr


def test_flush_says_whether_it_was_in_time(run_app: RunApp) -> None:
    code = """
    make(1)
    started = time.perf_counter()
    print(ag.flush(0.2), time.perf_counter() - started < 1)
    """
    code = "    ag.init(exit_timeout_s=0.1)\n" + code
    with collecting(delay_s=5) as slow:
        done: Any = run_app(SPANS + code, AGENTA_HOST=slow.url)
    assert done.stdout == "False True\n"
