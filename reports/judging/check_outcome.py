"""Why a recorded check is no pass, in a sentence."""

from __future__ import annotations

from reports.evidence.record import CheckRecord, ExpectedCheck, Outcome
from reports.judging.decision import Reason
from reports.judging.result import Result

_NO_PASS = {
    Outcome.LOST: "it began and never reported",
    Outcome.SKIPPED: "it was skipped",
    Outcome.XFAILED: "it is marked as expected to fail",
    Outcome.UNSEEN: "it recorded no observation",
    Outcome.INCONCLUSIVE: "it could not tell",
    Outcome.NOT_ASKED: "it was not asked for",
}


def why_not_passed(check: ExpectedCheck, record: CheckRecord) -> str | None:
    """None for a pass; ``record`` neither failed, broke, nor is not applicable."""
    if record.outcome is not Outcome.PASS:
        said = f": {record.reason}" if record.reason else ""
        return _NO_PASS[record.outcome] + said
    if record.layer != check.layer:
        return f"it is recorded for layer {record.layer}"
    if record.cases < check.cases:
        return f"{record.cases} of {check.cases} cases ran"
    if record.cases > check.cases:
        return f"{record.cases} cases are recorded where there are {check.cases}"
    return _NO_PASS[Outcome.UNSEEN] if record.observations == 0 else None


def failure_reason(record: CheckRecord, items: tuple[str, ...]) -> Reason:
    """What the service did not meet."""
    failure = record.failure
    return Reason(
        check=record.id,
        result=Result.FAIL,
        why=record.reason or (failure.expectation if failure else "it failed"),
        items=items,
        expectation=failure.expectation if failure else None,
        expected=failure.expected if failure else None,
        actual=failure.actual if failure else None,
        curl=failure.curl if failure else None,
    )
