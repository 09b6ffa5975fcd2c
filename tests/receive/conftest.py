"""A real receiver under a real server on a loopback port."""

import contextlib
import json
import threading
from pathlib import Path

import httpx
import pytest
import uvicorn

from parley.access import Access, AccessRules
from parley.journal import Journal, read_envelopes
from parley.receive import Intake, ReceiveLimits, Receiver

CORPUS = Path(__file__).parent.parent / "corpus"


class Served:
    """A server with its journal; `client` speaks to it over HTTP."""

    def __init__(self, intake, journal, client, port):
        self.intake = intake
        self.journal = journal
        self.client = client
        self.port = port

    def envelopes(self, kind="traces"):
        """Returns the envelopes that came in since the last call."""
        found = []
        for segment in self.journal.sealed():
            if segment.kind == kind:
                found += read_envelopes(segment.path)
            self.journal.mark_loaded(segment)
        return found


@contextlib.contextmanager
def serve(folder, *, token=None, quota_bytes=1 << 30, **limits):
    journal = Journal(folder, quota_bytes=quota_bytes, keep_seconds=600, keep_bytes=1 << 30)
    journal.open()
    intake = Intake(
        journal=journal,
        access=Access(AccessRules(token, frozenset())),
        limits=ReceiveLimits(**limits),
        quota_bytes=quota_bytes,
    )
    config = uvicorn.Config(
        Receiver(intake), port=0, log_level="warning", lifespan="off", ws="none"
    )
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    thread = threading.Thread(target=server.run, kwargs={"sockets": [socket]})
    thread.start()
    port = socket.getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False) as client:
            yield Served(intake, journal, client, port)
    finally:
        server.should_exit = True
        thread.join()
        intake.close()
        journal.close()
        socket.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory):
    """One server for all tests that only look at their own requests."""
    with serve(tmp_path_factory.mktemp("served")) as result:
        yield result


@pytest.fixture
def serve_with(tmp_path):
    """Starts servers with limits of the test's own."""
    with contextlib.ExitStack() as stack:
        yield lambda **settings: stack.enter_context(serve(tmp_path / "journal", **settings))


def corpus_requests():
    """Returns (name, meta, body as it was on the wire) of every recorded HTTP request."""
    found = []
    for path in sorted(CORPUS.glob("*/*.meta.json")):
        meta = json.loads(path.read_bytes())
        if meta["transport"] == "http":
            body = (path.parent / meta["file"]).read_bytes()
            found.append((f"{path.parent.name}/{meta['file']}", meta, body))
    return found


@pytest.fixture(scope="session")
def recorded():
    requests = corpus_requests()
    assert len(requests) > 100, "tests/corpus is missing or cut"
    return requests
