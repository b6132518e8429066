"""The share of expected checks that passed: what each one showed, and what that comes to.

The latest whole run decides; failures that a newer, partial run saw count as well, so that
no run can be cut short to hide what it found.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

from reports.evidence.contents import Intent
from reports.evidence.record import CheckRecord, ExpectedCheck, Outcome
from reports.judging.admission import Admitted
from reports.judging.check_outcome import failure_reason, why_not_passed
from reports.judging.criterion import percentage
from reports.judging.decision import NotApplicable, ObjectiveResult, Reason
from reports.judging.policy import Objective
from reports.judging.result import Result, worst
from reports.judging.waiver import Waiver

MOST_REASONS = 20
_UNLISTED = 0  # the cases of a check that suites/checks.tsv does not know


class Judged(NamedTuple):
    """An objective's result, the runs it rests on, and what broke in the harness."""

    result: ObjectiveResult
    sources: tuple[Admitted, ...]
    harness_errors: tuple[str, ...]


class Terms(NamedTuple):
    """What a policy says about every objective."""

    accepted: Collection[str]
    accepted_unasked: Collection[str]  # options of a run that a layer counts without
    need_waiver: bool
    now: datetime
    oldest: timedelta  # the age above which evidence no longer counts
    aborted: tuple[Intent, ...]
    profiles: Mapping[str, tuple[str, ...]]  # objective -> profiles that a rehearsal accepts
    shorter: Mapping[str, str] = {}  # objective -> the time that a rehearsal watches
    waivers: tuple[Waiver, ...] = ()  # of this gate, expired ones too


def judge_pass_rate(
    objective: Objective,
    expected: Sequence[ExpectedCheck],
    admitted: Sequence[Admitted],
    terms: Terms,
) -> Judged:
    """``admitted`` are the runs that count, oldest first."""
    wanted = wanted_checks(objective, expected)
    layers = {check.layer for check in wanted}
    runs = [one for one in admitted if layers & set(one.run.layers)]
    if not wanted or not runs:
        what = f"layer {objective.layer}" if objective.layer else ", ".join(objective.checks)
        why = f"no run of {what} counts" if wanted else f"{what} has no check yet"
        return Judged(nothing(objective, wanted, why), (), ())
    return Tally(objective, wanted, runs, terms).judged()


def wanted_checks(objective: Objective, expected: Sequence[ExpectedCheck]) -> list[ExpectedCheck]:
    """The checks that the objective rests on; a named one that is not expected has no cases."""
    if objective.layer:
        return [check for check in expected if check.layer == objective.layer]
    known = {check.id: check for check in expected}
    return [
        known.get(name)
        or ExpectedCheck(id=name, layer=name.partition(".")[0], items=(), cases=_UNLISTED)
        for name in objective.checks
    ]


class Tally:
    """What the runs showed for one objective: the latest whole one, and those newer than it."""

    def __init__(
        self,
        objective: Objective,
        wanted: Sequence[ExpectedCheck],
        runs: Sequence[Admitted],
        terms: Terms,
    ) -> None:
        self.objective, self.wanted, self.terms = objective, wanted, terms
        ids = {check.id for check in wanted}
        # What an objective names was asked for: only a layer can do without some of it.
        self.unasked = terms.accepted_unasked if objective.layer else ()
        whole = [n for n, one in enumerate(runs) if is_whole(one, ids, self.unasked)]
        at = whole[-1] if whole else len(runs) - 1
        self.older, self.deciding, self.newer = runs[:at], runs[at], runs[at + 1 :]
        self.reasons: list[Reason] = []
        self.left_unasked: dict[str, list[str]] = {}
        self.harness_errors: list[str] = []
        self.not_applicable: list[NotApplicable] = []
        self.passed = self.failed = self.unknown = self.observations = 0
        seen = {check.id: check for check in self.deciding.run.checks}
        for check in wanted:
            self._look(check, seen.get(check.id))
        self._unlisted(ids)
        if not self.deciding.run.complete:
            self._unproven(None, f"the run stopped: {self.deciding.run.stopped or 'not said why'}")
        self.notes = (*self._not_asked(), *self._earlier(self.older, ids))

    def _look(self, check: ExpectedCheck, record: CheckRecord | None) -> None:
        for one in self.newer:  # a run that was cut short still saw what it saw
            later = next((c for c in one.run.checks if c.id == check.id), None)
            if later is not None and later.outcome in (Outcome.FAIL, Outcome.ERROR):
                record = later
        if record is None:
            self._unproven(check, "it did not run: not selected, not collected or not reached")
            return
        self.observations += record.observations
        if record.outcome is Outcome.FAIL:
            self.failed += 1
            self.reasons.append(failure_reason(record, check.items))
        elif record.outcome is Outcome.ERROR:
            said = record.reason or "it did not say how"
            self.harness_errors.append(f"{check.id}: {said}")
            self._unproven(check, f"the harness itself failed: {said}")
        elif check.cases == _UNLISTED:
            self._unproven(check, "it ran and suites/checks.tsv does not list it")
        elif record.outcome is Outcome.NOT_APPLICABLE:
            self._absent(check, record)
        elif record.outcome is Outcome.NOT_ASKED and record.capability in self.unasked:
            self.left_unasked.setdefault(str(record.capability), []).append(check.id)
        else:
            why = why_not_passed(check, record)
            if why is None:
                self.passed += 1
            else:
                told = record.outcome is not Outcome.INCONCLUSIVE
                self._unproven(check, why, Result.NO_EVIDENCE if told else Result.INCONCLUSIVE)

    def _not_asked(self) -> Iterator[str]:
        for option, names in self.left_unasked.items():
            said = f"--{option.replace('_', '-')}"
            yield f"done only with {said}, which this run was not given: {', '.join(names)}"

    def _absent(self, check: ExpectedCheck, record: CheckRecord) -> None:
        capability = record.capability or ""
        declared = capability in self.deciding.run.environment.absent
        accepted = declared and capability in self.terms.accepted
        self.not_applicable.append(
            NotApplicable(
                check=check.id, capability=capability, accepted=accepted, items=check.items
            )
        )
        if not accepted:
            said = f"needs {capability}, " if capability else "says not why it is not applicable, "
            missing = (
                "which this policy does not accept as absent"
                if declared
                else "which the environment does not declare absent"
            )
            self._unproven(check, said + missing)

    def _unlisted(self, ids: set[str]) -> None:
        """What ran in the layer and checks.tsv does not know can hold a gate, never pass it."""
        if self.objective.layer is None:
            return  # another objective's layer, or checks that are named
        for record in self.deciding.run.checks:
            if record.layer == self.objective.layer and record.id not in ids:
                stranger = ExpectedCheck(
                    id=record.id, layer=record.layer, items=record.items, cases=_UNLISTED
                )
                self._look(stranger, record)

    def _earlier(self, older: Sequence[Admitted], ids: set[str]) -> tuple[str, ...]:
        notes = [
            f"{record.id} failed earlier, in run {one.run.run_id} of {one.run.ended.isoformat()}"
            for one in older
            for record in one.run.checks
            if record.id in ids and record.outcome is Outcome.FAIL
        ]
        layers = {check.layer for check in self.wanted}
        notes += [
            f"run {intent.run_id} began at {intent.started.isoformat()} and did not finish"
            for intent in self.terms.aborted
            if layers & set(intent.layers)
        ]
        if self.terms.need_waiver:
            for note in notes:
                self._unproven(None, f"{note}: this gate needs a waiver for that")
        return tuple(notes)

    def _unproven(
        self, check: ExpectedCheck | None, why: str, result: Result = Result.NO_EVIDENCE
    ) -> None:
        self.unknown += 1
        self.reasons.append(
            Reason(
                check=check.id if check else None,
                result=result,
                why=why,
                items=check.items if check else (),
            )
        )

    def judged(self) -> Judged:
        """The share, and what it comes to."""
        limit = self.objective.limit
        applicable = self.passed + self.failed + self.unknown
        if applicable == 0:
            self._unproven(None, "every check is not applicable, so nothing was shown")
            share = None
            result = Result.NO_EVIDENCE
        else:
            share = Fraction(self.passed, applicable)
            best = Fraction(self.passed + self.unknown, applicable)
            if not limit.met_by(best):
                result = Result.FAIL
            else:
                unproven = {reason.result for reason in self.reasons} - {Result.FAIL}
                result = worst(unproven) if unproven else Result.PASS
        # What the result rests on comes first: the list is cut, and the sentence quotes it.
        reasons = sorted(self.reasons, key=lambda reason: reason.result is not result)
        sources = (self.deciding, *self.newer)
        return Judged(
            ObjectiveResult(
                id=self.objective.id,
                title=self.objective.title,
                result=result,
                value=None if share is None else percentage(share),
                limit=self.objective.criterion,
                headroom=None if share is None else percentage(limit.headroom(share)),
                checks=len(self.wanted),
                passed=self.passed,
                observations=self.observations,
                source=tuple(one.digest for one in sources),
                age_s=(self.terms.now - self.deciding.run.ended) // timedelta(seconds=1),
                items=items_of(self.objective, self.wanted),
                reasons=tuple(reasons[:MOST_REASONS]),
                more_reasons=max(0, len(reasons) - MOST_REASONS),
                not_applicable=tuple(self.not_applicable),
                notes=self.notes,
                flip=self._flip(result, reasons),
            ),
            sources,
            tuple(self.harness_errors),
        )

    def _flip(self, result: Result, reasons: Sequence[Reason]) -> str:
        if result is Result.PASS:
            total = self.passed + self.failed
            spare = 0
            while self.objective.limit.met_by(Fraction(self.passed - spare - 1, total)):
                spare += 1  # ends below 0 at the latest: a limit asks for more than nothing
            return f"{spare + 1} more of {total} checks failing, or one without evidence"
        names = sorted({reason.check for reason in reasons if reason.check})
        if not names:
            return "a whole run of this build in which every check is seen"
        more = f" and {len(names) - 3} more" if len(names) > 3 else ""
        verb = "passes" if len(names) == 1 else "pass"
        return f"a whole run of this build in which {', '.join(names[:3])}{more} {verb}"


def is_whole(one: Admitted, ids: set[str], unasked: Collection[str] = ()) -> bool:
    """Whether the run came to its end over all of ``ids``.

    A check that was not asked for is none that it came over, unless by an option of ``unasked``.
    """
    seen = {
        check.id
        for check in one.run.checks
        if check.outcome is not Outcome.NOT_ASKED or check.capability in unasked
    }
    return one.run.complete and ids <= seen


def items_of(objective: Objective, wanted: Sequence[ExpectedCheck]) -> tuple[str, ...]:
    """The plan items it serves: its own, or those of its checks."""
    own = dict.fromkeys(item for check in wanted for item in check.items)
    return objective.items or tuple(sorted(own))


def nothing(objective: Objective, wanted: Sequence[ExpectedCheck], why: str) -> ObjectiveResult:
    """No run tells anything about the objective."""
    return ObjectiveResult(
        id=objective.id,
        title=objective.title,
        result=Result.NO_EVIDENCE,
        value=None,
        limit=objective.criterion,
        headroom=None,
        checks=len(wanted),
        passed=0,
        observations=0,
        source=(),
        age_s=None,
        items=items_of(objective, wanted),
        reasons=(Reason(check=None, result=Result.NO_EVIDENCE, why=why),),
        more_reasons=0,
        not_applicable=(),
        notes=(),
        flip=(
            "a whole run of this build in which every check passes"
            if wanted
            else "checks that serve it, and a run of them"
        ),
    )
