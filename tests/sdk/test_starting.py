"""`init`: once for the process, beside whatever is there already, and cheap."""

import json
import subprocess
import sys
from typing import Any

import agenta as ag
import pytest
from agenta.settings import DEFAULT_HOST, Destination, destination

from tests.sdk.collector import Collector, collecting
from tests.sdk.conftest import SDK_FOLDER, RunApp, plain_environment

IMPORT_MS_MAX = 150  # aimed at; 17 ms on two busy cores


def test_importing_is_cheap_and_starts_nothing() -> None:
    code = """
import sys, threading, time
before = set(sys.modules)
started = time.perf_counter()
import agenta
took = time.perf_counter() - started
new = {name.partition(".")[0] for name in set(sys.modules) - before}
print(took * 1000, threading.active_count(), "opentelemetry" in new, "openai" in new)
"""
    times = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env={**plain_environment(), "PYTHONPATH": str(SDK_FOLDER)},
            capture_output=True,
            text=True,
            check=True,
        )
        took, threads, *loaded = done.stdout.split()
        times.append(float(took))
        assert (threads, loaded) == ("1", ["False", "False"])
    assert min(times) < IMPORT_MS_MAX


def test_using_it_without_instrumentors_is_cheap_too() -> None:
    """What an application's modules need at import: the decorator and `ag.tracing`."""
    code = """
import sys
import agenta as ag
ag.instrument, ag.tracing, ag.session, ag.Agenta
print({"opentelemetry.sdk", "requests", "openai", "google"} & set(sys.modules))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={**plain_environment(), "PYTHONPATH": str(SDK_FOLDER)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "set()\n"


def test_twice_is_once(run_app: RunApp, collector: Collector) -> None:
    code = """
    import agenta as ag, threading
    from opentelemetry import trace
    ag.init(); ag.init(); ag.init(instrument=False)
    threads = threading.active_count()
    trace.get_tracer("app").start_span("one").end()
    """
    done = run_app(code, AGENTA_HOST=collector.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert [span.name for span in collector.spans] == ["one"]


def test_another_server_takes_what_ends_from_then_on(run_app: RunApp, collector: Collector) -> None:
    with collecting() as second:
        code = f"""
        import agenta as ag
        from opentelemetry import trace
        tracer = trace.get_tracer("app")
        ag.init(api_key="first", instrument=False)
        trace.get_tracer("app").start_span("before").end()
        ag.init(host="{second.url}", instrument=False)
        trace.get_tracer("app").start_span("after").end()
        ag.init(api_key="second", project="other", instrument=False)
        trace.get_tracer("app").start_span("as another").end()
        ag.init(instrument=False)
        trace.get_tracer("app").start_span("still").end()
        print(ag.tracing.get_trace_url("x"))
        """
        done = run_app(code, AGENTA_HOST=collector.url)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout == f"{second.url}/traces/x?project=other\n"
        assert [span.name for span in collector.spans] == ["before"]
        assert [span.name for span in second.spans] == ["after", "as another", "still"]
        assert collector.requests[0]["authorization"] == "ApiKey first"
        keys = [(r["authorization"], r.get("x-parley-project")) for r in second.requests]
        assert keys == [("ApiKey first", None), ("ApiKey second", "other")]


def test_it_joins_a_provider_that_is_there(run_app: RunApp, collector: Collector) -> None:
    code = """
    from opentelemetry import trace
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    theirs = InMemorySpanExporter()
    provider = TracerProvider(resource=Resource.create({"service.name": "the app's own"}))
    provider.add_span_processor(SimpleSpanProcessor(theirs))
    trace.set_tracer_provider(provider)

    import agenta as ag
    ag.init(service_name="ignored")
    ag.init()
    assert trace.get_tracer_provider() is provider
    ag.tracing.store_session("s")
    trace.get_tracer("app").start_span("one").end()
    print(len(theirs.get_finished_spans()), theirs.get_finished_spans()[0].attributes)
    """
    done = run_app(code, AGENTA_HOST=collector.url)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 {'ag.session.id': 's'}\n"
    (span,) = collector.spans
    assert (span.session, span.resource["service.name"]) == ("s", "the app's own")


def test_a_provider_that_takes_no_processor_is_told_and_left_alone(
    run_app: RunApp, collector: Collector
) -> None:
    code = """
    from opentelemetry import trace
    class Strange(trace.TracerProvider):
        def get_tracer(self, *args, **kwargs):
            return trace.NoOpTracer()
    trace.set_tracer_provider(Strange())
    import agenta as ag
    ag.init(service_name="app")
    @ag.instrument()
    def works(): ...
    works()
    """
    done = run_app(code, AGENTA_HOST=collector.url)
    assert done.returncode == 0
    assert "Strange takes no span processor" in done.stderr
    (span,) = collector.spans
    assert (span.name, span.resource["service.name"]) == ("works", "app")


@pytest.mark.parametrize("host", ["localhost:4318", "ftp://x", "http://", "nonsense", ""])
def test_a_host_that_is_no_address_is_refused_by_name(host: str) -> None:
    with pytest.raises(ValueError, match="host: expected an address such as"):
        ag.init(host=host)


def test_a_variable_that_holds_no_address_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="AGENTA_HOST: expected an address"):
        destination(None, None, None, environment={"AGENTA_HOST": "nonsense"})


def test_an_unknown_library_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="instrument: unknown openia; known are openai, anthropic"):
        ag.init(instrument=["openia"])


URL, OTHER = "http://parley:1", "http://agenta:2"


@pytest.mark.parametrize(
    ("given", "variables", "wanted"),
    [
        ({}, {}, Destination(DEFAULT_HOST)),
        ({}, {"AGENTA_HOST": OTHER + "/"}, Destination(OTHER)),
        ({}, {"AGENTA_HOST": OTHER + "/api"}, Destination(OTHER)),
        ({}, {"AGENTA_HOST": OTHER, "PARLEY_URL": URL}, Destination(URL)),
        ({}, {"AGENTA_HOST": OTHER, "PARLEY_HOST": URL}, Destination(URL)),
        # The server's own setting of that name: where it listens.
        ({}, {"AGENTA_HOST": OTHER, "PARLEY_HOST": "0.0.0.0"}, Destination(OTHER)),
        ({"host": URL}, {"AGENTA_HOST": OTHER}, Destination(URL)),
        ({}, {"AGENTA_API_KEY": "a"}, Destination(DEFAULT_HOST, "a")),
        ({}, {"AGENTA_API_KEY": "a", "PARLEY_API_KEY": "p"}, Destination(DEFAULT_HOST, "p")),
        ({"api_key": "k"}, {"PARLEY_API_KEY": "p"}, Destination(DEFAULT_HOST, "k")),
        ({}, {"PARLEY_PROJECT": "x"}, Destination(DEFAULT_HOST, None, "x")),
    ],
)
def test_where_to_send(given: Any, variables: dict[str, str], wanted: Destination) -> None:
    arguments = {"host": None, "api_key": None, "project": None, **given}
    assert destination(**arguments, environment=variables) == wanted


OPENAI = """
    import agenta as ag, os, sys
    {init}
    assert "openai" not in sys.modules
    import openai
    client = openai.OpenAI(base_url=os.environ["MODEL"], api_key="k")
    client.chat.completions.create(model="m", messages=[{{"role": "user", "content": "hello"}}])
"""


@pytest.mark.parametrize(
    ("init", "count"),
    [
        ("ag.init()", 1),
        ("ag.init(); ag.init()", 1),
        ("ag.init(instrument=['openai'])", 1),
        ("ag.init(instrument='openai')", 1),
        ("ag.init(instrument=False)", 0),
        ("ag.init(instrument=False); ag.init(instrument=['openai'])", 1),
    ],
)
def test_libraries_are_traced_when_they_are_imported(
    run_app: RunApp, collector: Collector, model: str, init: str, count: int
) -> None:
    done = run_app(OPENAI.format(init=init), AGENTA_HOST=collector.url, MODEL=model)
    assert (done.returncode, done.stderr) == (0, "")
    assert [span.name for span in collector.spans] == ["ChatCompletion"] * count
    if count:
        assert collector.spans[0].attributes["llm.token_count.prompt"] == 12


def test_a_library_that_is_imported_already_is_traced_too(
    run_app: RunApp, collector: Collector, model: str
) -> None:
    code = "    import openai\n" + OPENAI.replace('    assert "openai" not in sys.modules\n', "")
    done = run_app(code.format(init="ag.init()"), AGENTA_HOST=collector.url, MODEL=model)
    assert (done.returncode, done.stderr) == (0, "")
    assert len(collector.spans) == 1


def test_a_library_asked_for_whose_extra_is_missing_is_told(
    run_app: RunApp, collector: Collector
) -> None:
    code = 'import agenta as ag\nag.init(instrument=["anthropic"])\n'
    done = run_app(code, AGENTA_HOST=collector.url)
    assert done.stderr == "anthropic is not traced: pip install 'parley-sdk[anthropic]'\n"


def test_an_instrumentor_that_fails_breaks_nothing(run_app: RunApp, collector: Collector) -> None:
    code = """
    import agenta as ag
    import openinference.instrumentation.openai as theirs
    def broken(self, **kwargs): raise RuntimeError("another version")
    theirs.OpenAIInstrumentor.instrument = broken
    ag.init()
    import openai
    print(openai.OpenAI.__name__)
    """
    done = run_app(code, AGENTA_HOST=collector.url)
    assert (done.returncode, done.stdout) == (0, "OpenAI\n")
    assert done.stderr == "openai is not traced: RuntimeError: another version\n"


def test_no_module_is_called_like_something_public() -> None:
    """Importing it would put the module in the place of the name."""
    modules = {path.stem for path in (SDK_FOLDER / "agenta").glob("*.py")}
    assert modules & set(ag.__all__) == {"errors"}


def test_the_public_names_are_there_and_only_those() -> None:
    assert set(dir(ag)) == {*ag.__all__, "__version__"}
    for name in ag.__all__:
        assert getattr(ag, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        ag.nonsense  # noqa: B018
    assert json.dumps(ag.__version__)
