"""`scripts/bench scale`: fills a store, times every question, keeps the numbers for the page."""

import json
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import msgspec

from bench.scale.fill import fill_store
from bench.scale.measure import ask_server, ask_store, table
from bench.scale.plan import Plan
from parley.store import Store

__all__ = ["RESULTS", "measure_scale"]

RESULTS = Path(__file__).parent / "results"
SPANS_A_SESSION = 40
ACTIVE_BYTES = "SELECT sum(bytes_on_disk) FROM system.parts WHERE active"
PLAN_FILE = "plan.json"  # beside the store: what it was filled with


def measure_scale(spans: int, sessions: int | None, data: Path | None, save: bool) -> None:
    """Prints how long each question takes on so many spans; keeps it as JSON when `save`."""
    with ExitStack() as stack:
        if data is None:
            data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="parley-scale-")))
        plan, seconds = filled(data, spans, sessions or spans // SPANS_A_SESSION)
        store = Store.open(data / "telemetry")
        try:
            # Without the parts that merges have replaced and that wait to be removed.
            size = int(store._engine.query(ACTIVE_BYTES, {})[0][0])
            print(
                f"{spans:,} spans, {plan.sessions:,} sessions, {size / spans:,.0f} B/span on disk"
            )
            timings = list(ask_store(store, plan))
        finally:
            store.close()
        timings += ask_server(data, plan)
        print(table(timings))
        if save:
            RESULTS.mkdir(exist_ok=True)
            result = {
                "spans": spans, "sessions": plan.sessions, "bytes": size, "fill_seconds": seconds,
                "timings": msgspec.to_builtins(timings),
            }  # fmt: skip
            (RESULTS / f"{spans}.json").write_text(json.dumps(result, indent=1) + "\n")


def filled(data: Path, spans: int, sessions: int) -> tuple[Plan, float]:
    """Returns the plan of the store in a folder, filled now unless it was before."""
    kept = data / PLAN_FILE
    if kept.exists():
        plan, seconds = msgspec.json.decode(kept.read_bytes(), type=tuple[Plan, float])
        return plan, seconds
    end_ns = time.time_ns() // 10**9 * 10**9
    giants = ((spans // 10_000, 1000), (5000, 0), (1000, 0))  # the first: a tenth of all spans
    plan = Plan.of_size(spans=spans, sessions=sessions, end_ns=end_ns, giants=giants)
    began = time.monotonic()
    fill_store(data / "telemetry", plan, print)
    seconds = time.monotonic() - began
    kept.write_bytes(msgspec.json.encode((plan, seconds)))
    return plan, seconds
