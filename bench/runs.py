"""Chat runs, many at once: whether all succeed, what Parley adds, whether sessions are exact.

The overhead of a run is the time that its caller waits less the time that the provider, a process
of its own, took from having heard the question to having sent the answer. It is measured with few
runs at a time, then all are sent at once, where most of the time is spent waiting for a processor.
"""

import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from msgspec import Struct
from tests.serving import Server, start_server

from bench.provider import answer_to

__all__ = ["Ran", "RunsOptions", "check_sessions", "measure_runs", "overheads", "run_all", "serve"]

IN_A_SESSION = 10
PROMPT = {
    "model": "openai:gpt-4o-mini",
    "messages": [
        {"role": "system", "content": "You help in a {{tone}} way."},
        {"role": "history"},
    ],
    "parameters": {"temperature": 0.2},
}


class RunsOptions(Struct, frozen=True, kw_only=True):
    """What to measure. paced: runs of which a few at a time are made to measure the overhead."""

    runs: int = 1000
    paced: int = 400
    at_a_time: int = 8
    seconds: float = 0.2  # until the provider answers


class Ran(Struct, frozen=True):
    """A run as its caller saw it. told: the answer's JSON."""

    session_id: str
    question: str
    seconds: float
    status: int
    told: dict[str, Any]


def measure_runs(options: RunsOptions) -> bool:
    """Prints what was measured; returns whether no run failed and all sessions are exact."""
    raise_open_files()
    with tempfile.TemporaryDirectory(prefix="parley-runs-") as folder, serve(options) as provider:
        server = start_server(Path(folder) / "data")
        try:
            prepare(server, provider)
            asyncio.run(run_all(server, questions("warm", 20), at_a_time=4))
            paced = asyncio.run(
                run_all(server, questions("paced", options.paced), at_a_time=options.at_a_time)
            )
            flood = questions("flood", options.runs)
            cpu = cpu_seconds(server)
            began = time.perf_counter()
            at_once = asyncio.run(run_all(server, flood, at_a_time=options.runs))
            wall = time.perf_counter() - began
            cpu = cpu_seconds(server) - cpu
            server.wait_derived(seconds=120)
            wrong = check_sessions(server, [*paced, *at_once])
            times = provider_times(server, provider)
        finally:
            server.stop()
    over = overheads(paced, times)
    print(f"provider answers after {options.seconds * 1000:.0f} ms")
    print(f"{len(paced)} runs, {options.at_a_time} at a time: {failed(paced)} failed")
    print(f"  latency  {spread([run.seconds for run in paced])}")
    print(f"  overhead {spread(over)}")
    print(f"{len(at_once)} runs at once: {failed(at_once)} failed, all answered in {wall:.1f} s")
    print(f"  latency  {spread([run.seconds for run in at_once])}")
    print(f"  {cpu / len(at_once) * 1000:.1f} ms of the server's CPU a run")
    print(f"sessions that are not exact: {len(wrong)}", *wrong[:5], sep="\n  ")
    return not (wrong or failed(paced) or failed(at_once))


def questions(name: str, count: int) -> list[tuple[str, str]]:
    """Returns (session, question) of each run; every question is said once."""
    return [(f"{name} {n // IN_A_SESSION}", f"What about {name} number {n}?") for n in range(count)]


@contextmanager
def serve(options: RunsOptions) -> Iterator[str]:
    """Serves the provider from a process of its own; yields its address."""
    command = [sys.executable, "-m", "bench.provider", str(options.seconds)]
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parent.parent,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()


def prepare(server: Server, provider: str) -> None:
    """Saves and deploys the prompt, and says where the provider is."""
    key = {"provider": "openai", "api_key": "sk-0123456789", "base_url": f"{provider}/v1"}
    version = {"prompt": PROMPT, "deploy_to": "production"}
    for method, path, body in (
        ("PUT", "/api/v1/provider-keys", key),
        ("POST", "/api/v1/prompts", {"slug": "bench"}),
        ("POST", "/api/v1/prompts/bench/versions", version),
    ):
        headers = {"x-parley-project": server.project}
        server.client.request(
            method, server.url + path, json=body, headers=headers
        ).raise_for_status()


async def run_all(server: Server, asked: Sequence[tuple[str, str]], *, at_a_time: int) -> list[Ran]:
    """Returns what became of runs, so many of them at a time, each over one of its connections."""
    left = iter(asked)
    ran: list[Ran] = []

    async def work() -> None:
        address = urlsplit(server.url)
        reader, writer = await asyncio.open_connection(address.hostname, address.port)
        try:
            for session_id, question in left:
                ran.append(await run(server, reader, writer, session_id, question))
        finally:
            writer.close()

    await asyncio.gather(*(work() for _ in range(at_a_time)))
    return ran


async def run(
    server: Server,
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    session_id: str,
    question: str,
) -> Ran:
    """Returns what became of a run. httpx would cost the machine more than the run itself."""
    body = json.dumps(
        {
            "base_id": "bench",
            "inputs": {"tone": "kind", "chat_history": [{"role": "user", "content": question}]},
            "metadata": {"ag.session.id": session_id},
        }
    ).encode()
    head = (
        f"POST /chat/run HTTP/1.1\r\nhost: {urlsplit(server.url).netloc}\r\n"
        f"content-type: application/json\r\nx-parley-project: {server.project}\r\n"
        f"content-length: {len(body)}\r\n\r\n"
    )
    began = time.perf_counter()
    writer.write(head.encode() + body)
    answer = (await reader.readuntil(b"\r\n\r\n")).lower()
    length = int(answer.partition(b"content-length:")[2].partition(b"\r\n")[0])
    told = await reader.readexactly(length)
    seconds = time.perf_counter() - began
    return Ran(session_id, question, seconds, int(answer.split()[1]), json.loads(told))


def provider_times(server: Server, provider: str) -> dict[str, float]:
    """Returns how long the provider took for each question."""
    times: dict[str, float] = server.client.get(f"{provider}/times").json()
    return times


def overheads(ran: Sequence[Ran], times: dict[str, float]) -> list[float]:
    """Returns what each run took beyond the provider's own time, in seconds."""
    return [run.seconds - times[run.question] for run in ran]


def check_sessions(server: Server, ran: Sequence[Ran]) -> list[str]:
    """Returns what is wrong: turns, messages, tokens and cost of each session, to the last."""
    by_session: dict[str, list[Ran]] = defaultdict(list)
    for item in ran:
        by_session[item.session_id].append(item)
    wrong = []
    for session_id, runs in by_session.items():
        opened = server.open_session(session_id)
        told = [item.told for item in runs if item.status == 200]
        expected = {
            "turns": {item.question: answer_to(item.question) for item in runs},
            "input_tokens": sum(item["usage"]["input_tokens"] for item in told),
            "output_tokens": sum(item["usage"]["output_tokens"] for item in told),
            "cost_usd": round(sum(item["cost_usd"] for item in told), 9),
            "said": sorted(
                text for item in runs for text in (item.question, answer_to(item.question))
            ),
        }
        messages = [
            m for t in server.open_session(session_id, "transcript")["turns"] for m in t["messages"]
        ]
        found = {
            "turns": {turn["input"]: turn["output"] for turn in opened["turns"]},
            "input_tokens": opened["session"]["input_tokens"],
            "output_tokens": opened["session"]["output_tokens"],
            "cost_usd": round(opened["session"]["cost_usd"] or 0, 9),
            "said": sorted(m["text"] for m in messages if m["role"] != "system"),
        }
        wrong += [
            f"{session_id}: {name} {found[name]} instead of {expected[name]}"
            for name in expected
            if found[name] != expected[name]
        ]
    return wrong


def failed(ran: Sequence[Ran]) -> int:
    """Returns how many runs did not answer."""
    return sum(item.status != 200 for item in ran)


def spread(seconds: Sequence[float]) -> str:
    """Returns the middle and the slow end of times."""
    ordered = sorted(seconds)
    p50, p95 = ordered[len(ordered) // 2], ordered[int(len(ordered) * 0.95)]
    return f"p50 {p50 * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms, most {ordered[-1] * 1000:.1f} ms"


def cpu_seconds(server: Server) -> float:
    """Returns the CPU that the server took so far."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


def raise_open_files() -> None:
    """Lets this process open a connection for each run."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
