"""Has pytest make what generators elsewhere are given: it knows services, tokens and products."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from reports.commands.settings import ROOT

VARIABLE = "GATE_HAND_OUT"  # the folder, for fixtures/load/handing_out.py


def prepare_generators(folder: Path, options: Mapping[str, str | None]) -> int:
    """Fill ``folder``; pytest's exit code. ``options`` without a value are left out."""
    command = [sys.executable, "-m", "pytest", "suites", "-p", "fixtures.load.handing_out"]
    command += [f"{name}={value}" for name, value in options.items() if value is not None]
    variables = {**os.environ, VARIABLE: str(folder.resolve())}
    return subprocess.run(command, cwd=ROOT, env=variables, check=False).returncode
