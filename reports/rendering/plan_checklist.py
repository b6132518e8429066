"""The promotion plan as a checklist: what a decision, and those before it, say of each item.

It judges nothing: a state is what the decisions say of the item, the worst where several do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from reports.evidence.record import CheckRecord, Outcome, RunRecord
from reports.gates.plan_items import PlanItem
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.policy import REQUIRES
from reports.judging.result import Action
from reports.rendering.gate_chain import Link

# The states of an item, the worst first.
STATES = (
    "fail",
    "no evidence",
    "inconclusive",
    "pending",
    "waived",
    "not asked",
    "not applicable",
    "not rehearsed",
    "pass",
    "elsewhere",
)
OPEN = STATES[:4]  # what keeps somebody busy
_OF_OUTCOME = {
    Outcome.PASS: "pass",
    Outcome.FAIL: "fail",
    Outcome.INCONCLUSIVE: "inconclusive",
    Outcome.NOT_APPLICABLE: "not applicable",
    Outcome.NOT_ASKED: "not asked",
}
_DECISION_OF = "decision of "
_LOOKS = "observations "


class Said(NamedTuple):
    """One thing that speaks about an item; ``anchor`` is its place on the page, if it has one."""

    state: str
    words: str
    anchor: str | None = None


class Line(NamedTuple):
    """An item, its state, and everything that speaks about it."""

    item: PlanItem
    state: str
    said: tuple[Said, ...]


class Section(NamedTuple):
    """A heading of the plan with its items."""

    phase: str
    section: str
    lines: tuple[Line, ...]


def checklist(items: Sequence[PlanItem], chain: Mapping[str, Link]) -> tuple[Section, ...]:
    """Every item of the plan in its order. ``chain`` is by gate, the page's own decision first."""
    own = next(iter(chain))
    voices = {gate: _Voices(link, own=gate == own) for gate, link in chain.items()}
    lines = [_line(item, voices.get(item.gate) or voices.get("")) for item in items]
    return tuple(
        Section(
            phase,
            section,
            tuple(one for one in lines if (one.item.phase, one.item.section) == (phase, section)),
        )
        for phase, section in dict.fromkeys((item.phase, item.section) for item in items)
    )


def _line(item: PlanItem, voices: _Voices | None) -> Line:
    said = tuple(voices.about(item)) if voices else ()
    if not said:
        why = f"{item.gate} decides about it; this page does not rest on a decision of that gate"
        return Line(item, "elsewhere", (Said("elsewhere", why),))
    return Line(item, min((one.state for one in said), key=STATES.index), said)


class _Voices:
    """What one decision and its runs say."""

    def __init__(self, link: Link, *, own: bool) -> None:
        self._link = link
        self._own = own
        self._latest = link.latest()
        self._cases = {check.id: check.cases for check in link.expected}
        self._citing: dict[str, list[str]] = {}
        for check in link.expected:
            for name in check.items:
                self._citing.setdefault(name, []).append(check.id)
        self._reasons = {
            reason.check: reason
            for line in link.decision.objectives
            for reason in line.reasons
            if reason.check
        }
        self._accepted = {
            one.check: one.accepted
            for line in link.decision.objectives
            for one in line.not_applicable
        }
        self._waived = {one.objective for one in link.decision.waived if one.refused is None}

    def about(self, item: PlanItem) -> Iterator[Said]:
        decision = self._link.decision
        for left in decision.left_out:
            if item.id in left.items:
                yield Said("not rehearsed", f"{left.id}: {left.why}")
        for line in decision.objectives:
            if item.id in line.items:
                yield self._objective(line)
        for check in self._citing.get(item.id, []):
            if check in self._latest or self._must_run(check, item):
                yield self._check(check)
        for word in decision.attestations:
            if word.item == item.id:
                by = f"{word.role}: {word.by.name}" if word.given and word.by else word.role
                state = "pass" if word.given else "fail" if word.denied else "pending"
                yield Said(
                    state,
                    f"{by}{'' if word.given else ', ' + (word.why or 'pending')}",
                    self._here(f"word-{word.item}"),
                )
        if item.kind == "evidence" and decision.gate is not None:
            yield self._evidence(item.place)

    def _must_run(self, check: str, item: PlanItem) -> bool:
        """Whether the item rests on the check: without a gate only on what ran."""
        gated = self._link.decision.gate is not None and item.kind == "check"
        return gated and item.place in (check, check.partition(".")[0])

    def _here(self, anchor: str) -> str | None:
        """Only what the page's own decision says has a place on it."""
        return anchor if self._own else None

    def _objective(self, line: ObjectiveResult) -> Said:
        state = line.result.value.replace("_", " ")
        if line.id in self._waived and state != "pass":
            state = "waived"
        told = f"objective {line.id}: {line.value or 'nothing'}, limit {line.limit}"
        return Said(state, told, self._here(f"objective-{line.id}"))

    def _check(self, name: str) -> Said:
        anchor = self._here(f"check-{name}")
        reason = self._reasons.get(name)
        if reason is not None:
            return Said(reason.result.value.replace("_", " "), f"{name}: {reason.why}", anchor)
        seen = self._latest.get(name)
        if seen is None:
            return Said("no evidence", f"{name} did not run")
        return Said(self._state(seen[1]), f"{name}: {_outcome(seen[1])}", anchor)

    def _state(self, check: CheckRecord) -> str:
        state = _OF_OUTCOME.get(check.outcome, "no evidence")
        if state == "pass" and check.cases != self._cases.get(check.id):
            return "no evidence"
        if state == "not applicable" and not self._accepted.get(check.id, False):
            return "no evidence"
        return state

    def _evidence(self, place: str) -> Said:
        """What a run or a gate leaves behind, by the words of ``plan-items.toml``."""
        decision = self._link.decision
        if place.startswith(_DECISION_OF):
            return self._decision(place.removeprefix(_DECISION_OF), decision)
        if place.startswith(_LOOKS):
            looks = sum(len(run.observations) for _, run in self._link.runs)
            return Said(
                "pass" if looks else "no evidence",
                f"{looks} windows observed",
                self._here("windows"),
            )
        kept = sum(_KEPT[place](run) for _, run in self._link.runs) if place in _KEPT else 0
        return Said(
            "pass" if kept else "no evidence", f"{place}: {kept} kept", self._here("evidence")
        )

    def _decision(self, gate: str, decision: Decision) -> Said:
        if gate == decision.gate:
            said = decision.decision or Action.HOLD
            return Said(
                "pass" if said is Action.PROMOTE else "no evidence",
                f"{gate}: {said}",
                self._here("decision"),
            )
        line = next((one for one in decision.objectives if one.id == REQUIRES + gate), None)
        if line is None:
            return Said("not rehearsed", f"{gate}: not asked for here")
        return Said(
            line.result.value.replace("_", " "),
            f"{gate}: {line.value or 'none'}",
            self._here(f"objective-{line.id}"),
        )


def _outcome(check: CheckRecord) -> str:
    word = check.outcome.value.replace("_", " ")
    return f"{word}, {check.cases} cases, {check.observations} observations"


def _ran(run: RunRecord) -> int:
    return sum(check.outcome in (Outcome.PASS, Outcome.FAIL) for check in run.checks)


def _loads(run: RunRecord) -> int:
    return len(run.loads)


def _scans(run: RunRecord) -> int:
    return len(run.scans)


def _reviewed(run: RunRecord) -> int:
    return sum(
        check.id == "readiness.terraform_plan" and check.outcome in (Outcome.PASS, Outcome.FAIL)
        for check in run.checks
    )


def _documents(beginning: str) -> Callable[[RunRecord], int]:
    return lambda run: sum(one.name.startswith(beginning) for one in run.documents)


# How many a run has of what ``plan-items.toml`` calls by these words.
_KEPT: dict[str, Callable[[RunRecord], int]] = {
    "test results": _ran,
    "performance benchmarks": _loads,
    "load report": _loads,
    "security scan": _scans,
    "terraform plan": _reviewed,
    "bucket policies": _documents("bucket policy of "),
    "distribution configuration": _documents("configuration of distribution "),
}


def count_states(sections: Iterable[Section]) -> dict[str, int]:
    """How many items are in each state, the worst first; states without any are left out."""
    lines = [line for section in sections for line in section.lines]
    counted = {state: sum(line.state == state for line in lines) for state in STATES}
    return {state: count for state, count in counted.items() if count}
