"""What every verb reads the same way: options, the store, the list of checks, the clock."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from reports.deciding import read_decision
from reports.evidence.digest import digest_of
from reports.evidence.store import AlteredEvidence, Store
from reports.judging.decision import Decision
from reports.strict_toml import ConfigurationError

ROOT = Path(__file__).resolve().parent.parent.parent
CHECKS = ROOT / "suites" / "checks.tsv"
MATRIX = ROOT / "suites" / "fault-matrix.tsv"
REMOVED = ROOT / "suites" / "removed-checks.toml"

ReportDir = Annotated[
    Path, typer.Option("--report-dir", help="Where runs leave evidence and decisions.")
]
DEFAULT_REPORT_DIR = Path("reports/out")


def store_in(report_dir: Path) -> Store:
    """The store of a report directory."""
    return Store(report_dir / "store")


def checks_text() -> str:
    """The text of ``suites/checks.tsv``. Raises ConfigurationError."""
    try:
        return CHECKS.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"{CHECKS}: cannot be read: {error.strerror}; `gate coverage --update` writes it"
        ) from error


def now() -> datetime:
    """The time of deciding, to the second, in UTC."""
    return datetime.now(UTC).replace(microsecond=0)


def find_decision(named: str, store: Store) -> tuple[str, Decision] | None:
    """A decision by the path of its file or by its digest (or how it begins); else None.

    Raises AlteredEvidence, and ConfigurationError where several begin so.
    """
    path = Path(named)
    if path.is_file():
        content = path.read_bytes()
        if len(path.stem) == 64 and digest_of(content) != f"sha256:{path.stem}":
            raise AlteredEvidence(f"{path}: was altered: found {digest_of(content)}")
        return digest_of(content), read_decision(content, named)
    start = named.removeprefix("sha256:")
    found = [one for one in store.decisions() if start and one.startswith(f"sha256:{start}")]
    if len(found) > 1:
        raise ConfigurationError(f"{named}: {len(found)} decisions begin so; give more digits")
    if not found:
        return None
    return found[0], read_decision(store.get_decision(found[0]), found[0])
