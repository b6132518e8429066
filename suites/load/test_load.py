"""The load of the plan: that it arrived and was answered, and that updates at once lose nothing."""

from __future__ import annotations

import pytest

from fixtures.load.reading import LoadReading
from fixtures.load.runs import LoadRuns
from fixtures.recording import LoadEvidence


@pytest.mark.plan("VAL-LOAD-01", "VAL-LOAD-02")
@pytest.mark.severity("blocker")
@pytest.mark.needs("writes")
def test_workload(load_runs: LoadRuns, evidence: LoadEvidence) -> None:
    """k6 drives the workload at the rate and for the time of the profile.

    Every operation is answered, and the arrivals come at the rate, none dropped. How fast the
    answers have to be is the sla layer's to judge.
    """
    load = load_runs.mixed()
    evidence.keep_load(load)
    reading = LoadReading(load)
    reading.answers()
    reading.arrives()


@pytest.mark.plan("VAL-LOAD-04")
@pytest.mark.needs("writes")
def test_concurrent_updates(load_runs: LoadRuns, evidence: LoadEvidence) -> None:
    """Many clients add a piece to the same few products, each with the ETag that it read.

    Each update is answered 200 or 412, and every product has gained as many pieces as updates of
    it were answered 200.
    """
    updates = load_runs.concurrent_updates()
    evidence.keep_load(updates.load)
    reading = LoadReading(updates.load)
    reading.answers()
    reading.nothing_failed("concurrent updates are answered 200 or 412")
    reading.loses_nothing(updates)
    reading.arrives()
