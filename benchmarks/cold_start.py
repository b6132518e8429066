"""The main job, whole and cold, against importing what it stands on.

`python -m benchmarks.cold_start`, or with its companion `nox -s benchmarks`.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.timing import Contender, medians, told

ROOT = Path(__file__).resolve().parents[1]
JOB = "pytest -m smoke --env=local"
IMPORTS = "import pytest, requests, boto3, moto.server"


def main() -> None:
    """Print both times and their ratio, with bytecode cached and without."""
    with tempfile.TemporaryDirectory(prefix="cold-start-") as out:
        job = [sys.executable, "-m", *JOB.split(), f"--report-dir={out}"]
        contenders = [
            Contender(JOB, job, cwd=ROOT),
            Contender(IMPORTS, [sys.executable, "-c", IMPORTS], cwd=ROOT),
        ]
        for cached in (True, False):
            seconds = medians(contenders, cached=cached)
            print(told(cached, seconds, [(JOB, IMPORTS, "at most 3")]))


if __name__ == "__main__":
    main()
