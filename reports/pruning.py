"""Old evidence that nothing rests on, and that no decision could rest on any more, goes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta

from reports.deciding import read_decision
from reports.evidence.record import RunRecord
from reports.evidence.store import Store
from reports.judging.admission import beside, unusable
from reports.judging.policy import Policy
from reports.strict_toml import ConfigurationError


def prune(
    store: Store, older: timedelta, now: datetime, policies: Collection[Policy]
) -> tuple[int, int]:
    """How many runs were removed, and how many stay: all that a decision by ``policies`` heeds.

    A gate forgets a failure when it is older than its ``max_age``, and no sooner is it removed.
    Raises ConfigurationError for an ``older`` below that, AlteredEvidence where a file cannot be
    read: that is not thrown away either.
    """
    _check_age(older, policies)
    named = {
        run
        for digest in store.decisions()
        for run in read_decision(store.get_decision(digest), digest).inputs.runs
    }
    runs = store.contents().runs
    broken = {digest for digest, _ in unusable(runs)}  # these hold gates, whatever their age
    old = [
        (digest, run)
        for digest, run in runs
        if digest not in named | broken and now - run.ended > older
    ]
    vouching = set(_vouching(runs, {digest for digest, _ in old}, policies))
    gone = [(digest, run) for digest, run in old if run.run_id not in vouching]
    for digest, run in gone:
        store.forget(digest, run.run_id)
    return len(gone), len(runs) - len(gone)


def _check_age(older: timedelta, policies: Collection[Policy]) -> None:
    longest = max(policies, key=lambda one: one.oldest)
    if older < longest.oldest:
        raise ConfigurationError(
            f"--older: a run counts for {longest.max_age} at {longest.gate}, and removing one that "
            f"failed would let its build pass; the shortest is --older {longest.max_age}"
        )


def _vouching(
    runs: Sequence[tuple[str, RunRecord]], old: Collection[str], policies: Collection[Policy]
) -> Iterator[str]:
    """The ids of runs, however old, by which it is judged what build an import that stays saw."""
    imports = [run for digest, run in runs if run.source.imported and digest not in old]
    for policy in policies:
        for imported in imports:
            for rehearsal in (False, True):
                yield from (one.run_id for one in beside(imported, policy, runs, rehearsal))
