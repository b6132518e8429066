"""A decision in one line."""

from __future__ import annotations

import msgspec

from reports.judging.concluding import waited_for
from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.result import Result, worst


def sentence(decision: Decision) -> Decision:
    """The decision with its ``sentence``, which begins with one word in capitals."""
    said = f"{_word(decision)}  {_subject(decision)}: {_why(decision)}{_remark(decision)}"
    return msgspec.structs.replace(decision, sentence=said)


def _word(decision: Decision) -> str:
    if decision.harness_error is not None:
        return "ERROR"
    if decision.decision is None:
        return decision.verdict.value.upper().replace("_", " ")
    return decision.decision.value.upper()


def _subject(decision: Decision) -> str:
    what = decision.gate or ", ".join(decision.layers)
    build = f", build {decision.build}" if decision.build else ""
    return f"{what} on {decision.environment}{build}"


def _why(decision: Decision) -> str:
    if decision.harness_error is not None:
        return f"the harness itself failed in {decision.harness_error}"
    if decision.gate is None and decision.verdict is Result.PASS:
        return "all layers pass"
    waiting = waited_for(decision.objectives, decision.waived)
    denied = [one for one in decision.attestations if one.denied]
    pending = [one for one in decision.attestations if not one.given]
    if decision.fired:
        waiting = [one for one in waiting if one.id in decision.fired]
    if denied and not waiting:
        return f"{denied[0].item}: {denied[0].why}"
    if waiting:
        verdict = worst(line.result for line in waiting)
        concerned = [one for one in waiting if one.result is verdict]
        more = f" (and {len(concerned) - 1} more)" if len(concerned) > 1 else ""
        return f"{_blame(concerned[0])}{more}"
    if pending:
        more = f" (and {len(pending) - 1} more)" if len(pending) > 1 else ""
        return f"{pending[0].item} waits for the {pending[0].role}{more}"
    passed = sum(one.result is Result.PASS for one in decision.objectives)
    waived = len(decision.objectives) - passed
    return (
        f"{passed} objectives pass, {waived} waived"
        if waived
        else f"all {len(decision.objectives)} objectives pass"
    )


def _blame(line: ObjectiveResult) -> str:
    reason = line.reasons[0]  # the first is what the result rests on
    items = f" ({', '.join(reason.items)})" if reason.items else ""
    who = f"{reason.check}{items}" if reason.check else line.id
    return f"{who}: {reason.why}"


def _remark(decision: Decision) -> str:
    if not decision.rehearsal:
        return ""
    return " (REHEARSAL)" if decision.gate is not None else " (rehearsal)"
