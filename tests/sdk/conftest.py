"""Starts the SDK once for the process, on a receiver of the tests' own."""

import contextvars
import os
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import agenta as ag
import pytest

from tests.sdk.collector import Collector, Sent, collecting
from tests.sdk.fake_openai import serving

SDK_FOLDER = Path(ag.__file__).parent.parent
ROOT = Path(__file__).parent.parent.parent
Spans = Callable[[], list[Sent]]
RunApp = Callable[..., subprocess.CompletedProcess[str]]


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool:
    """Gives each test a context of its own: what it says about sessions ends with it."""
    wanted = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in wanted}
    contextvars.Context().run(pyfuncitem.obj, **arguments)
    return True


@pytest.fixture(scope="session")
def started() -> Iterator[Collector]:
    with collecting() as collector:
        ag.init(host=collector.url, instrument=False)
        yield collector


@pytest.fixture
def spans(started: Collector) -> Spans:
    """Returns the spans of this test, in the order in which they ended."""
    assert ag.flush(20)
    started.spans.clear()

    def sent() -> list[Sent]:
        assert ag.flush(20)
        return list(started.spans)

    return sent


@pytest.fixture
def collector() -> Iterator[Collector]:
    """A receiver for a program of the test's own."""
    with collecting() as found:
        yield found


@pytest.fixture(scope="session")
def model() -> Iterator[str]:
    """The base URL of a model's provider."""
    with serving() as address:
        yield f"{address}/v1"


@pytest.fixture
def run_app(tmp_path: Path) -> RunApp:
    """Runs a program with the SDK, as a user would: no setting of the caller's."""

    def run(code: str, *, seconds: float = 60, **variables: str) -> Any:
        program = tmp_path / "app.py"
        program.write_text(textwrap.dedent(code))
        return subprocess.run(
            [sys.executable, str(program)],
            env={**plain_environment(), "PYTHONPATH": str(SDK_FOLDER), **variables},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
            cwd=tmp_path,
        )

    return run


def plain_environment() -> dict[str, str]:
    """Returns the environment without what the SDK would read."""
    dropped = ("PARLEY_", "AGENTA_", "OTEL_", "OPENAI_", "PYTHONPATH")
    return {name: value for name, value in os.environ.items() if not name.startswith(dropped)}
