"""A decision in one line."""

from __future__ import annotations

import msgspec

from reports.judging.decision import Decision, ObjectiveResult
from reports.judging.result import Result


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
    if decision.verdict is Result.PASS:
        if decision.gate is None:
            return "all layers pass"
        return f"all {len(decision.objectives)} objectives pass"
    concerned = [one for one in decision.objectives if one.result is decision.verdict]
    more = f" (and {len(concerned) - 1} more)" if len(concerned) > 1 else ""
    return f"{_blame(concerned[0])}{more}"


def _blame(line: ObjectiveResult) -> str:
    reason = line.reasons[0]  # the first is what the result rests on
    items = f" ({', '.join(reason.items)})" if reason.items else ""
    who = f"{reason.check}{items}" if reason.check else line.id
    return f"{who}: {reason.why}"


def _remark(decision: Decision) -> str:
    if not decision.rehearsal:
        return ""
    return " (REHEARSAL)" if decision.gate is not None else " (rehearsal)"
