"""The folder that a run leaves its records in: usable, emptied of older answers, its own."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import IO

from reports.deciding import DECISION_FILE
from reports.strict_toml import ConfigurationError

ALLURE_RESULTS = "allure-results"
JUNIT = "junit.xml"
_LOCK = ".run.lock"


class ReportDir:
    """Held by one run at a time; what an earlier run said is removed when it is taken."""

    def __init__(self, named: str) -> None:
        self._lock: IO[str] | None = None
        if not named.strip():
            raise ConfigurationError("--report-dir is empty: name a folder, or leave it out")
        self.path = Path(named)

    def take(self) -> None:
        """Make the folder this run's. Raises ConfigurationError where that cannot be."""
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._lock = (self.path / _LOCK).open("w", encoding="ascii")
            _hold(self._lock, self.path)
            # What an earlier run left must not be taken for what this one is about to find.
            shutil.rmtree(self.path / ALLURE_RESULTS, ignore_errors=True)
            for name in (DECISION_FILE, JUNIT, "report.html", "performance.html", "decision.html"):
                (self.path / name).unlink(missing_ok=True)
            (self.path / "store").mkdir(exist_ok=True)
        except OSError as problem:
            raise ConfigurationError(
                f"--report-dir={self.path}: nothing can be kept there ({problem.strerror}: "
                f"{problem.filename}); name a folder that can be written to"
            ) from None

    def give_back(self) -> None:
        """Let another run have the folder."""
        if self._lock is not None:
            self._lock.close()


def _hold(lock: IO[str], path: Path) -> None:
    """Lock the file for as long as it is open, however this process ends."""
    with contextlib.suppress(ImportError):  # a system without it has no such lock
        import fcntl

        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"--report-dir={path}: another run is using it; give each run a folder of its own"
            ) from None
