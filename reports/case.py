"""The cases of a run as their reports come in, put together to one record a check."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from reports.evidence.record import CheckRecord, Failure, Outcome

_WORST_FIRST = tuple(Outcome)


class Case:
    """One collected case of a check, over its set-up, call and teardown."""

    def __init__(self) -> None:
        self._phases: dict[str, Outcome] = {}
        self._detail: dict[Outcome, dict[str, Any]] = {}
        self.observations = 0
        self.duration_s = 0.0

    def add(self, when: str, duration_s: float, said: dict[str, Any] | None) -> None:
        """Take one phase's report; ``said`` is its ``report.gate``, None for a lost worker's."""
        self.duration_s += duration_s
        if said is None:
            self._phases[when] = Outcome.LOST
            return
        outcome = Outcome(said["outcome"])
        self._phases[when] = outcome
        self._detail.setdefault(outcome, said)
        self.observations = max(self.observations, int(said["observations"]))

    @property
    def outcome(self) -> Outcome:
        """The worst phase; lost without an end, unseen where nothing was observed."""
        worst = min(self._phases.values(), key=_WORST_FIRST.index, default=Outcome.LOST)
        if worst is not Outcome.PASS:
            return worst
        if "call" not in self._phases:
            return Outcome.LOST
        return Outcome.PASS if self.observations else Outcome.UNSEEN

    @property
    def detail(self) -> dict[str, Any]:
        """What the phase that decided the outcome said."""
        return self._detail.get(self.outcome, {})


_REASONS = {
    Outcome.LOST: "it began and never reported: its worker or the run was lost",
    Outcome.UNSEEN: "it passed without one recorded observation",
}


def check_record(
    check: str, layer: str, items: tuple[str, ...], cases: Iterable[Case]
) -> CheckRecord:
    """All cases of one check together: the worst outcome decides and speaks for it."""
    cases = list(cases)
    worst = min(cases, key=lambda case: _WORST_FIRST.index(case.outcome))
    outcome, said = worst.outcome, worst.detail
    failure = None
    if outcome is Outcome.FAIL:
        failure = Failure(
            expectation=said.get("expectation", "the check holds"),
            expected=said.get("expected", "the assertion holds"),
            actual=said.get("actual", ""),
            curl=said.get("curl"),
            request=said.get("request"),
            response=said.get("response"),
        )
    return CheckRecord(
        id=check,
        layer=layer,
        items=items,
        outcome=outcome,
        cases=len(cases),
        observations=sum(case.observations for case in cases),
        duration_s=round(sum(case.duration_s for case in cases), 6),
        reason=said.get("reason", "") or _REASONS.get(outcome, ""),
        capability=said.get("capability"),
        failure=failure,
    )
