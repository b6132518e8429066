"""Loads that earlier runs left in the store, for checks that judge without driving anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from reports.evidence.load import LoadRecord
from reports.evidence.record import RunRecord
from reports.evidence.store import Store
from reports.judging.admission import CLOCK_SKEW, normalise_build

_SAME = ("name", "account", "region")
_SAME_PLACE = ("base_url", "images_url")
_EMBEDDED = ("the embedded stack",)  # why such a run is a rehearsal: its ports differ each time


def stored_loads(config: pytest.Config, max_age_s: int) -> Sequence[tuple[str, LoadRecord]]:
    """(run id, load) of earlier runs that say something of what this one looks at, newest first.

    Those that ended whole, without a fault, against the same environment and subject. A run with
    a fault looks at another service than any. Raises AlteredEvidence.
    """
    if config.option.fault is not None:
        return []
    facts = config.hook.pytest_gate_ready(config=config)
    seen = config.hook.pytest_gate_subject(config=config)
    runs = Store(Path(config.option.report_dir) / "store").runs()
    now = datetime.now(UTC)
    return [
        (run.run_id, load)
        for _, run in reversed(runs)
        if is_same(run, facts, seen) and is_young(run, now, timedelta(seconds=max_age_s))
        for load in run.loads
    ]


def is_same(run: RunRecord, facts: Mapping[str, Any], seen: Mapping[str, Any]) -> bool:
    """Whether a whole run looked at the environment and the subject that were just ``seen``."""
    where, subject, name = run.environment, run.subject, facts["name"]
    versions = (subject.version, subject.version_after, seen["version"])
    known = [normalise_build(version, name) for version in versions if version is not None]
    places = _SAME if run.rehearsal == _EMBEDDED else (*_SAME, *_SAME_PLACE)
    return (
        run.complete
        and run.fault is None
        and run.rehearsal == tuple(facts["rehearsal"])
        and all(getattr(where, one) == facts[one] for one in places)
        and len(known) == len(versions)
        and len(set(known)) == 1
        and subject.code_digest == subject.code_digest_after == seen["code_digest"]
    )


def is_young(run: RunRecord, now: datetime, oldest: timedelta) -> bool:
    """Whether it ended at most ``oldest`` ago, and not in the future."""
    return now - oldest <= run.ended <= now + CLOCK_SKEW
