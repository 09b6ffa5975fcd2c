"""`scripts/bench [ingest|scale|start|soak|faults|sdk|runs|clients]`: bounded, on 127.0.0.1 only."""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.faults import FaultOptions, measure_faults
from bench.ingest import IngestOptions, measure_ingest, measure_start
from bench.spans import PROFILES


def main() -> int:
    """Runs one measurement; returns the exit status."""
    arguments = parser().parse_args(sys.argv[1:] or ["ingest"])
    match arguments.kind:
        case "ingest":
            runs = measure_ingest(
                IngestOptions(
                    profiles=tuple(arguments.profile or PROFILES),
                    seconds=arguments.seconds,
                    connections=arguments.connections,
                    spans=arguments.spans,
                    rate=arguments.rate,
                    limit_seconds=arguments.limit_seconds,
                    has_visible=not arguments.profile,
                )
            )
            if arguments.peers:
                from bench.peers import measure_peers  # noqa: PLC0415 - asked for rarely

                measure_peers(runs[0], seconds=arguments.seconds)
            return 0
        case "scale":
            from bench.scale.run import measure_scale  # noqa: PLC0415 - needs the engine

            measure_scale(arguments.spans, arguments.sessions, arguments.data, arguments.save)
            return 0
        case "page":
            from bench.scale.page import write_page  # noqa: PLC0415

            write_page()
            return 0
        case "start":
            measure_start(arguments.idle_seconds)
            return 0
        case "sdk":
            from bench.sdk import measure_sdk  # noqa: PLC0415 - imports the SDK

            measure_sdk()
            return 0
        case "runs":
            from bench.runs import RunsOptions, measure_runs  # noqa: PLC0415

            options = RunsOptions(
                runs=arguments.runs,
                paced=arguments.paced,
                at_a_time=arguments.at_a_time,
                seconds=arguments.seconds,
            )
            return 0 if measure_runs(options) else 1
        case "clients":
            return run_tests("tests/clients", PARLEY_CLIENTS="all")
        case "soak":
            return run_tests(
                "tests/derive/test_order.py",
                "tests/properties",
                PARLEY_TRIALS=str(arguments.trials),
            )
        case _:
            return run_faults(arguments.rounds, arguments.seed, arguments.mutations)


def run_faults(rounds: int, seed: int, mutations: int) -> int:
    """Returns the exit status of rounds of sudden ends and of mutated bodies."""
    with tempfile.TemporaryDirectory(prefix="parley-faults-") as folder:
        options = FaultOptions(rounds=rounds, seed=seed)
        ended = measure_faults(Path(folder) / "data", options)
    tried = 0
    if mutations:
        tried = run_tests(
            "tests/faults/test_fuzz.py", PARLEY_MUTATIONS=str(mutations), PARLEY_SEED=str(seed)
        )
    return ended or tried


def parser() -> argparse.ArgumentParser:
    """Returns the command line."""
    found = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    kinds = found.add_subparsers(dest="kind")
    ingest = kinds.add_parser("ingest", help="spans a second: accepted, queryable, derived")
    ingest.add_argument("--profile", action="append", choices=list(PROFILES), help="default: all")
    ingest.add_argument("--seconds", type=float, default=15)
    ingest.add_argument("--connections", type=int, default=4)
    ingest.add_argument("--spans", type=int, default=200, help="in one request")
    ingest.add_argument("--rate", type=float, default=0, help="spans a second; 0: flat out")
    ingest.add_argument("--limit-seconds", type=float, default=300, help="to wait for derivation")
    ingest.add_argument("--peers", action="store_true", help="Phoenix and MLflow, too")
    scale = kinds.add_parser("scale", help="fills a store with SQL and times every question")
    scale.add_argument("--spans", type=int, default=10_000_000)
    scale.add_argument("--sessions", type=int, help="default: one for 40 spans")
    scale.add_argument("--data", type=Path, help="kept, and used again when it is filled")
    scale.add_argument("--save", action="store_true", help="for docs/benchmarks.md")
    kinds.add_parser("page", help="writes docs/benchmarks.md from what was saved")
    start = kinds.add_parser("start", help="cold start and idle memory")
    start.add_argument("--idle-seconds", type=float, default=60)
    soak = kinds.add_parser("soak", help="the property tests with more trials")
    soak.add_argument("--trials", type=int, default=400)
    kinds.add_parser("sdk", help="what the Python SDK costs the application")
    runs = kinds.add_parser("runs", help="chat runs: failures, what Parley adds, exact sessions")
    runs.add_argument("--runs", type=int, default=1000, help="all at once")
    runs.add_argument("--paced", type=int, default=400, help="a few at a time, for the overhead")
    runs.add_argument("--at-a-time", type=int, default=8)
    runs.add_argument("--seconds", type=float, default=0.2, help="until the provider answers")
    kinds.add_parser("clients", help="every real SDK, also those that scripts/test leaves out")
    faults = kinds.add_parser("faults", help="sudden ends under load: what is lost or doubled")
    faults.add_argument("--rounds", type=int, default=50)
    faults.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    faults.add_argument("--mutations", type=int, default=100_000, help="of bodies, tried after")
    return found


def run_tests(*tests: str, **variables: str) -> int:
    """Returns the exit status of some tests, with more of what they do."""
    command = [sys.executable, "-m", "pytest", *tests, "--timeout=0"]
    return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
