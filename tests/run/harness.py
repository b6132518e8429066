"""Runs pytest as a person would, in a process of its own, and reads what it hands back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reports.evidence.record import RunRecord
from reports.evidence.store import Store
from tests.reference_service.running import ROOT, scrubbed_environment

NO_AWS = {"AWS_SHARED_CREDENTIALS_FILE": "/nonexistent", "AWS_CONFIG_FILE": "/nonexistent"}


@dataclass(frozen=True)
class Ended:
    """How a run ended: exit code, everything it printed, and where it left its records."""

    code: int
    output: str
    report_dir: Path

    @property
    def decision(self) -> dict[str, Any]:
        """decision.json."""
        decision: dict[str, Any] = json.loads((self.report_dir / "decision.json").read_text())
        return decision

    @property
    def run(self) -> RunRecord:
        """The one run in the store."""
        ((_, run),) = Store(self.report_dir / "store").runs()
        return run

    def decided_nothing(self) -> bool:
        """Whether no decision was left."""
        return not (self.report_dir / "decision.json").exists()


def pytest_run(
    report_dir: Path,
    *arguments: str,
    variables: Mapping[str, str] | None = None,
    cwd: Path = ROOT,
) -> Ended:
    """``pytest ARGUMENTS``, with nothing of the ambient environment that could matter."""
    command = [sys.executable, "-m", "pytest", f"--report-dir={report_dir}", *arguments]
    environment = {**scrubbed_environment(), **NO_AWS, **(variables or {})}
    environment.pop("GATE_ENV", None)
    environment.pop("PYTEST_ADDOPTS", None)
    done = subprocess.run(
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return Ended(done.returncode, done.stdout, report_dir)
