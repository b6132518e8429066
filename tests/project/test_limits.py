"""The limits of the plan stand in the checks and in the policies of gates, and are the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.evidence.checks_list import read_checks
from reports.gates.loading import gate_names, load_policy
from reports.gates.plan_items import load_plan_items
from reports.judging.levels import parse_level
from reports.judging.policy import Objective
from suites.sla import limits

CHECKS = Path(__file__).parents[2] / "suites" / "checks.tsv"


def limiting() -> Iterator[tuple[str, Objective, str, str]]:
    """Gate, objective, item and requests of each objective that limits what a check limits."""
    for gate in gate_names():
        for objective in load_policy(gate).policy.objectives:
            if objective.indicator not in ("latency", "error_rate"):
                continue
            for item in objective.items:
                for operations in limits.BY_ITEM.get(item, {}):
                    if operations in objective.operations:
                        yield gate, objective, item, operations


def test_policies_say_what_the_checks_say() -> None:
    """An objective that serves the same item, about the same requests, has the same criterion."""
    wrong = [
        f"{gate}: {objective.id} is {objective.criterion}, {item} is {wanted}"
        for gate, objective, item, operations in limiting()
        if objective.criterion != (wanted := limits.BY_ITEM[item][operations])
    ]
    assert wrong == []
    if "sit-signoff" in gate_names():
        seen = {(item, operations) for gate, _, item, operations in limiting()}
        assert {("VAL-FINAL-05", "reads"), ("VAL-FINAL-05", "writes")} <= seen


@pytest.mark.parametrize("item", limits.BY_ITEM)
def test_the_plan_says_so(item: str) -> None:
    """The numbers of each criterion stand in the item's own words."""
    texts = {one.id: one.text for one in load_plan_items()}
    for criterion in limits.BY_ITEM[item].values():
        number = re.search(r"< ([0-9.]+)", criterion)
        assert parse_level(criterion)
        assert number
        said = (
            "99.9%" if criterion is limits.UNDELIVERED and "> 99.9%" in texts[item] else number[1]
        )
        assert said in texts[item], texts[item]


def test_checks_serve_these_items() -> None:
    """Each item but the soak's own is cited by a check of the layer."""
    cited = {item for check in read_checks(CHECKS) if check.layer == "sla" for item in check.items}
    assert set(limits.BY_ITEM) - cited == {"PROD-SUCCESS-04"}
