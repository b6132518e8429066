"""What checks measured, on its way from pytest's reports into the run's record."""

from __future__ import annotations

from typing import Any

import msgspec

from reports.evidence.access import Access
from reports.evidence.digest import canonical
from reports.evidence.finding import Finding
from reports.evidence.load import LoadRecord
from reports.evidence.observation import Observation
from reports.evidence.scan import Scan
from reports.evidence.series import Series


class KeptMeasurements:
    """Of all checks together; what several of them kept is there once."""

    def __init__(self) -> None:
        self._loads: dict[bytes, LoadRecord] = {}
        self._series: dict[bytes, Series] = {}
        self._findings: dict[bytes, Finding] = {}
        self._scans: dict[bytes, Scan] = {}
        self._windows: dict[bytes, Observation] = {}
        self._access: dict[bytes, Access] = {}
        self._documents: dict[tuple[str, str], None] = {}

    def take(self, said: dict[str, Any]) -> None:
        """Take what one phase's ``report.gate`` carries. Raises msgspec.ValidationError."""
        for load in msgspec.convert(said.get("loads", []), list[LoadRecord]):
            self._loads.setdefault(canonical(load), load)
        for series in msgspec.convert(said.get("series", []), list[Series]):
            self._series.setdefault(canonical(series), series)
        for finding in msgspec.convert(said.get("findings", []), list[Finding]):
            self._findings.setdefault(canonical(finding), finding)
        for scan in msgspec.convert(said.get("scans", []), list[Scan]):
            self._scans.setdefault(canonical(scan), scan)
        for window in msgspec.convert(said.get("windows", []), list[Observation]):
            self._windows.setdefault(canonical(window), window)
        for access in msgspec.convert(said.get("access", []), list[Access]):
            self._access.setdefault(canonical(access), access)
        for name, text in msgspec.convert(said.get("documents", {}), dict[str, str]).items():
            self._documents.setdefault((name, text))

    def loads(self) -> tuple[LoadRecord, ...]:
        """In the order in which they were kept."""
        return tuple(self._loads.values())

    def series(self) -> tuple[Series, ...]:
        """In the order in which they were kept."""
        return tuple(self._series.values())

    def findings(self) -> tuple[Finding, ...]:
        """The worst first; as bad ones by rule and place."""
        return tuple(
            sorted(
                self._findings.values(),
                key=lambda each: (each.severity.rank, each.rule, each.where, each.fingerprint),
            )
        )

    def scans(self) -> tuple[Scan, ...]:
        """In the order in which they were kept."""
        return tuple(self._scans.values())

    def windows(self) -> tuple[Observation, ...]:
        """In the order in which they were kept."""
        return tuple(self._windows.values())

    def access(self) -> tuple[Access, ...]:
        """In the order in which they were kept; the same attempt and answer once."""
        return tuple(self._access.values())

    def documents(self) -> tuple[tuple[str, str], ...]:
        """Names and texts, in the order in which they were kept."""
        return tuple(self._documents)
