"""Sudden ends under load: every acknowledged span is there, once, and every sum is right."""

import os
from pathlib import Path

import pytest
from bench.faults import FaultOptions, run_rounds

ROUNDS = int(os.environ.get("PARLEY_ROUNDS", "10"))
SEED = int(os.environ.get("PARLEY_SEED", "20261122"))


@pytest.mark.timeout(240 + 30 * ROUNDS)
def test_nothing_acknowledged_is_lost_or_doubled_by_sudden_ends(tmp_path: Path) -> None:
    """Kills at any moment, in the midst of loads, of derivation, and power cuts."""
    outcome = run_rounds(tmp_path / "data", FaultOptions(rounds=ROUNDS, seed=SEED))
    assert outcome.requests > 20 * ROUNDS
    assert outcome.is_clean, f"seed {SEED}: {outcome}"[:3000]
