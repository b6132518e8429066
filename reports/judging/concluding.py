"""From lines, words and waivers to promote, hold or rollback."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from reports.judging.decision import Attested, ObjectiveResult, Waived
from reports.judging.policy import Policy
from reports.judging.result import Action, ExitCode, Result, exit_code, worst

_TRIGGER = "ROLLBACK-TRIGGER-"  # an item of the plan: denied, what runs has to go


class Conclusion(NamedTuple):
    """``verdict`` is that of all lines, waived or not; the rest is what to do about it."""

    verdict: Result
    action: Action | None
    exit_code: ExitCode
    fired: tuple[str, ...] = ()  # objectives and items that say rollback


def conclude(
    policy: Policy,
    lines: Sequence[ObjectiveResult],
    attested: Sequence[Attested],
    waived: Sequence[Waived],
    *,
    harness_failed: bool,
) -> Conclusion:
    """A trigger that fired goes before all else, and a harness that failed decides nothing more.

    What is waived stays in the verdict, and is not waited for.
    """
    verdict = worst(line.result for line in lines)
    if policy.gate is None:
        return Conclusion(verdict, None, exit_code(verdict, harness_failed=harness_failed))
    triggers = {one.id for one in policy.objectives if one.rollback}
    fired = (
        *(line.id for line in lines if line.id in triggers and line.result is Result.FAIL),
        *(one.item for one in attested if one.denied and one.item.startswith(_TRIGGER)),
    )
    if fired:
        return Conclusion(verdict, Action.ROLLBACK, ExitCode.ROLLBACK, fired)
    waiting = waited_for(lines, waived)
    pending = worst([Result.PASS, *(line.result for line in waiting)])
    if any(one.denied for one in attested):
        pending = Result.FAIL
    elif pending is Result.PASS and not all(one.given for one in attested):
        pending = Result.NO_EVIDENCE
    code = exit_code(pending, harness_failed=harness_failed)
    action = Action.PROMOTE if code is ExitCode.PROMOTE else Action.HOLD
    return Conclusion(verdict, action, code)


def waited_for(lines: Sequence[ObjectiveResult], waived: Sequence[Waived]) -> list[ObjectiveResult]:
    """The lines that hold: those that do not pass and that no waiver is taken for."""
    taken = {one.objective for one in waived if one.refused is None}
    return [line for line in lines if line.result is not Result.PASS and line.id not in taken]
