"""The one lock around moto."""

from __future__ import annotations

import subprocess
import sys

from tests.reference_service.running import ROOT, scrubbed_environment


def test_nothing_is_oversold_through_either_way_in() -> None:
    """Ten in stock, twenty buyers at once, half by HTTP: ten sold, none left, five times over."""
    command = [sys.executable, "-m", "tests.reference_service.oversell", "5"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=scrubbed_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    assert done.stdout.splitlines() == ["10 0"] * 5
