"""A decision with the runs that it rests on; several make a chain of gates."""

from __future__ import annotations

from typing import NamedTuple

from reports.evidence.record import CheckRecord, ExpectedCheck, Outcome, RunRecord
from reports.judging.decision import Decision


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
