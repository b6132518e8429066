"""A decision with the runs that it rests on, and the decisions of earlier gates that it names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from reports.deciding import read_decision
from reports.evidence.checks_list import parse_checks
from reports.evidence.record import CheckRecord, ExpectedCheck, Outcome, RunRecord
from reports.evidence.store import Store
from reports.judging.decision import Decision
from reports.judging.policy import REQUIRES


class Link(NamedTuple):
    """One decision. ``runs`` are those that counted, newest first, with their digests."""

    digest: str
    decision: Decision
    runs: tuple[tuple[str, RunRecord], ...]
    expected: tuple[ExpectedCheck, ...]

    def latest(self) -> dict[str, tuple[str, CheckRecord]]:
        """Of each check the digest and record of the newest run that it was asked in."""
        found: dict[str, tuple[str, CheckRecord]] = {}
        for digest, run in self.runs:
            for check in run.checks:
                known = found.get(check.id)
                if known is None or (
                    known[1].outcome is Outcome.NOT_ASKED and check.outcome is not Outcome.NOT_ASKED
                ):
                    found[check.id] = (digest, check)
        return found


def chain_of(store: Store, digest: str, decision: Decision) -> Mapping[str, Link]:
    """By gate: this decision, and those of the gates that had to come before, theirs included.

    A run that no gate asked for stands under "". Raises AlteredEvidence.
    """
    chain: dict[str, Link] = {}
    waiting = [(digest, decision)]
    while waiting:
        named, made = waiting.pop()
        if (made.gate or "") in chain:
            continue
        chain[made.gate or ""] = _link(store, named, made)
        for line in made.objectives:
            if line.id.startswith(REQUIRES):
                waiting += [
                    (one, read_decision(store.get_decision(one), one)) for one in line.source
                ]
    return chain


def _link(store: Store, digest: str, decision: Decision) -> Link:
    refused = {one.digest for one in decision.not_counted}
    runs = [(one, store.get_run(one)) for one in decision.inputs.runs if one not in refused]
    runs.sort(key=lambda one: (one[1].ended.isoformat(), one[0]), reverse=True)
    checks = store.get_text(decision.inputs.checks)
    return Link(digest, decision, tuple(runs), parse_checks(checks, "stored checks.tsv"))
