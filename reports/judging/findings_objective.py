"""Objectives that count findings: severe weaknesses that nobody waived, by fingerprint.

The latest whole run of the layer decides, with all that newer runs saw. What a scanner saw before
stands until a scan by the same scanner, of the same target and as thorough, comes to its end
without it. None found says something only where the layer's checks all ran and an accepted scanner
came to its end.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from reports.evidence.finding import Finding, Severity
from reports.evidence.record import ExpectedCheck, RunRecord
from reports.evidence.scan import Mode, Scan
from reports.judging.admission import Admitted
from reports.judging.decision import ObjectiveResult, Reason
from reports.judging.pass_rate import (
    MOST_REASONS,
    Judged,
    Tally,
    Terms,
    items_of,
    nothing,
    wanted_checks,
)
from reports.judging.policy import Objective
from reports.judging.result import Result, worst
from reports.judging.waiver import Waiver, short

SCAN_CHECK = "security.scan"  # what it showed is told by its scans and findings, not its outcome
_MODES: tuple[Mode, ...] = ("active", "imported")
# A report that is imported does not tell its mode: it may have been either.
_THOROUGH: tuple[Mode, ...] = ("passive", "imported", "active")
_NAMED = 3


class _Seen(NamedTuple):
    """One fingerprint: the finding at its worst, and the waivers of it."""

    finding: Finding
    waivers: tuple[Waiver, ...]


def judge_findings(
    objective: Objective,
    expected: Sequence[ExpectedCheck],
    admitted: Sequence[Admitted],
    terms: Terms,
) -> Judged:
    """``admitted`` are the runs that count, oldest first."""
    wanted = wanted_checks(objective, expected)
    runs = [one for one in admitted if objective.layer in one.run.layers]
    if not wanted or not runs:
        why = f"no run of layer {objective.layer} counts"
        why = why if wanted else f"layer {objective.layer} has no check yet"
        return Judged(nothing(objective, wanted, why), (), ())
    return _Count(objective, wanted, Tally(objective, wanted, runs, terms), terms).judged()


def refusal(waiver: Waiver, finding: Finding, objective: Objective, now: datetime) -> str | None:
    """Why the objective does not take a waiver of that finding, if it does not."""
    if waiver.expired(now):
        return "it is expired"
    if finding.severity is Severity.CRITICAL and not objective.waive_critical:
        return "this gate waives nothing critical"
    return None


class _Count:
    """What the runs of a layer found, and whether that they found no more says something."""

    def __init__(
        self,
        objective: Objective,
        wanted: Sequence[ExpectedCheck],
        tally: Tally,
        terms: Terms,
    ) -> None:
        self.objective, self.wanted, self.tally, self.terms = objective, wanted, tally, terms
        self.checks = {check.id: check for check in wanted}
        standing = [
            (one, findings)
            for one, later in _with_later(tally)
            if (findings := self._standing(one.run, later))
        ]
        self.sources = (*(one for one, _ in standing), tally.deciding, *tally.newer)
        self.notes = list(tally.notes)
        self.notes += [
            f"what {name} saw in run {one.run.run_id} stands: no scan by it since, of the same "
            "target and as thorough, came to its end"
            for one, findings in standing
            for name in sorted({finding.source for finding in findings})
        ]
        self.open: list[Finding] = []
        for seen in self._seen([finding for _, findings in standing for finding in findings]):
            if not self._waived(seen):
                self.open.append(seen.finding)
        self.unproven = list(self._unproven())

    def _standing(self, run: RunRecord, later: Sequence[RunRecord]) -> list[Finding]:
        """What scanners saw in an older run, of what counts here, and nothing since takes back."""
        return [
            finding
            for finding in run.findings
            if finding.severity in self.objective.severities
            and not self._by_check(finding)
            and not self._taken_back(finding, run, later)
        ]

    def _taken_back(self, finding: Finding, run: RunRecord, later: Sequence[RunRecord]) -> bool:
        own = [scan for scan in run.scans if scan.name == finding.source]
        if not own and finding.source in self.objective.scanners:
            # The run was cut off before its scan was kept: how thorough it was is not known.
            ends = (scan for one in later for scan in one.scans if scan.reached)
            return any(scan.name == finding.source and scan.mode == "active" for scan in ends)
        return all(
            any(self._covers(scan, one, old, run) for one in later for scan in one.scans)
            for old in own or run.scans
        )

    def _covers(self, scan: Scan, newer: RunRecord, old: Scan, older: RunRecord) -> bool:
        """Whether it would have seen what ``old`` saw."""
        if not scan.reached or (scan.name, scan.target) != (old.name, old.target):
            return False
        if _THOROUGH.index(scan.mode) < _THOROUGH.index(old.mode):
            return False
        spared = 0
        if scan.mode == "imported":
            # A report tells of places with an alert alone, so a mended one is no longer among them.
            spared = len(self._places(older, old) - self._places(newer, scan))
        return scan.endpoints + spared >= old.endpoints

    def _places(self, run: RunRecord, scan: Scan) -> set[str]:
        """Where it saw what this objective counts."""
        return {
            " ".join(finding.where.split()[:2])
            for finding in run.findings
            if finding.source == scan.name and finding.severity in self.objective.severities
        }

    def _seen(self, standing: Sequence[Finding]) -> list[_Seen]:
        here = (self.tally.deciding, *self.tally.newer)
        found = [*standing, *(finding for one in here for finding in one.run.findings)]
        by_name: dict[str, Finding] = {}
        for finding in sorted(found, key=lambda one: (one.severity.rank, one.rule, one.where)):
            if finding.severity in self.objective.severities:
                by_name.setdefault(finding.fingerprint, finding)
        return [
            _Seen(
                finding,
                tuple(one for one in self.terms.waivers if one.fingerprint == finding.fingerprint),
            )
            for finding in by_name.values()
        ]

    def _by_check(self, finding: Finding) -> bool:
        return finding.source in self.checks and finding.source != SCAN_CHECK

    def _waived(self, seen: _Seen) -> bool:
        """Whether a waiver is taken; every waiver of the finding is noted either way."""
        taken = False
        for waiver in seen.waivers:
            said = f"{_named(seen.finding)} by {waiver.owner} until {waiver.until}: {waiver.reason}"
            why = refusal(waiver, seen.finding, self.objective, self.terms.now)
            if why is None:
                taken = True
                self.notes.append(f"waived: {said}")
            else:
                self.notes.append(f"waiver refused, {why}: {said}")
        return taken

    def _unproven(self) -> Iterator[Reason]:
        for reason in self.tally.reasons:
            if reason.check != SCAN_CHECK and reason.result is not Result.FAIL:
                yield reason
            elif reason.check not in (None, SCAN_CHECK) and not self._told(reason.check):
                why = "it failed and reported no finding, so what it would have found is not known"
                yield Reason(
                    check=reason.check, result=Result.NO_EVIDENCE, why=why, items=reason.items
                )
        scans = [scan for one in (self.tally.deciding, *self.tally.newer) for scan in one.run.scans]
        if not any(self._accepted(scan) for scan in scans):
            names = " or ".join(self.objective.scanners)
            why = f"no scan by {names} came to its end" + "".join(
                f"; {self._refusal(scan)}" for scan in scans[:_NAMED]
            )
            yield Reason(check=None, result=Result.NO_EVIDENCE, why=why)

    def _told(self, check: str | None) -> bool:
        return any(
            finding.source == check and finding.severity.fails
            for one in (self.tally.deciding, *self.tally.newer)
            for finding in one.run.findings
        )

    @property
    def _modes(self) -> tuple[Mode, ...]:
        return self.objective.scan_modes or _MODES

    def _accepted(self, scan: Scan) -> bool:
        known = scan.name in self.objective.scanners and scan.mode in self._modes
        return known and scan.reached

    def _refusal(self, scan: Scan) -> str:
        if scan.name not in self.objective.scanners:
            return f"{scan.name} is not accepted here"
        if scan.mode not in self._modes:
            return f"that of {scan.name} was {scan.mode}"
        return f"{scan.name}: {scan.why or 'it reached nothing'}"

    def judged(self) -> Judged:
        """The count, and what it comes to."""
        limit, count = self.objective.limit, Fraction(len(self.open))
        missed = not limit.met_by(count)
        if missed:
            result = Result.FAIL
        else:
            result = worst(one.result for one in self.unproven) if self.unproven else Result.PASS
        failures = [self._reason(finding) for finding in self.open] if missed else []
        reasons = [*failures, *self.unproven]
        reasons.sort(key=lambda one: one.result is not result)
        tally = self.tally
        return Judged(
            ObjectiveResult(
                id=self.objective.id,
                title=self.objective.title,
                result=result,
                value=str(count),
                limit=self.objective.criterion,
                headroom=str(limit.headroom(count)),
                checks=len(self.wanted),
                passed=tally.passed,
                observations=tally.observations,
                source=tuple(one.digest for one in self.sources),
                age_s=(self.terms.now - tally.deciding.run.ended) // timedelta(seconds=1),
                items=items_of(self.objective, self.wanted),
                reasons=tuple(reasons[:MOST_REASONS]),
                more_reasons=max(0, len(reasons) - MOST_REASONS),
                not_applicable=tuple(tally.not_applicable),
                notes=tuple(self.notes),
                flip=self._flip(result, count),
            ),
            self.sources,
            tuple(tally.harness_errors),
        )

    def _reason(self, finding: Finding) -> Reason:
        check = self.checks.get(finding.source)
        return Reason(
            check=check.id if check else None,
            result=Result.FAIL,
            why=f"{_named(finding)}, seen by {finding.source}",
            items=check.items if check else (),
            expectation=f"{_named(finding)}, seen by {finding.source}",
            expected=f"nothing of it; to fix it: {finding.remediation}",
            actual=finding.evidence,
        )

    def _flip(self, result: Result, count: Fraction) -> str:
        kinds = " or ".join(self.objective.severities)
        if result is Result.PASS:
            spare = 1
            while self.objective.limit.met_by(count + spare):
                spare += 1
            return f"{spare} more of severity {kinds}, a check without evidence, or a waiver's end"
        if result is Result.FAIL:
            names = [short(one.fingerprint) for one in self.open]
            more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
            return (
                f"a whole run of this build without {', '.join(names[:_NAMED])}{more}, "
                "or waivers in reports/gates/waivers.toml"
            )
        return (
            f"a whole run of this build in which every check of {self.objective.layer} is seen, "
            f"with a scan by {' or '.join(self.objective.scanners)}, or its import after it"
        )


def _with_later(tally: Tally) -> Iterator[tuple[Admitted, list[RunRecord]]]:
    """Older runs, each with those after it that could show that something is gone."""
    runs = [*tally.older, tally.deciding, *tally.newer]
    for number, one in enumerate(tally.older, start=1):
        later = [newer.run for newer in runs[number:] if newer.unconfirmed is None]
        yield one, [run for run in later if run.complete]


def _named(finding: Finding) -> str:
    what = f"{finding.severity}: {finding.title}, {finding.where}"
    return f"{what} ({short(finding.fingerprint)})"
