"""The whole plan, and once with a fault at the canary.

``pytest tests/whole_plan/check_whole_plan.py``: a quarter of an hour, so that it is run when it is
named, and by nothing else.
"""

from __future__ import annotations

import sys
from pathlib import Path

from reports.cli import exit_code
from reports.evidence.store import Store
from tests.whole_plan.rehearsal import GATES, Decided, Rehearsal

FAULT = "images-lost"


def rehearsed(report_dir: Path, fault: str | None = None) -> tuple[int, Rehearsal]:
    """Its exit code, and all that it decided."""
    rehearsal = Rehearsal(report_dir, lambda line: print(line, file=sys.stderr), fault=fault)
    return rehearsal.run(), rehearsal


def last(rehearsal: Rehearsal) -> Decided:
    """The last decision."""
    return rehearsal.decided[-1]


def test_every_gate_promotes_in_its_turn(tmp_path: Path) -> None:
    """From what this rehearsal saw, each after the one before; how long it took is printed."""
    code, rehearsal = rehearsed(tmp_path)
    print(f"{rehearsal.seconds:.0f} s", file=sys.stderr)
    assert code == 0
    assert [one.step.partition(" ")[0] for one in rehearsal.decided if "0%" not in one.step] == [
        gate for gate in GATES if gate != "prod-canary"
    ]
    assert {one.action for one in rehearsal.decided} == {"promote"}
    assert len({one.digest for one in rehearsal.decided}) == len(GATES) + 2
    assert set(Store(tmp_path / "store").decisions()) >= {one.digest for one in rehearsal.decided}
    for one in rehearsal.decided:
        assert exit_code(["replay", one.digest, f"--report-dir={tmp_path}"]) == 0
        assert exit_code(["replay", one.digest, "--check-only", f"--report-dir={tmp_path}"]) == 0


def test_a_fault_at_the_canary_rolls_back(tmp_path: Path) -> None:
    """The first look that can tell says so, and nothing is asked after it."""
    code, rehearsal = rehearsed(tmp_path, FAULT)
    assert code == 5
    assert last(rehearsal).action == "rollback"
    assert last(rehearsal).step.startswith("prod-canary")
    assert exit_code(["replay", last(rehearsal).digest, f"--report-dir={tmp_path}"]) == 5
