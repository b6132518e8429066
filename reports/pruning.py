"""Old evidence that nothing rests on goes."""

from __future__ import annotations

from datetime import datetime

from reports.deciding import read_decision
from reports.evidence.store import Store


def prune(store: Store, before: datetime) -> tuple[int, int]:
    """How many runs were removed, and how many stay: younger ones, and inputs of decisions.

    Raises AlteredEvidence: what cannot be read is not thrown away either.
    """
    named = {
        run
        for digest in store.decisions()
        for run in read_decision(store.get_decision(digest), digest).inputs.runs
    }
    removed = kept = 0
    for digest, run in store.contents().runs:
        if run.ended < before and digest not in named:
            store.forget(digest, run.run_id)
            removed += 1
        else:
            kept += 1
    return removed, kept
