"""The promotion plan against what is there: where each item is placed, which a check sees."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from reports.evidence.record import ExpectedCheck
from reports.gates.loading import gate_names, load_policy
from reports.gates.plan_items import KINDS, PlanItem
from reports.judging.policy import LAYERS


def account(
    items: Sequence[PlanItem],
    expected: Sequence[ExpectedCheck],
    total: int,
    *,
    faulted: Collection[str],
) -> tuple[list[str], list[str]]:
    """Lines that tell the coverage, and the problems that make it incomplete.

    ``faulted`` are the checks that a seeded fault names.
    """
    seen = {name for check in expected for name in check.items}
    lines = [f"{'items':>5} {'seen':>5}  {'placed as':<48} section"]
    for section in dict.fromkeys((item.phase, item.section) for item in items):
        own = [item for item in items if (item.phase, item.section) == section]
        kinds = Counter(item.kind for item in own)
        placed = ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS if kinds[kind])
        count = sum(item.id in seen for item in own)
        lines.append(f"{len(own):>5} {count:>5}  {placed:<48} {section[1]}")
    known = {item.id for item in items}
    lines.append(f"{len(items)} of {total} plan items have their place")
    lines.append(
        f"{len(seen & known)} of {total} are seen by a check today, {len(expected)} checks"
    )
    flipped = [check for check in expected if check.id in faulted]
    lines.append(f"{len(flipped)} of {len(expected)} checks have a seeded fault that flips them")
    problems = [*_misplaced(items, expected), *_unknown(expected, known)]
    problems += [
        f"{check.id}: no seeded fault flips it, so nothing shows that it can fail"
        for check in expected
        if check.id not in faulted
    ]
    if len(items) != total:
        problems.append(f"{len(items)} items have a place, not {total}")
    return lines, problems


def _misplaced(items: Sequence[PlanItem], expected: Sequence[ExpectedCheck]) -> list[str]:
    """Places that name a check, layer or objective that is not there."""
    cites = {check.id: check.items for check in expected}
    there = {check.layer for check in expected}
    cited = {name for check in expected for name in check.items}
    objectives = {
        gate: {objective.id for objective in load_policy(gate).policy.objectives}
        for gate in gate_names()
    }
    problems = []
    for item in items:
        if item.kind == "check" and "." in item.place:
            if item.place not in cites:
                problems.append(f"{item.id}: its check {item.place} is not in suites/checks.tsv")
            elif item.id not in cites[item.place]:
                problems.append(f"{item.id}: its check {item.place} does not cite it")
        elif item.kind == "check" and item.place in there and item.id not in cited:
            problems.append(f"{item.id}: no check of the layer {item.place} cites it")
        elif item.kind == "check" and item.place not in LAYERS:
            problems.append(f"{item.id}: {item.place} is no layer: {', '.join(LAYERS)}")
        elif item.kind == "objective" and item.place not in objectives.get(item.gate, {item.place}):
            problems.append(f"{item.id}: {item.gate} has no objective {item.place}")
    return problems


def _unknown(expected: Sequence[ExpectedCheck], known: set[str]) -> list[str]:
    return [
        f"{check.id} cites {name}, which is no plan item"
        for check in expected
        for name in check.items
        if name not in known
    ]
