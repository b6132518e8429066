"""The rehearsal of the whole plan knows every gate, in the order in which they follow."""

from __future__ import annotations

from reports.gates.loading import gate_names, load_policy
from reports.gates.plan_items import load_plan_items
from tests.whole_plan.rehearsal import GATES, LOOK, PERSONS, PLAN, STEPS


def test_every_gate_is_rehearsed_after_those_that_it_requires() -> None:
    """A gate that is added, or requires another one, is not forgotten."""
    assert set(GATES) == set(gate_names())
    for at, gate in enumerate(GATES):
        assert set(load_policy(gate).policy.requires) <= set(GATES[:at]), gate
    assert all(load_policy(gate).policy.requires for gate in GATES[1:])


def test_every_role_has_its_person() -> None:
    """And each another one."""
    roles = {role for gate in GATES for role in load_policy(gate).policy.attestations.values()}
    assert set(PERSONS) == roles
    assert len(set(PERSONS.values())) == len(PERSONS)


def test_every_step_of_the_canary_is_looked_at() -> None:
    """As the policy has them; each look by the checks that its triggers rest on."""
    policy = load_policy("prod-canary").policy
    assert [one.weight for one in policy.objectives if one.weight is not None] == list(STEPS)
    named = {check for one in policy.objectives for check in one.checks}
    assert {f"sla.{name.removeprefix('test_')}" for name in LOOK.split(" or ")} >= named
    assert PLAN.exists()


def test_every_item_belongs_to_a_gate_that_is_rehearsed() -> None:
    """So the page of the last decision has a line for each."""
    assert {item.gate for item in load_plan_items()} <= set(GATES)
