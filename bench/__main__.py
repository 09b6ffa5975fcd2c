"""`scripts/bench [ingest|start|soak|faults]`: bounded in time, on 127.0.0.1 only."""

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.faults import FaultOptions, measure_faults
from bench.ingest import IngestOptions, measure_ingest, measure_start


def main() -> int:
    """Runs one measurement; returns the exit status."""
    parser = argparse.ArgumentParser(prog="scripts/bench", description=__doc__)
    kinds = parser.add_subparsers(dest="kind")
    ingest = kinds.add_parser("ingest", help="spans a second: accepted, queryable, derived")
    ingest.add_argument("--seconds", type=float, default=20)
    ingest.add_argument("--connections", type=int, default=4)
    ingest.add_argument("--spans", type=int, default=200, help="in one request")
    ingest.add_argument("--limit-seconds", type=float, default=300, help="to wait for derivation")
    start = kinds.add_parser("start", help="cold start and idle memory")
    start.add_argument("--idle-seconds", type=float, default=60)
    soak = kinds.add_parser("soak", help="the property tests with more trials")
    soak.add_argument("--trials", type=int, default=400)
    faults = kinds.add_parser("faults", help="sudden ends under load: what is lost or doubled")
    faults.add_argument("--rounds", type=int, default=50)
    faults.add_argument("--seed", type=int, default=secrets.randbelow(10**9))
    faults.add_argument("--mutations", type=int, default=100_000, help="of bodies, tried after")
    arguments = parser.parse_args(sys.argv[1:] or ["ingest"])
    match arguments.kind:
        case "ingest":
            measure_ingest(
                IngestOptions(
                    seconds=arguments.seconds,
                    connections=arguments.connections,
                    spans=arguments.spans,
                    limit_seconds=arguments.limit_seconds,
                )
            )
            return 0
        case "start":
            measure_start(arguments.idle_seconds)
            return 0
        case "soak":
            return run_tests("tests/derive/test_order.py", PARLEY_TRIALS=str(arguments.trials))
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


def run_tests(tests: str, **variables: str) -> int:
    """Returns the exit status of some tests, with more of what they do."""
    command = [sys.executable, "-m", "pytest", tests, "--timeout=0"]
    return subprocess.run(command, env={**os.environ, **variables}, check=False).returncode


sys.exit(main())
