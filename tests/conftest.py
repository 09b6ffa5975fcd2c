"""A real server for every test that wants one, and ways to ask it.

Tests share the server and keep apart by project: `server.project` is new for each test.
"""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from parley.store import Store
from tests.serving import Server, start_server
from tests.storing import Loading


@pytest.fixture(scope="session")
def shared_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server process for the whole run."""
    running = start_server(tmp_path_factory.mktemp("data"))
    yield running
    running.stop()


@pytest.fixture
def server(shared_server: Server) -> Server:
    """The shared server, seen through a project of the test's own."""
    return shared_server.in_project(f"test-{uuid.uuid4().hex[:12]}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of the test's own, on `tmp_path / "data"`; none outlives the test."""
    running: list[Server] = []

    def begin(*options: str, data: Path | None = None, name: str = "serve") -> Server:
        running.append(start_server(data or tmp_path / "data", *options, name=name))
        return running[-1]

    yield begin
    for item in running:
        item.kill()


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The folder of recorded requests of real clients."""
    return Path(__file__).parent / "corpus"


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """One embedded engine in the test process: chDB allows one directory per process."""
    opened = Store.open(tmp_path_factory.mktemp("store") / "engine")
    yield opened
    opened.close()


@pytest.fixture
def loading(store: Store, tmp_path: Path) -> Loading:
    """A project of the test's own in the store of the test process."""
    return Loading(store, tmp_path)
