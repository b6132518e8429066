"""Checks that act only where the command line says so: what a run without them shows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from reports.evidence.record import CheckRecord, Outcome
from reports.judging.policy import ON_REQUEST, Objective, Policy, layer_policy
from reports.judging.result import Result
from tests.judging.samples import check, checks, decide, line, policy, run

UNASKED = check("create_product", Outcome.NOT_ASKED, capability="rehearse", observations=0)
WITHOUT = tuple(UNASKED if one.id == UNASKED.id else one for one in checks())
WHY = "done only with --rehearse, which this run was not given: smoke.create_product"


def named(**changes: tuple[str, ...]) -> Policy:
    """A gate that names the check which acts."""
    objective = Objective(
        id="smoke", title="Rehearsed", criterion=">= 100%", checks=("smoke.create_product",)
    )
    return replace(policy(objectives=(objective,)), **changes)


def test_a_layer_passes_without_them_and_says_so() -> None:
    """Without a gate: all else passes, and a note names what was not done."""
    result = line(decide(run(checks=WITHOUT), policy=layer_policy(("smoke",), "sit", ())))
    assert (result.result, result.value, result.passed) == (Result.PASS, "100%", 2)
    assert result.notes == (WHY,)


def test_a_gate_says_whether_it_takes_a_layer_without_them() -> None:
    """It does not unless its policy names the option."""
    held = line(decide(run(checks=WITHOUT)))
    assert held.result is Result.NO_EVIDENCE
    assert held.reasons[0].why == "it was not asked for"
    taken = line(decide(run(checks=WITHOUT), policy=policy(accept_not_asked=ON_REQUEST)))
    assert (taken.result, taken.notes) == (Result.PASS, (WHY,))


def test_another_option_is_not_accepted() -> None:
    """What asks for the check has to be what the policy names."""
    other = replace(UNASKED, capability="whatever")
    seen = tuple(other if one.id == other.id else one for one in checks())
    result = line(decide(run(checks=seen), policy=policy(accept_not_asked=ON_REQUEST)))
    assert result.result is Result.NO_EVIDENCE


def test_an_objective_that_names_them_holds_without_them() -> None:
    """Accepted for a layer or not: what is named was meant."""
    result = line(decide(run(checks=WITHOUT), policy=named(accept_not_asked=ON_REQUEST)))
    assert (result.result, result.value) == (Result.NO_EVIDENCE, "0%")


@pytest.mark.parametrize(
    ("rehearsed", "expected"),
    [(checks(), Result.PASS), (checks(create_product=Outcome.FAIL), Result.FAIL)],
)
def test_a_later_run_without_them_takes_nothing_back(
    rehearsed: tuple[CheckRecord, ...], expected: Result
) -> None:
    """An objective that names them rests on the latest run that was asked for them."""
    done = run("run-1", hours_ago=2, checks=rehearsed)
    later = run("run-2", hours_ago=1, checks=WITHOUT)
    assert line(decide(done, later, policy=named())).result is expected


def test_a_layer_of_nothing_else_shows_nothing() -> None:
    """All of it was left out, so nothing was seen."""
    unasked = tuple(replace(UNASKED, id=one.id) for one in checks())
    result = line(decide(run(checks=unasked), policy=layer_policy(("smoke",), "sit", ())))
    assert result.result is Result.NO_EVIDENCE
