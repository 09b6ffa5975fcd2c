"""What the SDK costs the application: microseconds of CPU per span in the thread that makes it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

SDK = Path(__file__).parent.parent / "sdk" / "src"
sys.path.insert(0, str(SDK))

import agenta as ag  # noqa: E402
from opentelemetry import trace  # noqa: E402
from opentelemetry.sdk.trace import TracerProvider  # noqa: E402

ROUNDS, CALLS = 7, 2000
HISTORY = [{"role": "user", "content": "x" * 400}] * 20  # 8 KB, as a chat sends again and again


def measure_sdk() -> None:
    """Prints the rows of the table of docs/sdk.md."""
    alone = TracerProvider().get_tracer("bench")
    print_row("OpenTelemetry alone, no processor", spans_of(alone))
    with receiving() as address:
        ag.init(host=address, instrument=False)
        ours = trace.get_tracer("bench")
        print_row("a span, sent by the SDK", spans_of(ours))
        with ag.session("a-session", user_id="a-user"):
            print_row("the same, of a session and a user", spans_of(ours))
            print_row("`@ag.instrument()`, a short text", instrumented("Is anybody there?"))
            print_row("`@ag.instrument()`, a history of 8 KB", instrumented(HISTORY))
        ag.flush(30)
    for words, code in (
        ("`import agenta`", "import agenta"),
        ("… and its decorator and `ag.tracing`", "import agenta as a; a.instrument, a.tracing"),
        ("… and `ag.init(instrument=False)`", "import agenta as a; a.init(instrument=False)"),
    ):
        print(f"| {words} | {import_ms(code):.0f} ms |")


def spans_of(tracer: trace.Tracer) -> Callable[[], None]:
    """Returns what makes one span."""

    def make() -> None:
        with tracer.start_as_current_span("step", attributes={"number": 1}) as span:
            span.set_attribute("words", "a few")

    return make


def instrumented(value: object) -> Callable[[], None]:
    """Returns what calls an instrumented function."""

    @ag.instrument()
    def step(message: object) -> str:  # noqa: ARG001 - recorded
        return "Yes."

    return lambda: step(value)


def print_row(words: str, make: Callable[[], None]) -> None:
    """Prints the median of the rounds."""
    costs = []
    for _ in range(ROUNDS):
        started = time.thread_time()
        for _ in range(CALLS):
            make()
        costs.append((time.thread_time() - started) / CALLS * 1e6)
        ag.flush(30)
    print(f"| {words} | {sorted(costs)[ROUNDS // 2]:.1f} µs |", flush=True)


def import_ms(code: str) -> float:
    """Returns the CPU that a fresh interpreter takes for it, the best of five."""
    program = f"import time; t = time.process_time(); {code}; print(time.process_time() - t)"
    command = [sys.executable, "-c", program]
    environment = {"PYTHONPATH": str(SDK)}
    times = [
        float(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)
        for _ in range(5)
    ]
    return min(times) * 1000


@contextmanager
def receiving() -> Iterator[str]:
    """Serves a receiver that takes everything and keeps nothing."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
