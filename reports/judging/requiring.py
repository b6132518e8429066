"""The decisions that a gate requires of earlier gates, for the same build."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from reports.judging.admission import normalise_build
from reports.judging.decision import Decision, ObjectiveResult, Reason
from reports.judging.policy import REQUIRES, Policy
from reports.judging.result import Action, Result


class Earlier(NamedTuple):
    """A stored decision. ``doubt`` says why its signature is not taken, where one is needed."""

    digest: str
    decision: Decision
    doubt: str | None = None


def latest_decision(
    gate: str, policy: Policy, build: str | None, earlier: Sequence[Earlier], *, rehearsal: bool
) -> Earlier | None:
    """The latest decision of ``gate`` on ``build``. Rehearsals count in rehearsals alone."""
    of_build = [
        one
        for one in earlier
        if one.decision.gate == gate
        and one.decision.build is not None
        and normalise_build(one.decision.build, policy.environment) == build
        and (rehearsal or not one.decision.rehearsal)
    ]
    return max(of_build, key=_lateness, default=None)


def _lateness(one: Earlier) -> tuple[datetime, bool, str]:
    """Of two of one moment the one that does not promote is the later."""
    made = one.decision
    return made.decided_at, made.decision is not Action.PROMOTE, one.digest


def judge_requirement(
    gate: str,
    policy: Policy,
    build: str | None,
    earlier: Sequence[Earlier],
    *,
    rehearsal: bool,
    now: datetime,
) -> ObjectiveResult:
    """Whether the latest decision of ``gate`` on ``build`` promoted it, with no step ahead.

    The latest counts, so that no earlier promotion hides a hold.
    """
    latest = latest_decision(gate, policy, build, earlier, rehearsal=rehearsal)
    result, why = Result.PASS, ""
    if latest is None:
        result, why = Result.NO_EVIDENCE, f"{gate} has decided nothing on build {build}"
    elif latest.decision.decided_at > now:
        # A clock that was ahead would hide every hold and rollback since.
        when = latest.decision.decided_at.isoformat(timespec="seconds")
        result, why = Result.NO_EVIDENCE, f"{gate} decided in the future, at {when}"
    elif latest.doubt is not None:
        result, why = Result.NO_EVIDENCE, latest.doubt
    elif latest.decision.decision is not Action.PROMOTE:
        result, why = Result.FAIL, f"{gate} said {latest.decision.decision}, lastly"
    elif steps := [one.id for one in latest.decision.left_out if one.ahead]:
        # A part of the traffic was watched, and that was enough to go on, not to be done.
        why = f"{gate} promoted before {', '.join(steps)}, and was not asked again"
        result = Result.NO_EVIDENCE
    return ObjectiveResult(
        id=f"{REQUIRES}{gate}",
        title=f"{gate} promoted this build",
        result=result,
        value=str(latest.decision.decision) if latest else None,
        limit="promote",
        headroom=None,
        checks=0,
        passed=0,
        observations=0,
        source=(latest.digest,) if latest else (),
        age_s=None,
        items=(),
        reasons=(Reason(check=None, result=result, why=why),) if why else (),
        more_reasons=0,
        not_applicable=(),
        notes=(),
        flip=f"a decision of {gate} that promotes" if why else f"a later decision of {gate}",
    )
