"""What checks keep, on its way into the record."""

from __future__ import annotations

from typing import cast

import pytest

from reports.kept import KeptMeasurements
from reports.observing import CheckEvidence
from tests.judging.test_findings_objective import scan


def test_a_scan_travels_once_and_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Complete or not; what two workers saw of the same is there once."""
    monkeypatch.setattr("reports.observing.attach_observation", lambda *_: None)
    evidence = CheckEvidence(cast(pytest.Config, None))
    cut = scan(name="zap", complete=False, why="refused the token s3cret")
    evidence.keep_scan(scan())
    evidence.keep_scan(cut)
    assert evidence.observations == 2
    said = evidence.taken(lambda text: text.replace("s3cret", "***"))
    assert evidence.taken(str)["scans"] == []
    kept = KeptMeasurements()
    kept.take(said)
    kept.take(said)
    whole, broken = kept.scans()
    assert whole == scan()
    assert broken.why == "refused the token ***"
